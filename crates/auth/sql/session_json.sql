(
    select json_build_object(
        'id', login.id,
        'aal', login.aal,
        'amr', (
            select coalesce(
                json_agg(
                    json_build_object(
                        'method', claim.authentication_method,
                        'timestamp', extract(epoch from claim.created_at)::bigint
                    )
                    order by claim.created_at desc, claim.id
                ),
                '[]'
            )
            from auth.mfa_amr_claims as claim
            where claim.session_id = login.id
        )
    )
)
