revoke usage on schema public from authenticated, service_role;

drop table public.items;
