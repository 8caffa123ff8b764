-- Opens a login session if nothing speaks against it at this very moment; otherwise none is made,
-- and the statements after this one find none. $1 session, $2 account, $3 seconds of life,
-- $4 user agent, $5 address, $6 the password's hash that was checked, if one was
insert into auth.sessions (id, user_id, aal, not_after, user_agent, ip)
select
    $1::uuid,
    account.id,
    'aal1',
    now() + make_interval(secs => $3::double precision),
    $4::text,
    $5::inet
from auth.users as account
cross join lateral auth.bind_sign_in_state(account.id) as state
where account.id = $2::uuid
and ($6::text is null or account.encrypted_password = $6::text)
and (account.confirmed_at is not null or account.is_anonymous)
and account.deleted_at is null
and coalesce(account.banned_until <= now(), true)
and state.approved
and state.active
and state.tenant_ok
and not state.locked
-- A password that is being changed at this moment is looked at once it is.
for no key update of account
