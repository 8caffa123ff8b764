-- What speaks against a sign-in: columns 1 to 7 after the account, then the login session.
-- $1 account, $2 session
select
    {account},
    login.id is not null,
    account.banned_until > now() or account.deleted_at is not null,
    account.confirmed_at is not null or account.is_anonymous,
    state.locked,
    state.active,
    state.approved,
    state.tenant_ok,
    {session}
from auth.users as account
cross join lateral auth.bind_sign_in_state(account.id) as state
left join auth.sessions as login
    on login.id = $2::uuid
    and login.user_id = account.id
where account.id = $1::uuid
