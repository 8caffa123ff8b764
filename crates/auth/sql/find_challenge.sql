-- Whether it is too old or was answered, whether it was made elsewhere, the factor's secret, whether
-- the factor counts already, the last step whose code was used. $1 challenge, $2 factor,
-- $3 account, $4 seconds that it can be answered, $5 address
select
    challenge.created_at < now() - make_interval(secs => $4::double precision)
        or challenge.verified_at is not null,
    challenge.ip_address is distinct from coalesce($5::inet, challenge.ip_address),
    factor.secret,
    factor.status = 'verified',
    factor.last_used_step
from auth.mfa_challenges as challenge
join auth.mfa_factors as factor on factor.id = challenge.factor_id
where challenge.id = $1::uuid
and factor.id = $2::uuid
and factor.user_id = $3::uuid
and factor.factor_type = 'totp'
