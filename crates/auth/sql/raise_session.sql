-- The session rises; the account's sessions without a second factor end, and so do factors that
-- were never finished. $1 session, $2 account, $3 factor
with raised as (
    update auth.sessions
    set aal = 'aal2',
        factor_id = $3::uuid,
        updated_at = now()
    where id = $1::uuid
    and user_id = $2::uuid
    returning id
),
ended as (
    delete from auth.sessions
    where user_id = $2::uuid
    and id <> $1::uuid
    and coalesce(aal, 'aal1') = 'aal1'
),
forgotten as (
    delete from auth.mfa_factors
    where user_id = $2::uuid
    and id <> $3::uuid
    and status = 'unverified'
)
select auth.require(exists (select from raised), 'TNSES')
