-- What speaks against a sign-in: columns 1 to 7 after the account. $1 account, $2 session
select
    {account},
    exists (select from auth.sessions as login where login.id = $2::uuid),
    account.banned_until > now() or account.deleted_at is not null,
    account.email_confirmed_at is not null,
    state.locked,
    state.active,
    state.approved,
    state.tenant_ok
from auth.users as account
cross join lateral auth.bind_sign_in_state(account.id) as state
where account.id = $1::uuid
