drop trigger audit_billing_subscriptions on public.billing_subscriptions;
drop trigger audit_user_settings on public.user_settings;
drop trigger audit_interview_messages on public.interview_messages;
drop trigger audit_interview_sessions on public.interview_sessions;
drop trigger audit_users on public.users;
drop table public.audit_logs;
drop function public.refuse_audit_log_change();
drop function public.write_audit_log();
