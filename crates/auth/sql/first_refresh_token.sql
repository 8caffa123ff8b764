-- $1 hash of the token, $2 session
insert into auth.refresh_tokens (token, user_id, session_id)
select $1::text, login.user_id::text, login.id
from auth.sessions as login
where login.id = $2::uuid
