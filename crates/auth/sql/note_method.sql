-- How the person of a login session proved who they are. $1 session, $2 method
insert into auth.mfa_amr_claims (session_id, authentication_method)
select login.id, $2::text
from auth.sessions as login
where login.id = $1::uuid
on conflict (session_id, authentication_method) do update
set created_at = now(),
    updated_at = now()
