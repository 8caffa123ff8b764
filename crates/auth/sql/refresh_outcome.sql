-- The session's active token and its account, after all of the above. Columns: account, hash of
-- the active token, session, what speaks against the user. $1 hash of the presented token
select
    {account},
    active.token,
    {session},
    state.active,
    state.approved,
    state.tenant_ok
from auth.refresh_tokens as presented
join auth.sessions as login on login.id = presented.session_id
join auth.users as account on account.id = login.user_id
cross join lateral auth.bind_sign_in_state(account.id) as state
left join auth.refresh_tokens as active on active.session_id = login.id and not active.revoked
where presented.token = $1::text
