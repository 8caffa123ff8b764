-- A code works once, and so does a challenge: two answers at once end with one of them.
-- $1 challenge, $2 factor, $3 time step of the code
with passed as (
    update auth.mfa_challenges
    set verified_at = now()
    where id = $1::uuid
    and verified_at is null
    returning id
),
used as (
    update auth.mfa_factors
    set status = 'verified',
        last_used_step = $3::bigint,
        updated_at = now()
    where id = $2::uuid
    and coalesce(last_used_step < $3::bigint, true)
    returning id
)
select auth.require(exists (select from passed) and exists (select from used), 'TNMFA')
