-- $1 account
update auth.identities as identity
set identity_data = identity.identity_data || jsonb_build_object('email', account.email),
    updated_at = now()
from auth.users as account
where account.id = $1::uuid
and identity.user_id = account.id
and identity.provider = 'email'
