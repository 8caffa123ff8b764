-- Soft deletes for tenants, users, documents and sessions: hide, restore, purge. And suspension,
-- which shuts a tenant out at once and loses nothing.
--
-- Hidden rows are out of reach for callers of the API, by restrictive policies; messages follow
-- their chat, everything in a hidden tenant follows the tenant, because nobody is a member of it any more.

alter table public.tenants
    add column deleted_at timestamptz,
    add column suspended_at timestamptz;
alter table public.users add column deleted_at timestamptz;
alter table public.documents add column deleted_at timestamptz;
alter table public.sessions add column deleted_at timestamptz;

comment on column public.tenants.deleted_at is 'Hidden since; purged for good later.';
comment on column public.tenants.suspended_at is 'Shut out since: its people sign in to nothing and read nothing.';
comment on column public.users.deleted_at is 'Hidden since; the address stays taken until the row is purged.';
comment on column public.documents.deleted_at is 'Hidden since; purged for good later.';
comment on column public.sessions.deleted_at is 'Hidden since; purged for good later.';

-- What purge_deleted looks for.
create index idx_tenants_deleted_at on public.tenants (deleted_at) where deleted_at is not null;
create index idx_users_deleted_at on public.users (deleted_at) where deleted_at is not null;
create index idx_documents_deleted_at on public.documents (deleted_at) where deleted_at is not null;
create index idx_sessions_deleted_at on public.sessions (deleted_at) where deleted_at is not null;

create policy tenants_hide_deleted on public.tenants
    as restrictive
    for all to authenticated
    using (deleted_at is null)
    with check (deleted_at is null);

create policy users_hide_deleted on public.users
    as restrictive
    for all to authenticated
    using (deleted_at is null)
    with check (deleted_at is null);

create policy documents_hide_deleted on public.documents
    as restrictive
    for all to authenticated
    using (deleted_at is null)
    with check (deleted_at is null);

create policy sessions_hide_deleted on public.sessions
    as restrictive
    for all to authenticated
    using (deleted_at is null)
    with check (deleted_at is null);


-- The helpers of 0002, now minding hidden rows and suspended tenants. (auth.tenant_id() minds them
-- by the manifest's identity binding.)

create or replace function public.current_user_role()
returns text
language plpgsql
stable
parallel safe
security definer
set search_path = ''
as $$
begin
    return (
        select u.role
        from public.users u
        left join public.tenants t on t.id = u.tenant_id
        where u.id = auth.uid()
            and u.deleted_at is null
            and t.deleted_at is null
            and t.suspended_at is null
    );
end
$$;

create or replace function public.readable_tenant_ids()
returns uuid[]
language plpgsql
stable
parallel safe
security definer
set search_path = ''
as $$
begin
    if public.current_user_role() = 'superadmin' then
        return array(select t.id from public.tenants t where t.deleted_at is null);
    end if;
    return array_remove(array[auth.tenant_id()], null);
end
$$;

create or replace function public.keep_last_tenant_admin()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    if old.deleted_at is not null then
        return case when tg_op = 'DELETE' then old else new end;
    end if;
    if tg_op = 'UPDATE'
        and new.role = 'tenant_admin'
        and new.tenant_id = old.tenant_id
        and new.deleted_at is null
    then
        return new;
    end if;

    perform 1
    from public.tenants t
    where t.id = old.tenant_id
    for no key update;

    if found and not exists (
        select
        from public.users u
        where u.tenant_id = old.tenant_id
            and u.role = 'tenant_admin'
            and u.deleted_at is null
            and u.id <> old.id
    ) then
        raise exception 'the last administrator of a tenant can be neither demoted nor removed'
            using
                errcode = 'check_violation',
                hint = 'Make somebody else tenant_admin first.',
                schema = 'public',
                table = 'users',
                constraint = 'users_last_tenant_admin';
    end if;

    return case when tg_op = 'DELETE' then old else new end;
end
$$;

create or replace function public.pass_on_documents()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
    heir uuid;
begin
    if exists (select from public.tenants t where t.id = old.tenant_id) then
        select u.id
        into heir
        from public.users u
        where u.tenant_id = old.tenant_id
            and u.role = 'tenant_admin'
            and u.deleted_at is null
            and u.id <> old.id
        order by u.created_at, u.id
        limit 1;

        if heir is not null then
            update public.documents
            set user_id = heir
            where user_id = old.id;
        end if;
    end if;
    return old;
end
$$;


-- Who may hide, restore or purge a row: superadmins tenants and people (never themselves), a
-- tenant_admin hides and restores its people, owners and the tenant_admin documents, owners chats.
create function public.may_manage_row(kind text, row_id uuid, purging boolean)
returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    caller_role text := public.current_user_role();
begin
    if kind not in ('tenants', 'users', 'documents', 'sessions') then
        raise exception 'there is no soft delete for %', kind
            using
                errcode = 'invalid_parameter_value',
                hint = 'One of tenants, users, documents, sessions.';
    end if;

    if public.caller_is_trusted() then
        return true;
    end if;

    return coalesce(
        case kind
            when 'tenants' then caller_role = 'superadmin'
            when 'users' then row_id <> auth.uid()
                and exists (
                    select
                    from public.users u
                    where u.id = row_id
                        and (
                            caller_role = 'superadmin'
                            or (caller_role = 'tenant_admin' and not purging and u.tenant_id = auth.tenant_id())
                        )
                )
            when 'documents' then exists (
                select
                from public.documents d
                where d.id = row_id
                    and d.tenant_id = auth.tenant_id()
                    and (d.user_id = auth.uid() or caller_role = 'tenant_admin')
            )
            when 'sessions' then exists (
                select
                from public.sessions s
                where s.id = row_id
                    and s.tenant_id = auth.tenant_id()
                    and s.user_id = auth.uid()
            )
        end,
        false
    );
end
$$;

-- One answer for "not there" and "not yours", so that nobody can ask which ids exist.
create function public.require_manageable_row(kind text, row_id uuid, purging boolean)
returns void
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
    if public.may_manage_row(kind, row_id, purging) is not true then
        raise exception 'no such row in %, or none that you may manage', kind
            using errcode = 'insufficient_privilege';
    end if;
end
$$;

-- Each of the three returns whether something changed.
create function public.hide_row(kind text, row_id uuid)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
    changed integer;
begin
    perform public.require_manageable_row(kind, row_id, false);
    execute format('update public.%I set deleted_at = now() where id = $1 and deleted_at is null', kind)
    using row_id;
    get diagnostics changed = row_count;
    return changed > 0;
end
$$;

create function public.restore_row(kind text, row_id uuid)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
    changed integer;
begin
    perform public.require_manageable_row(kind, row_id, false);
    execute format('update public.%I set deleted_at = null where id = $1 and deleted_at is not null', kind)
    using row_id;
    get diagnostics changed = row_count;
    return changed > 0;
end
$$;

-- Only what is hidden can be purged.
create function public.purge_row(kind text, row_id uuid)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
    changed integer;
begin
    perform public.require_manageable_row(kind, row_id, true);
    execute format('delete from public.%I where id = $1 and deleted_at is not null', kind)
    using row_id;
    get diagnostics changed = row_count;
    return changed > 0;
end
$$;

comment on function public.hide_row(text, uuid) is 'Soft-deletes one row of tenants, users, documents or sessions.';
comment on function public.restore_row(text, uuid) is 'Brings a hidden row back.';
comment on function public.purge_row(text, uuid) is 'Deletes a hidden row for good.';

-- The hidden rows that the caller may restore: the trash can.
create function public.deleted_rows()
returns table (kind text, id uuid, tenant_id uuid, label text, deleted_at timestamptz)
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
    return query
    select hidden.*
    from (
        select 'tenants', t.id, t.id, t.name::text, t.deleted_at
        from public.tenants t
        where t.deleted_at is not null
        union all
        select 'users', u.id, u.tenant_id, u.name::text, u.deleted_at
        from public.users u
        where u.deleted_at is not null
        union all
        select 'documents', d.id, d.tenant_id, d.original_name::text, d.deleted_at
        from public.documents d
        where d.deleted_at is not null
            and ((select public.caller_is_trusted()) or d.tenant_id = (select auth.tenant_id()))
        union all
        select 'sessions', s.id, s.tenant_id, s.title::text, s.deleted_at
        from public.sessions s
        where s.deleted_at is not null
            and ((select public.caller_is_trusted()) or s.user_id = (select auth.uid()))
    ) as hidden (kind, id, tenant_id, label, deleted_at)
    where public.may_manage_row(hidden.kind, hidden.id, false)
    order by hidden.deleted_at desc, hidden.id;
end
$$;

comment on function public.deleted_rows() is 'Hidden rows that the caller may restore, newest first.';

-- Deletes for good what has been hidden for longer than that. A person whose documents nobody could
-- take over stays hidden until the tenant has another administrator.
create function public.purge_deleted(older_than interval default '30 days')
returns table (kind text, purged bigint)
language plpgsql
security definer
set search_path = ''
as $$
declare
    deadline timestamptz := now() - older_than;
begin
    if older_than < interval '0' then
        raise exception 'older_than must not be negative'
            using errcode = 'invalid_parameter_value';
    end if;

    kind := 'tenants';
    delete from public.tenants t where t.deleted_at <= deadline;
    get diagnostics purged = row_count;
    return next;

    kind := 'sessions';
    delete from public.sessions s where s.deleted_at <= deadline;
    get diagnostics purged = row_count;
    return next;

    kind := 'documents';
    delete from public.documents d where d.deleted_at <= deadline;
    get diagnostics purged = row_count;
    return next;

    kind := 'users';
    delete from public.users u
    where u.deleted_at <= deadline
        and (
            not exists (select from public.documents d where d.user_id = u.id)
            or exists (
                select
                from public.users heir
                where heir.tenant_id = u.tenant_id
                    and heir.role = 'tenant_admin'
                    and heir.deleted_at is null
            )
        );
    get diagnostics purged = row_count;
    return next;
end
$$;

comment on function public.purge_deleted(interval) is 'Deletes for good what was hidden longer ago than that; for the maintenance job.';


create function public.suspend_tenant(tenant uuid)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
    changed integer;
begin
    perform public.require_manageable_row('tenants', tenant, false);
    update public.tenants
    set suspended_at = now()
    where id = tenant
        and suspended_at is null;
    get diagnostics changed = row_count;
    return changed > 0;
end
$$;

create function public.resume_tenant(tenant uuid)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
    changed integer;
begin
    perform public.require_manageable_row('tenants', tenant, false);
    update public.tenants
    set suspended_at = null
    where id = tenant
        and suspended_at is not null;
    get diagnostics changed = row_count;
    return changed > 0;
end
$$;

comment on function public.suspend_tenant(uuid) is 'Shuts a tenant out at once; superadmins and service_role.';
comment on function public.resume_tenant(uuid) is 'Lets a suspended tenant in again; superadmins and service_role.';

revoke execute on function public.may_manage_row(text, uuid, boolean) from public;
revoke execute on function public.require_manageable_row(text, uuid, boolean) from public;
revoke execute on function public.hide_row(text, uuid) from public;
revoke execute on function public.restore_row(text, uuid) from public;
revoke execute on function public.purge_row(text, uuid) from public;
revoke execute on function public.deleted_rows() from public;
revoke execute on function public.purge_deleted(interval) from public;
revoke execute on function public.suspend_tenant(uuid) from public;
revoke execute on function public.resume_tenant(uuid) from public;

grant execute on function public.hide_row(text, uuid) to authenticated, service_role;
grant execute on function public.restore_row(text, uuid) to authenticated, service_role;
grant execute on function public.purge_row(text, uuid) to authenticated, service_role;
grant execute on function public.deleted_rows() to authenticated, service_role;
grant execute on function public.purge_deleted(interval) to service_role;
grant execute on function public.suspend_tenant(uuid) to authenticated, service_role;
grant execute on function public.resume_tenant(uuid) to authenticated, service_role;

grant select (deleted_at) on public.sessions to mnfst_analyst;
