-- The presented token's successor, if the presented one was not used before and nothing speaks
-- against the user. $1 hash of the presented token, $2 hash of its successor
insert into auth.refresh_tokens (token, user_id, session_id, parent)
select $2::text, presented.user_id, presented.session_id, presented.token
from auth.refresh_tokens as presented
join auth.sessions as login on login.id = presented.session_id
join auth.users as account on account.id = login.user_id
cross join lateral auth.bind_sign_in_state(account.id) as state
where presented.token = $1::text
and not presented.revoked
and coalesce(login.not_after > now(), true)
and coalesce(account.banned_until <= now(), true)
and account.deleted_at is null
and state.approved
and state.active
and state.tenant_ok
