-- Undoes 0002. Row security stays on (0001), so that without policies nobody sees a row.

drop policy audit_log_user_isolation on public.audit_log;
drop policy votes_user_isolation on public.votes;
drop policy contributions_user_isolation on public.contributions;
drop policy sessions_user_isolation on public.sessions;
drop policy personas_public_read on public.personas;
drop policy users_update_own on public.users;
drop policy users_select_own on public.users;
