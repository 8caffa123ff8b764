-- A thousand people with a thousand items each; person n owns the items whose id is n modulo 1000.
create table public.items (
    id bigint primary key,
    user_id uuid not null,
    title text not null,
    amount integer not null,
    created_at timestamptz not null
);

insert into public.items (id, user_id, title, amount, created_at)
select
    id,
    lpad(to_hex(id % 1000), 32, '0')::uuid,
    'Item number ' || id,
    id % 977,
    timestamptz '2026-01-01 00:00:00+00' + id * interval '1 second'
from generate_series(1, 1000000) as id;

create index items_user_id_created_at_idx on public.items (user_id, created_at desc);

alter table public.items enable row level security;
alter table public.items force row level security;

create policy items_own on public.items
    to authenticated
    using (user_id = (select auth.uid()))
    with check (user_id = (select auth.uid()));

grant usage on schema public to authenticated, service_role;
grant select, insert on public.items to authenticated;
grant select, insert, update, delete on public.items to service_role;

analyze public.items;
