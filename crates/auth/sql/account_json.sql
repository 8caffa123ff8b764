(
    select to_json(shown)
    from (
        select
            account.id,
            account.aud,
            account.role,
            account.email,
            account.phone,
            account.email_confirmed_at,
            account.phone_confirmed_at,
            account.confirmed_at,
            account.confirmation_sent_at,
            account.recovery_sent_at,
            nullif(account.email_change, '') as new_email,
            account.email_change_sent_at,
            account.reauthentication_sent_at,
            account.invited_at,
            account.last_sign_in_at,
            account.banned_until,
            account.deleted_at,
            account.created_at,
            account.updated_at,
            account.is_anonymous,
            account.raw_app_meta_data as app_metadata,
            account.raw_user_meta_data as user_metadata,
            (
                select coalesce(json_agg(to_json(known) order by known.created_at, known.identity_id), '[]')
                from (
                    select
                        identity.id as identity_id,
                        identity.provider_id as id,
                        identity.user_id,
                        identity.identity_data,
                        identity.provider,
                        identity.last_sign_in_at,
                        identity.created_at,
                        identity.updated_at,
                        identity.email
                    from auth.identities as identity
                    where identity.user_id = account.id
                ) as known
            ) as identities,
            (
                select json_agg(to_json(known) order by known.created_at, known.id)
                from (
                    select
                        factor.id,
                        factor.friendly_name,
                        factor.factor_type,
                        factor.status,
                        factor.phone,
                        factor.created_at,
                        factor.updated_at,
                        factor.last_challenged_at
                    from auth.mfa_factors as factor
                    where factor.user_id = account.id
                ) as known
            ) as factors
    ) as shown
)
