-- The tokens of the session as it was are worth nothing any more. $1 session, $2 hash of the new one
with gone as (
    delete from auth.refresh_tokens
    where session_id = $1::uuid
)
insert into auth.refresh_tokens (token, user_id, session_id)
select $2::text, login.user_id::text, login.id
from auth.sessions as login
where login.id = $1::uuid
