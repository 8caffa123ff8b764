-- tenantry: version 1.1.0
-- The audit trail: who changed people, roles and permissions, and who logged in, from where.
--
-- It is written by triggers with their owner's rights, so it cannot be left out, and it is only ever
-- added to.

create table public.audit_logs (
    id bigserial
        constraint audit_logs_pkey primary key,
    user_id uuid
        constraint audit_logs_user_id_fkey
        references public.users (id) on delete set null,
    action varchar(50) not null,
    entity_type varchar(50),
    entity_id uuid,
    old_values jsonb,
    new_values jsonb,
    ip_address inet,
    created_at timestamptz not null default current_timestamp,

    constraint audit_logs_action_check
        check (action ~ '^[a-z][a-z0-9_.:-]*$'),
    constraint audit_logs_old_values_check
        check (jsonb_typeof(old_values) = 'object'),
    constraint audit_logs_new_values_check
        check (jsonb_typeof(new_values) = 'object')
);

create index idx_audit_logs_user_id on public.audit_logs (user_id);
create index idx_audit_logs_entity on public.audit_logs (entity_type, entity_id);
create index idx_audit_logs_created_at on public.audit_logs (created_at desc);

comment on table public.audit_logs is
    'Audit trail of critical operations. Rows are added, never changed.';
comment on column public.audit_logs.user_id is
    'Who did it; null for the system, or when that person is gone.';
comment on column public.audit_logs.action is
    'insert, update, delete or login; programs with the service key may add others.';
comment on column public.audit_logs.entity_id is
    'The row''s key; for user_roles the person''s, for role_permissions the role''s.';


-- Recording -----------------------------------------------------------------------------------------

-- The caller's address as the server wrote it. An audit trail must never be why a change fails, so
-- what cannot be read counts as unknown.
create function public.request_address()
returns inet
language plpgsql
stable
set search_path = ''
as $$
begin
    return btrim(split_part(
        nullif(current_setting('request.headers', true), '')::jsonb ->> 'x-forwarded-for',
        ',',
        1
    ))::inet;
exception
    when data_exception then
        return null;
end
$$;

-- Arguments: the column whose value is entity_id; columns that are secret; columns whose change
-- alone is not worth a row.
create function public.record_change()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
    key constant text := tg_argv[0];
    secrets constant text[] := coalesce(tg_argv[1], '{}')::text[];
    trifles constant text[] := coalesce(tg_argv[2], '{}')::text[];
    old_row jsonb;
    new_row jsonb;
    actor uuid;
    changed_secrets jsonb;
begin
    if tg_op <> 'INSERT' then
        old_row := to_jsonb(old);
    end if;
    if tg_op <> 'DELETE' then
        new_row := to_jsonb(new);
    end if;

    if tg_op = 'UPDATE' then
        if old_row - trifles = new_row - trifles then
            return null;
        end if;
        -- That a secret changed is worth knowing; what it was is not.
        select jsonb_agg(secret)
        into changed_secrets
        from unnest(secrets) as secret
        where old_row -> secret is distinct from new_row -> secret;
    end if;

    -- Who deletes their own account is gone by now, and so is who deletes it with all its rows.
    select person.id
    into actor
    from public.users as person
    where person.id = auth.uid();

    insert into public.audit_logs (
        user_id,
        action,
        entity_type,
        entity_id,
        old_values,
        new_values,
        ip_address
    )
    values (
        actor,
        lower(tg_op),
        tg_table_name,
        (coalesce(new_row, old_row) ->> key)::uuid,
        old_row - secrets,
        (new_row - secrets)
            || case
                when changed_secrets is null then '{}'
                else jsonb_build_object('changed_secrets', changed_secrets)
            end,
        public.request_address()
    );
    return null;
end
$$;

-- A login is an event of its own; the hash of its token is not part of it.
create function public.record_login()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    insert into public.audit_logs (
        user_id,
        action,
        entity_type,
        entity_id,
        new_values,
        ip_address
    )
    values (
        new.user_id,
        'login',
        tg_table_name,
        new.id,
        jsonb_build_object('user_agent', new.user_agent, 'expires_at', new.expires_at),
        coalesce(new.ip_address, public.request_address())
    );
    return null;
end
$$;

-- last_login changes with every login, and that has its own row.
create trigger audit_users
    after insert or update or delete on public.users
    for each row execute function
        public.record_change('id', '{password_hash}', '{last_login,updated_at}');

create trigger audit_roles
    after insert or update or delete on public.roles
    for each row execute function public.record_change('id');

create trigger audit_user_roles
    after insert or update or delete on public.user_roles
    for each row execute function public.record_change('user_id');

create trigger audit_permissions
    after insert or update or delete on public.permissions
    for each row execute function public.record_change('id');

create trigger audit_role_permissions
    after insert or update or delete on public.role_permissions
    for each row execute function public.record_change('role_id');

create trigger audit_sessions_login
    after insert on public.sessions
    for each row execute function public.record_login();


-- Append only ---------------------------------------------------------------------------------------

-- Holds for the owner too. The one change allowed is what the foreign key does when a person is
-- deleted: the row stays and forgets who.
create function public.protect_audit_logs()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    if tg_op = 'UPDATE' then
        if old.user_id is not null
            and new.user_id is null
            and to_jsonb(new) - 'user_id' = to_jsonb(old) - 'user_id'
            and not exists (
                select
                from public.users
                where id = old.user_id
            )
        then
            return new;
        end if;
    end if;

    raise exception 'the audit trail is only added to'
        using errcode = 'restrict_violation';
end
$$;

create trigger protect_audit_logs
    before update or delete on public.audit_logs
    for each row execute function public.protect_audit_logs();

create trigger protect_audit_logs_truncate
    before truncate on public.audit_logs
    for each statement execute function public.protect_audit_logs();

revoke execute on function
    public.request_address(),
    public.record_change(),
    public.record_login(),
    public.protect_audit_logs()
    from public;


-- Rights and row security ---------------------------------------------------------------------------

grant select on public.audit_logs to authenticated;
grant select, insert on public.audit_logs to service_role;
grant usage on sequence public.audit_logs_id_seq to service_role;
grant select (id, user_id, action, entity_type, entity_id, ip_address, created_at)
    on public.audit_logs to press_analyst;

alter table public.audit_logs enable row level security;
alter table public.audit_logs force row level security;

-- People see what they did themselves. The range is all times or none; see users_select.
create policy audit_logs_select on public.audit_logs
    for select to authenticated
    using (
        user_id = (select auth.uid())
        or created_at between
            (select case when public.has_permission('audit_logs:read:all')
                then '-infinity'::timestamptz end)
            and 'infinity'
    );
