-- $1 flow, $2 account, $3 mark of the code, $4 and $5 the provider's tokens, sealed
with kept as (
    update auth.flow_state
    set user_id = $2::uuid,
        auth_code = $3::text,
        auth_code_issued_at = now(),
        provider_access_token = $4::text,
        provider_refresh_token = $5::text,
        updated_at = now()
    where id = $1::uuid
    and user_id is null
    returning id
)
select auth.require(exists (select from kept), 'TNFLO')
