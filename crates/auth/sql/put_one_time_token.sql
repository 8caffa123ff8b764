-- $1 account, $2 type, $3 mark of the link's token, $4 address that it is mailed to, $5 purpose
insert into auth.one_time_tokens (user_id, token_type, token_hash, relates_to, purpose)
values ($1::uuid, $2::auth.one_time_token_type, $3::text, $4::text, $5::text)
on conflict (user_id, token_type) do update
set token_hash = excluded.token_hash,
    relates_to = excluded.relates_to,
    purpose = excluded.purpose,
    created_at = now(),
    updated_at = now(),
    failed_attempts = 0
