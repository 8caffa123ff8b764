-- $1 address, $2 types, $3 seconds that a token works, $4 mark, $5 mark in a PKCE flow
select token.id, token.user_id, token.token_type, token.token_hash, token.purpose
from auth.try_code(
    $1::text,
    $2::auth.one_time_token_type[],
    $3::double precision,
    array[$4::text, $5::text]
) as token
