-- The account is locked first: two identities must not go at once and leave none. A password goes
-- with the e-mail identity that it belonged to. $1 account, $2 identity
with account as (
    select id
    from auth.users
    where id = $1::uuid
    for update
),
rest as (
    select
        count(*) as number,
        jsonb_agg(distinct identity.provider) as providers
    from auth.identities as identity
    join account on account.id = identity.user_id
    where identity.id <> $2::uuid
),
gone as (
    delete from auth.identities as identity
    using account, rest
    where identity.id = $2::uuid
    and identity.user_id = account.id
    and rest.number > 0
    returning identity.provider
),
changed as (
    update auth.users
    set raw_app_meta_data = raw_app_meta_data
            || jsonb_build_object('provider', rest.providers -> 0, 'providers', rest.providers),
        encrypted_password = case when gone.provider = 'email' then null else encrypted_password end,
        updated_at = now()
    from gone, rest
    where users.id = $1::uuid
    returning users.id
)
select auth.require(exists (select from changed), 'TNONE')
