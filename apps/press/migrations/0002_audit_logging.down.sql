-- The trail goes with its table: back up first.

drop trigger audit_sessions_login on public.sessions;
drop trigger audit_role_permissions on public.role_permissions;
drop trigger audit_permissions on public.permissions;
drop trigger audit_user_roles on public.user_roles;
drop trigger audit_roles on public.roles;
drop trigger audit_users on public.users;

drop table public.audit_logs;

drop function public.protect_audit_logs();
drop function public.record_login();
drop function public.record_change();
drop function public.request_address();
