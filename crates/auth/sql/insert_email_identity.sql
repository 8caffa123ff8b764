-- $1 account
insert into auth.identities (provider_id, user_id, provider, identity_data, last_sign_in_at)
select
    account.id::text,
    account.id,
    'email',
    jsonb_build_object(
        'sub', account.id,
        'email', account.email,
        'email_verified', account.email_confirmed_at is not null,
        'phone_verified', false
    ),
    now()
from auth.users as account
where account.id = $1::uuid
on conflict (provider_id, provider) do nothing
