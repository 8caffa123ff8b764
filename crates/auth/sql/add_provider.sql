-- The account names the provider among its own, and takes from it what it did not know.
-- $1 account, $2 provider, $3 what the provider says
update auth.users as account
set raw_app_meta_data = coalesce(account.raw_app_meta_data, '{}')
        || case
            when account.raw_app_meta_data ? 'provider' then '{}'
            else jsonb_build_object('provider', $2::text)
        end
        || jsonb_build_object(
            'providers',
            (
                select jsonb_agg(known.provider order by known.first_seen)
                from (
                    select identity.provider, min(identity.created_at) as first_seen
                    from auth.identities as identity
                    where identity.user_id = account.id
                    group by identity.provider
                ) as known
            )
        ),
    raw_user_meta_data = $3::jsonb || coalesce(account.raw_user_meta_data, '{}'),
    is_anonymous = false,
    updated_at = now()
where account.id = $1::uuid
