-- A password goes with the e-mail identity that it belonged to. $1 account, which is locked,
-- $2 identity
with rest as (
    select
        count(*) as number,
        jsonb_agg(distinct identity.provider) as providers
    from auth.identities as identity
    where identity.user_id = $1::uuid
    and identity.id <> $2::uuid
),
gone as (
    delete from auth.identities as identity
    using rest
    where identity.id = $2::uuid
    and identity.user_id = $1::uuid
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
