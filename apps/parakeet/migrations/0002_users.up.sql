-- Users: one row per account, and whether an administrator has let it in.
--
-- The id is the one of auth.users; the identity binding keeps both rows equal. A new account waits
-- with approved = false, and signing in is refused until the service sets it.

create table public.users (
    -- Random ids, here and in the other tables: uuidv7() would need PostgreSQL 18.
    id uuid not null default gen_random_uuid(),
    email varchar(255) not null,
    name varchar(200) not null,
    password_hash varchar(255) not null,
    approved boolean not null default false,
    approved_at timestamptz,
    approved_by uuid,
    last_login timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint users_pkey primary key (id),
    constraint users_email_key unique (email),
    constraint users_approved_by_fkey foreign key (approved_by)
        references public.users (id)
        on delete set null,
    constraint users_email_check check (email ~ '^[^@[:space:]]+@[^@[:space:]]+$'),
    constraint users_name_check check (btrim(name) <> ''),
    constraint users_password_hash_check check (password_hash <> ''),
    constraint users_approval_check check (
        approved = (approved_at is not null)
        and (approved or approved_by is null)
    )
);

-- Ada@example.org and ada@example.org reach the same mailbox, so they are one account.
create unique index users_email_lower_key on public.users (lower(email));
create index idx_users_approved_by on public.users (approved_by);
-- The administrator's queue: who has been waiting longest.
create index idx_users_awaiting_approval on public.users (created_at) where not approved;

comment on table public.users is
    'One row per account, with the id of auth.users.';
comment on column public.users.password_hash is
    'bcrypt; ''!'' where the account has no password. Readable by the service only.';
comment on column public.users.approved is
    'Whether an administrator has let the account in. Written by the service only.';
comment on column public.users.approved_at is
    'Since when; stamped when approved becomes true, cleared when it becomes false.';
comment on column public.users.approved_by is
    'Which administrator did it; null where a service did, or where that account is gone.';


create function public.stamp_approval()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
    if new.approved then
        new.approved_at := coalesce(new.approved_at, now());
    else
        new.approved_at := null;
        new.approved_by := null;
    end if;
    return new;
end
$$;

comment on function public.stamp_approval() is
    'Keeps the time and the author of an approval in step with it.';

revoke execute on function public.stamp_approval() from public;

create trigger stamp_users_approval
    before insert or update on public.users
    for each row execute function public.stamp_approval();

create trigger update_users_updated_at
    before update on public.users
    for each row execute function public.update_updated_at();


-- A person reads itself, without the password's hash, and may change its name. The address and the
-- password change through the auth API; approval is not a person's own to give.
alter table public.users enable row level security;
alter table public.users force row level security;

grant
    select (id, email, name, approved, approved_at, approved_by, last_login, created_at, updated_at),
    update (name)
    on public.users
    to authenticated;
grant select, insert, update, delete on public.users to service_role;
grant
    select (id, email, name, approved, approved_at, approved_by, last_login, created_at, updated_at)
    on public.users
    to parakeet_analyst;

create policy users_select_own on public.users
    for select to authenticated
    using (id = (select auth.uid()));

create policy users_update_own on public.users
    for update to authenticated
    using (id = (select auth.uid()))
    with check (id = (select auth.uid()));
