drop table public.messages;
drop table public.sessions;
drop table public.social_links;
drop table public.documents;
drop table public.users;
drop table public.tenants;

drop function public.fill_tenant_id_from_session();
drop function public.fill_tenant_id_from_user();
drop function public.update_updated_at();

revoke usage on schema public from anon, authenticated, service_role, mnfst_analyst;
