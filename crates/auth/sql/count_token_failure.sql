-- A wrong code: the fifth takes the tokens away, so that nobody can try them all.
-- $1 address, $2 types
with counted as (
    update auth.one_time_tokens
    set failed_attempts = failed_attempts + 1
    where relates_to = $1::text
    and token_type = any ($2::auth.one_time_token_type[])
    and failed_attempts < 4
    returning id
)
delete from auth.one_time_tokens as token
where token.relates_to = $1::text
and token.token_type = any ($2::auth.one_time_token_type[])
and token.failed_attempts >= 4
