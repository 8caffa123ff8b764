-- Undoes 0001: the board's tables, functions and rights go, and with them all its data.

drop trigger board_audit_user_login on auth.users;

drop table public.audit_log;
drop table public.votes;
drop table public.contributions;

-- A function over a table's row type stands in the way of dropping that table.
drop trigger audit_sessions on public.sessions;
drop function public.audit_sessions();
drop function public.audit_session_values(public.sessions);
drop table public.sessions;

drop table public.personas;

drop trigger audit_users on public.users;
drop function public.audit_users();
drop function public.audit_user_values(public.users);
drop table public.users;

drop function public.audit_log_append_only();
drop function public.audit_personas();
drop function public.audit_user_login();
drop function public.audit_record(text, text, text, jsonb);
drop function public.audit_changed(jsonb, jsonb);
drop function public.audit_claim(text);
drop function public.audit_header(text);
drop function public.audit_ip_address();
drop function public.sessions_guard();
drop function public.update_updated_at();

revoke usage on schema public from anon, authenticated, service_role, board_analyst;
