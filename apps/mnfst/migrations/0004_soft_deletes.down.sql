-- Hidden rows stay and become visible again, suspended tenants are let in again: going back loses
-- no row. Run purge_deleted('0') first where that is not wanted.
drop function public.resume_tenant(uuid);
drop function public.suspend_tenant(uuid);
drop function public.purge_deleted(interval);
drop function public.deleted_rows();
drop function public.purge_row(text, uuid);
drop function public.restore_row(text, uuid);
drop function public.hide_row(text, uuid);
drop function public.require_manageable_row(text, uuid, boolean);
drop function public.may_manage_row(text, uuid, boolean);

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

create or replace function public.keep_last_tenant_admin()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    if tg_op = 'UPDATE' and new.role = 'tenant_admin' and new.tenant_id = old.tenant_id then
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
        return array(select t.id from public.tenants t);
    end if;
    return array_remove(array[auth.tenant_id()], null);
end
$$;

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
        where u.id = auth.uid()
    );
end
$$;

drop policy sessions_hide_deleted on public.sessions;
drop policy documents_hide_deleted on public.documents;
drop policy users_hide_deleted on public.users;
drop policy tenants_hide_deleted on public.tenants;

alter table public.sessions drop column deleted_at;
alter table public.documents drop column deleted_at;
alter table public.users drop column deleted_at;
alter table public.tenants
    drop column suspended_at,
    drop column deleted_at;
