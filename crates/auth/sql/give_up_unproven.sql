-- Somebody may have signed up with an address that is not theirs: as long as no mail was ever
-- answered from it, the password and the sessions of that time end when its owner arrives.
-- $1 account
with unproven as (
    update auth.users as account
    set encrypted_password = null,
        updated_at = now()
    where account.id = $1::uuid
    and account.encrypted_password is not null
    and (
        account.email_confirmed_at is null
        or account.confirmation_sent_at is null
        and account.recovery_sent_at is null
        and account.invited_at is null
    )
    and not exists (
        select
        from auth.identities as other
        where other.user_id = account.id
        and other.provider <> 'email'
    )
    returning account.id
)
delete from auth.sessions as login
using unproven
where login.user_id = unproven.id
