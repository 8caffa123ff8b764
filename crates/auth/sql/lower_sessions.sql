-- Sessions that the factor raised fall back to what the first factor proved. $1 factor
with lowered as (
    update auth.sessions
    set aal = 'aal1',
        factor_id = null,
        updated_at = now()
    where factor_id = $1::uuid
    returning id
)
delete from auth.mfa_amr_claims as claim
using lowered
where claim.session_id = lowered.id
and claim.authentication_method = 'totp'
