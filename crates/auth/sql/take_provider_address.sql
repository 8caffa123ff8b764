-- An account without an address counts as confirmed by its identity, and has the provider's address
-- where nobody else has it. $1 account, $2 address that the provider vouches for
update auth.users as account
set email = case
        when exists (
            select
            from auth.users as other
            where lower(other.email) = $2::text
        ) then account.email
        else coalesce(account.email, $2::text)
    end,
    email_confirmed_at = coalesce(account.email_confirmed_at, now()),
    updated_at = now()
where account.id = $1::uuid
