-- $1 session
select {account}, {session}
from auth.sessions as login
join auth.users as account on account.id = login.user_id
where login.id = $1::uuid
