-- The token that was presented. Locking its login session makes refreshes of the session wait for
-- each other. Columns: session, whether the token was used, whether the session is too old,
-- whether the user is shut out. $1 hash of the token
select
    login.id,
    presented.revoked,
    coalesce(login.not_after <= now(), false),
    account.banned_until > now() or account.deleted_at is not null,
    account.id
from auth.refresh_tokens as presented
join auth.sessions as login on login.id = presented.session_id
join auth.users as account on account.id = login.user_id
where presented.token = $1::text
for update of login
