-- $1 id, $2 email, $3 password hash, $4 confirmed, $5 application metadata, $6 user metadata,
-- $7 banned for so many seconds, $8 database role, $9 anonymous
insert into auth.users (
    id, aud, role, email, encrypted_password, email_confirmed_at,
    raw_app_meta_data, raw_user_meta_data, banned_until, is_anonymous
)
values (
    $1::uuid,
    'authenticated',
    coalesce($8::text, 'authenticated'),
    $2::text,
    $3::text,
    case when $4::boolean then now() end,
    $5::jsonb,
    $6::jsonb,
    now() + make_interval(secs => $7::double precision),
    $9::boolean
)
