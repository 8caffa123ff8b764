-- $1 account
with confirmed as (
    update auth.users
    set email_confirmed_at = coalesce(email_confirmed_at, now()),
        updated_at = now()
    where id = $1::uuid
    returning id
)
update auth.identities as identity
set identity_data = identity.identity_data || '{"email_verified": true}',
    updated_at = now()
from confirmed
where identity.user_id = confirmed.id
and identity.provider = 'email'
