-- $1 account
update auth.users
set email = email_change,
    email_change = '',
    email_change_confirm_status = 0,
    email_confirmed_at = coalesce(email_confirmed_at, now()),
    is_anonymous = false,
    updated_at = now()
where id = $1::uuid
and email_change <> ''
