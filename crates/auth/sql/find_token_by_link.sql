-- $1 mark, $2 types, $3 seconds that a token works
select token.id, token.user_id, token.token_type, token.token_hash, token.purpose
from auth.one_time_tokens as token
where token.token_hash = $1::text
and token.token_type = any ($2::auth.one_time_token_type[])
and token.created_at > now() - make_interval(secs => $3::double precision)
