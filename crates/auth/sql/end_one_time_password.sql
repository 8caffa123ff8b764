-- A password that an operator made opens one login session and no other. $1 session
update auth.users as account
set encrypted_password = null,
    raw_app_meta_data = account.raw_app_meta_data - 'one_time_password',
    updated_at = now()
from auth.sessions as login
where login.id = $1::uuid
and account.id = login.user_id
and account.raw_app_meta_data ? 'one_time_password'
