-- The account, and whether the other link of its change of address still waits.
-- $1 account, $2 type of the link that was followed
select
    {account},
    exists (
        select
        from auth.one_time_tokens as other
        where other.user_id = account.id
        and other.token_type <> $2::auth.one_time_token_type
        and other.token_type in ('email_change_token_new', 'email_change_token_current')
    )
from auth.users as account
where account.id = $1::uuid
and account.email_change <> ''
