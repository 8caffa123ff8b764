-- $1 address, $2 types, $3 seconds that a token works, $4 mark, $5 mark in a PKCE flow
select token.id, token.user_id, token.token_type, token.token_hash
from auth.one_time_tokens as token
where token.relates_to = $1::text
and token.token_type = any ($2::auth.one_time_token_type[])
and token.created_at > now() - make_interval(secs => $3::double precision)
and token.token_hash in ($4::text, $5::text)
