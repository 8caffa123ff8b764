-- $1 hash of the successor, $2 seconds of life, $3 user agent, $4 address
update auth.sessions as login
set refreshed_at = now() at time zone 'UTC',
    updated_at = now(),
    not_after = now() + make_interval(secs => $2::double precision),
    user_agent = coalesce($3::text, login.user_agent),
    ip = coalesce($4::inet, login.ip)
from auth.refresh_tokens as successor
where successor.token = $1::text
and not successor.revoked
and login.id = successor.session_id
