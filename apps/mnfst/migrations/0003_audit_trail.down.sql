drop trigger audit_messages on public.messages;
drop trigger audit_sessions on public.sessions;
drop trigger audit_social_links on public.social_links;
drop trigger audit_documents on public.documents;
drop trigger audit_users on public.users;
drop trigger audit_tenants on public.tenants;

drop table public.audit_logs;

drop function public.auditable_tenant_ids();
drop function public.refuse_audit_change();
drop function public.write_audit_log();
drop function public.request_user_agent();
drop function public.request_ip_address();
