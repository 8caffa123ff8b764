-- Shared functions and triggers: what every later file stands on.
--
-- Who may enter the schema, how `updated_at` is kept, and how a trigger learns from where a request
-- came. Expected to be there already: the roles anon, authenticated and service_role, the functions
-- auth.uid() and auth.jwt(). The files of schema/ and the up-migrations are the same text.

-- Analysts read without row security, and only the columns that the later files grant. tenantry
-- makes the role before this runs; elsewhere, as on Supabase, it is made here, without login.
do $$
begin
    if not exists (select from pg_roles where rolname = 'parakeet_analyst') then
        create role parakeet_analyst nologin;
    end if;
end
$$;

grant usage on schema public to anon, authenticated, service_role, parakeet_analyst;


-- A statement that names updated_at itself keeps its value (imports, demo data). People cannot: the
-- column is granted to nobody but the service.
create function public.update_updated_at()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
    if new.updated_at is not distinct from old.updated_at then
        new.updated_at := now();
    end if;
    return new;
end
$$;

comment on function public.update_updated_at() is
    'Stamps updated_at unless the statement sets it.';


-- The server writes the peer's address over x-forwarded-for, unless the peer is a proxy that it
-- trusts. What is missing or no address must not make a write fail, so it becomes null.
create function public.request_ip_address()
returns inet
language plpgsql
stable
set search_path = ''
as $$
declare
    headers text := nullif(current_setting('request.headers', true), '');
begin
    if headers is null then
        return null;
    end if;
    begin
        return nullif(btrim(split_part(headers::jsonb ->> 'x-forwarded-for', ',', 1)), '')::inet;
    exception
        when others then
            return null;
    end;
end
$$;

comment on function public.request_ip_address() is
    'The address of the current request''s caller; null outside a request.';


create function public.request_user_agent()
returns text
language plpgsql
stable
set search_path = ''
as $$
declare
    headers text := nullif(current_setting('request.headers', true), '');
begin
    if headers is null then
        return null;
    end if;
    begin
        return left(nullif(headers::jsonb ->> 'user-agent', ''), 1000);
    exception
        when others then
            return null;
    end;
end
$$;

comment on function public.request_user_agent() is
    'What the current request''s client calls itself, cut at 1000 characters; null outside a request.';


-- Triggers fire without this right; nobody else has a reason to call these.
revoke execute on function public.update_updated_at() from public;
revoke execute on function public.request_ip_address() from public;
revoke execute on function public.request_user_agent() from public;
