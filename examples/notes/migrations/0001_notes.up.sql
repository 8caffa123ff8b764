-- A note belongs to whoever writes it: the default says so, and the policies hold it to that.
create table public.notes (
    id bigint generated always as identity primary key,
    user_id uuid not null default auth.uid() references auth.users on delete cascade,
    body text not null check (length(body) between 1 and 10000),
    created_at timestamptz not null default now()
);

create index notes_user_id_created_at_idx on public.notes (user_id, created_at desc);

alter table public.notes enable row level security;
alter table public.notes force row level security;

create policy notes_own on public.notes
    to authenticated
    using (user_id = (select auth.uid()))
    with check (user_id = (select auth.uid()));

grant usage on schema public to anon, authenticated, service_role;
grant select, insert, update (body), delete on public.notes to authenticated;
grant select, insert, update, delete on public.notes to service_role;
