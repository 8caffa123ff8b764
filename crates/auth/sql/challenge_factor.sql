-- $1 challenge, $2 factor, $3 account, $4 address
with challenged as (
    update auth.mfa_factors
    set last_challenged_at = clock_timestamp(),
        updated_at = now()
    where id = $2::uuid
    and user_id = $3::uuid
    returning id
)
insert into auth.mfa_challenges (id, factor_id, ip_address)
select $1::uuid, challenged.id, $4::inet
from challenged
returning id
