-- $1 session
update auth.users as account
set last_sign_in_at = now(),
    updated_at = now()
from auth.sessions as login
where login.id = $1::uuid
and account.id = login.user_id
