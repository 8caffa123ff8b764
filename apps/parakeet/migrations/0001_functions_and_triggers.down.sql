-- The role parakeet_analyst stays: roles belong to the cluster, not to this database.
drop function public.request_user_agent();
drop function public.request_ip_address();
drop function public.update_updated_at();

revoke usage on schema public from anon, authenticated, service_role, parakeet_analyst;
