revoke usage on schema public from anon, authenticated, service_role;

drop table public.notes;
