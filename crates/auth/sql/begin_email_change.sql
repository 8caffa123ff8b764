-- An older change that was not confirmed is given up. $1 account, $2 new address, $3 the side that
-- counts as confirmed: 0 none, 2 the current one
with given_up as (
    delete from auth.one_time_tokens
    where user_id = $1::uuid
    and token_type in ('email_change_token_new', 'email_change_token_current')
)
update auth.users
set email_change = $2::text,
    email_change_confirm_status = $3::smallint,
    updated_at = now()
where id = $1::uuid
