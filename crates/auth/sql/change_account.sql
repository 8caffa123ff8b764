-- What is null stays. $1 account, $2 email, $3 password hash, $4 confirmed, $5 application metadata,
-- $6 user metadata (in both, keys that are null are taken away), $7 banned for so many seconds (less
-- than none: no longer), $8 database role
update auth.users
set email = coalesce($2::text, email),
    encrypted_password = coalesce($3::text, encrypted_password),
    email_confirmed_at = case
        when $4::boolean then coalesce(email_confirmed_at, now())
        when not $4::boolean then null
        else email_confirmed_at
    end,
    raw_app_meta_data = case
        when $5::jsonb is null then raw_app_meta_data
        else (
            select coalesce(jsonb_object_agg(entry.key, entry.value), '{}')
            from jsonb_each(coalesce(raw_app_meta_data, '{}') || $5::jsonb) as entry
            where entry.value <> 'null'
            or not $5::jsonb ? entry.key
        )
    end,
    raw_user_meta_data = case
        when $6::jsonb is null then raw_user_meta_data
        else (
            select coalesce(jsonb_object_agg(entry.key, entry.value), '{}')
            from jsonb_each(coalesce(raw_user_meta_data, '{}') || $6::jsonb) as entry
            where entry.value <> 'null'
            or not $6::jsonb ? entry.key
        )
    end,
    banned_until = case
        when $7::double precision is null then banned_until
        when $7::double precision < 0 then null
        else now() + make_interval(secs => $7::double precision)
    end,
    role = coalesce($8::text, role),
    updated_at = now()
where id = $1::uuid
