-- The first revision's own words.
create or replace function auth.bind_sign_in_failed(user_id uuid)
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
    insert into auth.lockouts as lockout (user_id, failed_attempts)
    values (bind_sign_in_failed.user_id, 1)
    on conflict on constraint lockouts_pkey do update
    set failed_attempts = case
            when lockout.locked_until <= now() then 1
            else lockout.failed_attempts + 1
        end,
        locked_until = case
            when lockout.locked_until <= now() then null
            when lockout.failed_attempts + 1 >= 5 then now() + interval '15 minutes'
            else lockout.locked_until
        end;
end
$$;

drop function auth.sweep();
drop function auth.bind_allows_anonymous();
drop function auth.bind_make_administrator(uuid);
drop function auth.bind_administrator_metadata();
drop function auth.bind_find_user(text);
drop function auth.bind_may_invite(uuid, uuid, text);
drop function auth.bind_administered_users(uuid);
drop function auth.bind_administers(uuid, uuid);
drop trigger note_super_admin on auth.users;
drop trigger note_new_super_admin on auth.users;
drop function auth.note_super_admin();
drop trigger end_sessions_of_account on auth.users;
drop function auth.end_sessions_of_account();
drop trigger admit_session on auth.sessions;
drop function auth.admit_session();
drop function auth.end_refused_sessions(uuid);
drop function auth.is_admitted(uuid);
drop view auth.security_event_counts;
drop function auth.note_event(text, uuid, jsonb);
