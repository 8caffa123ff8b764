-- The account whose address is to change, and which sides have confirmed: 0 none, 1 the new one,
-- 2 the current one, or it need not. $1 account
select {account}, account.email_change_confirm_status
from auth.users as account
where account.id = $1::uuid
and account.email_change <> ''
