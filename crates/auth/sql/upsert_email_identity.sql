-- The account's e-mail identity says what the account says; one that was anonymous gets it now.
-- $1 account
with account as (
    update auth.users
    set raw_app_meta_data = coalesce(raw_app_meta_data, '{}')
        || case
            when raw_app_meta_data ? 'provider' then '{}'
            else '{"provider": "email", "providers": ["email"]}'::jsonb
        end
    where id = $1::uuid
    returning id, email, email_confirmed_at
)
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
from account
where account.email is not null
on conflict (provider_id, provider) do update
set identity_data = auth.identities.identity_data || excluded.identity_data,
    updated_at = now()
