-- The account of an address, with the hash of its password. $1 address, in lower case
select {account}, account.encrypted_password
from auth.users as account
where lower(account.email) = $1::text
and not account.is_sso_user
and account.deleted_at is null
