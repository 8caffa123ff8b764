-- $1 session
select auth.bind_sign_in_succeeded(login.user_id)
from auth.sessions as login
where login.id = $1::uuid
