-- Tenants are made and removed by superadmins, in one call each.
--
-- Suspending and hiding are in 0004. However a tenant is shut out, the login sessions of its people
-- end with the same statement, by the identity binding; and when its row goes, so do the accounts.

create function public.create_tenant(name text, slug text)
returns uuid
language plpgsql
security definer
set search_path = ''
as $$
declare
    made uuid;
begin
    if not (public.caller_is_trusted() or coalesce(public.current_user_role() = 'superadmin', false)) then
        raise exception 'only superadmins add tenants'
            using errcode = 'insufficient_privilege';
    end if;

    insert into public.tenants (name, slug)
    values (create_tenant.name, create_tenant.slug)
    returning id into made;
    return made;
end
$$;

comment on function public.create_tenant(text, text) is
    'Adds a tenant and returns its id; its first administrator is invited. Superadmins and service_role.';

-- For good, with everything that it owns: people, their accounts, documents, chats, keys. Its slug is
-- asked for, so that no wrong id deletes an organisation.
create function public.delete_tenant(tenant uuid, slug text)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform public.require_manageable_row('tenants', tenant, true);
    delete from public.tenants t
    where t.id = delete_tenant.tenant
        and t.slug = delete_tenant.slug;
    return found;
end
$$;

comment on function public.delete_tenant(uuid, text) is
    'Deletes a tenant for good with all it owns, accounts included; whether there was one. Superadmins and service_role.';

revoke execute on function public.create_tenant(text, text) from public;
revoke execute on function public.delete_tenant(uuid, text) from public;
grant execute on function public.create_tenant(text, text) to authenticated, service_role;
grant execute on function public.delete_tenant(uuid, text) to authenticated, service_role;
