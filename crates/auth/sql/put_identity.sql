-- $1 account, $2 provider, $3 the person's id there, $4 what the provider says
insert into auth.identities (provider_id, user_id, provider, identity_data, last_sign_in_at)
values ($3::text, $1::uuid, $2::text, $4::jsonb, now())
on conflict (provider_id, provider) do update
set identity_data = excluded.identity_data,
    last_sign_in_at = now(),
    updated_at = now()
where identities.user_id = excluded.user_id
