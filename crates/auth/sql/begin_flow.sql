-- $1 id, $2 account where it is known, $3 challenge's method, $4 challenge, $5 provider,
-- $6 authentication method, $7 where to send the browser, $8 account to link to, $9 nonce
insert into auth.flow_state (
    id, user_id, code_challenge_method, code_challenge, provider_type,
    authentication_method, referrer, linking_target_id, nonce
)
values (
    $1::uuid, $2::uuid, $3::auth.code_challenge_method, $4::text, $5::text,
    $6::text, $7::text, $8::uuid, $9::text
)
