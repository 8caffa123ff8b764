-- $1 account, $2 authentication methods, $3 mark of the code
with given as (
    update auth.flow_state
    set auth_code = $3::text,
        auth_code_issued_at = now(),
        updated_at = now()
    where id = (
        select flow.id
        from auth.flow_state as flow
        where flow.user_id = $1::uuid
        and flow.authentication_method = any ($2::text[])
        and flow.provider_type = 'email'
        and flow.code_challenge is not null
        order by flow.created_at desc
        limit 1
    )
    returning id
)
select auth.require(exists (select from given), 'TNFLO')
