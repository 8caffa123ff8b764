-- tenantry: version 1.2.0
-- Keys of the application and of its people. Private keys are sealed with a secret that is not in
-- the database; of every other key there is only a hash.

create type auth.signing_key_status as enum ('standby', 'in_use', 'previously_used', 'revoked');

create table auth.signing_keys (
    id uuid primary key default gen_random_uuid(),
    algorithm text not null check (algorithm in ('ES256', 'HS256')),
    status auth.signing_key_status not null default 'standby',
    public_jwk jsonb,
    sealed_key text,
    created_at timestamptz not null default now(),
    status_changed_at timestamptz not null default now(),
    constraint signing_keys_public_jwk_check check (
        case algorithm
            when 'ES256' then public_jwk ->> 'kid' = id::text and not public_jwk ? 'd'
            else public_jwk is null
        end
        is true
    ),
    constraint signing_keys_sealed_key_check check (
        sealed_key <> '' or (sealed_key is null and status = 'revoked')
    ),
    constraint signing_keys_shared_secret_check check (
        algorithm <> 'HS256' or status in ('previously_used', 'revoked')
    )
);

create unique index signing_keys_in_use_key on auth.signing_keys (status) where status = 'in_use';

comment on table auth.signing_keys is 'What tokens are signed with: ES256 keys, and the shared secrets (HS256), whose tokens are only accepted.';
comment on column auth.signing_keys.id is 'The name of the key in its tokens (kid).';
comment on column auth.signing_keys.status is 'standby: published, not used yet; in_use: signs; previously_used: accepted; revoked: neither.';
comment on column auth.signing_keys.sealed_key is 'Sealed. Gone once an ES256 key is revoked.';

create table auth.api_keys (
    id uuid primary key default gen_random_uuid(),
    name text not null check (btrim(name) <> '' and length(name) <= 100),
    kind text not null check (kind in ('publishable', 'secret')),
    prefix text not null check (prefix <> ''),
    key_hash text not null unique check (key_hash ~ '^[0-9a-f]{64}$'),
    created_at timestamptz not null default now(),
    last_used_at timestamptz,
    expires_at timestamptz check (expires_at > created_at),
    revoked_at timestamptz,
    created_by text not null default session_user
);

comment on table auth.api_keys is 'Opaque keys of the application: publishable ones for callers without rights, secret ones for servers.';
comment on column auth.api_keys.prefix is 'The first characters of the key, by which people recognise it.';
comment on column auth.api_keys.key_hash is 'SHA-256 of the key, in hex.';

-- Every server reads the keys again when one of them changes.
create function auth.announce_keys()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
    perform pg_catalog.pg_notify('tenantry_keys', '');
    return null;
end
$$;

create trigger announce_signing_keys
    after insert or update or delete on auth.signing_keys
    for each statement
    execute function auth.announce_keys();

create trigger announce_api_keys
    after insert or delete or update of kind, key_hash, expires_at, revoked_at on auth.api_keys
    for each statement
    execute function auth.announce_keys();

-- Keys that people give to their programs, in applications that have no table of their own for them.
create table auth.personal_keys (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references auth.users on delete cascade,
    name text not null check (btrim(name) <> '' and length(name) <= 100),
    prefix text not null check (prefix <> ''),
    key_hash text not null unique check (key_hash ~ '^[0-9a-f]{64}$'),
    scopes text[] not null default '{}' check (cardinality(scopes) <= 32),
    created_at timestamptz not null default now(),
    last_used_at timestamptz,
    expires_at timestamptz check (expires_at > created_at),
    revoked_at timestamptz
);

create index personal_keys_user_id_idx on auth.personal_keys (user_id);

comment on table auth.personal_keys is 'Keys of people''s programs; they reach no further than their person, nor than their scopes.';
comment on column auth.personal_keys.key_hash is 'SHA-256 of the key, in hex.';
comment on column auth.personal_keys.scopes is 'What policies ask auth.has_scope for, such as documents:read.';

-- Whose key this is; no row for one that does not hold. Use is noted to the minute. The identity
-- binding replaces the body where an application keeps these keys itself.
create function auth.bind_verify_key(key text)
returns table (id uuid, user_id uuid, scopes text[])
language plpgsql
security definer
set search_path = ''
as $$
declare
    hash text := encode(sha256(convert_to(key, 'UTF8')), 'hex');
begin
    return query
    select held.id, held.user_id, held.scopes
    from auth.personal_keys as held
    where held.key_hash = hash
    and held.revoked_at is null
    and coalesce(held.expires_at > now(), true);

    update auth.personal_keys as held
    set last_used_at = now()
    where held.key_hash = hash
    and held.revoked_at is null
    and coalesce(held.last_used_at < now() - interval '1 minute', true);
end
$$;

-- Whether the caller may do this: a person may, a key with scopes may what they say.
create function auth.has_scope(scope text)
returns boolean
language sql
stable
parallel safe
as $$
    select coalesce(auth.jwt() -> 'scopes' ? scope, true)
$$;

comment on function auth.has_scope(text) is 'For restrictive policies: true for every caller but a key whose scopes do not name this one.';

revoke execute on function auth.announce_keys(), auth.bind_verify_key(text) from public;
grant execute on function auth.bind_verify_key(text) to tenantry_auth;

grant select, update (last_used_at) on auth.api_keys to tenantry_auth;
grant select on auth.signing_keys to tenantry_auth;
grant select, insert, update (revoked_at) on auth.personal_keys to tenantry_auth;
