-- The claims of the person whose key $1 is. The key has to hold, and its person to be let in.
select jsonb_build_object(
    'aud', 'authenticated',
    'sub', account.id,
    'email', coalesce(account.email, ''),
    'phone', coalesce(account.phone, ''),
    'app_metadata', coalesce(account.raw_app_meta_data, '{}'),
    'user_metadata', coalesce(account.raw_user_meta_data, '{}'),
    'is_anonymous', account.is_anonymous,
    'aal', 'aal1',
    'scopes', to_jsonb(coalesce(held.scopes, '{}')),
    'api_key_id', held.id
)
from auth.bind_verify_key($1::text) as held
join auth.users as account on account.id = held.user_id
where auth.is_admitted(account.id)
