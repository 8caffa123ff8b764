-- The waiting list: administrators see who waits, let people in, turn them away, and take an
-- approval back.
--
-- An administrator is whom auth.is_admin() says. Every change goes through public.users, so the trail
-- has who did it, when and from where. Expected to be there when they are called: auth.is_admin(),
-- and the identity binding, which ends the login sessions of whoever loses the approval.

create function public.require_administrator()
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
    if auth.is_admin() is not true then
        raise exception 'only administrators do this'
            using errcode = 'insufficient_privilege';
    end if;
end
$$;

comment on function public.require_administrator() is
    'Refuses everybody but administrators.';


create function public.waiting_users()
returns table (id uuid, email text, name text, created_at timestamptz)
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
    perform public.require_administrator();
    return query
    select u.id, u.email::text, u.name::text, u.created_at
    from public.users u
    where not u.approved
    order by u.created_at, u.id;
end
$$;

comment on function public.waiting_users() is
    'The accounts that wait for approval, longest first. For administrators.';


create function public.approve_user(person uuid)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform public.require_administrator();
    update public.users
    set approved = true,
        approved_at = now(),
        approved_by = auth.uid()
    where id = person
    and not approved;
    return found;
end
$$;

comment on function public.approve_user(uuid) is
    'Lets a waiting account in; whether there was one. For administrators.';


-- Nothing hangs on an account that never got in, so it is deleted; what remains is the trail.
create function public.decline_user(person uuid)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform public.require_administrator();
    delete from public.users
    where id = person
    and not approved
    and last_login is null
    and id <> auth.uid();
    return found;
end
$$;

comment on function public.decline_user(uuid) is
    'Turns a waiting account away and deletes it; whether there was one. For administrators.';


create function public.withdraw_approval(person uuid)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform public.require_administrator();
    if person = auth.uid() then
        raise exception 'nobody withdraws their own approval'
            using errcode = 'insufficient_privilege';
    end if;
    update public.users
    set approved = false
    where id = person
    and approved;
    return found;
end
$$;

comment on function public.withdraw_approval(uuid) is
    'Puts somebody back on the waiting list; whether there was an approval. For administrators.';


revoke execute on function public.require_administrator() from public;
revoke execute on function public.waiting_users() from public;
revoke execute on function public.approve_user(uuid) from public;
revoke execute on function public.decline_user(uuid) from public;
revoke execute on function public.withdraw_approval(uuid) from public;
grant execute on function public.waiting_users() to authenticated;
grant execute on function public.approve_user(uuid) to authenticated;
grant execute on function public.decline_user(uuid) to authenticated;
grant execute on function public.withdraw_approval(uuid) to authenticated;
