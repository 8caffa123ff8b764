-- tenantry: version 1.0.0
-- Identity: the tables that GoTrue has, by its names, because triggers, foreign keys and policies
-- of migrations in the wild rely on them. Tokens are stored as SHA-256 hashes only.

create schema auth;

comment on schema auth is 'Accounts, login sessions and tokens, in GoTrue''s layout.';

grant usage on schema auth to anon, authenticated, service_role, tenantry_auth;

-- Who is asking. `app.current_user_id` is written on every request, so the usual case costs one
-- setting; the claims are read where a program set only those, as Supabase's tests do.
create function auth.uid()
returns uuid
language sql
stable
parallel safe
as $$
    select coalesce(
        nullif(current_setting('app.current_user_id', true), ''),
        nullif(current_setting('request.jwt.claim.sub', true), ''),
        nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'
    )::uuid
$$;

create function auth.jwt()
returns jsonb
language sql
stable
parallel safe
as $$
    select nullif(current_setting('request.jwt.claims', true), '')::jsonb
$$;

create function auth.role()
returns text
language sql
stable
parallel safe
as $$
    select coalesce(
        nullif(current_setting('request.jwt.claim.role', true), ''),
        auth.jwt() ->> 'role'
    )
$$;

create function auth.email()
returns text
language sql
stable
parallel safe
as $$
    select coalesce(
        nullif(current_setting('request.jwt.claim.email', true), ''),
        auth.jwt() ->> 'email'
    )
$$;

create function auth.session_id()
returns uuid
language sql
stable
parallel safe
as $$
    select nullif(auth.jwt() ->> 'session_id', '')::uuid
$$;

-- The tenant comes from the users table, never from a token that may be stale. An application
-- without tenants has none; the identity binding replaces this body where a tenant is bound.
create function auth.tenant_id()
returns uuid
language plpgsql
stable
parallel safe
set search_path = ''
as $$
begin
    return null;
end
$$;

create table auth.users (
    instance_id uuid,
    id uuid primary key default gen_random_uuid(),
    aud varchar(255) default 'authenticated',
    role varchar(255) default 'authenticated',
    email varchar(255),
    encrypted_password varchar(255),
    email_confirmed_at timestamptz,
    invited_at timestamptz,
    confirmation_token varchar(255) default '',
    confirmation_sent_at timestamptz,
    recovery_token varchar(255) default '',
    recovery_sent_at timestamptz,
    email_change_token_new varchar(255) default '',
    email_change varchar(255) default '',
    email_change_sent_at timestamptz,
    last_sign_in_at timestamptz,
    raw_app_meta_data jsonb default '{}',
    raw_user_meta_data jsonb default '{}',
    is_super_admin boolean,
    created_at timestamptz default now(),
    updated_at timestamptz default now(),
    phone text default null,
    phone_confirmed_at timestamptz,
    phone_change text default '',
    phone_change_token varchar(255) default '',
    phone_change_sent_at timestamptz,
    confirmed_at timestamptz generated always as (least(email_confirmed_at, phone_confirmed_at)) stored,
    email_change_token_current varchar(255) default '',
    email_change_confirm_status smallint default 0 check (email_change_confirm_status between 0 and 2),
    banned_until timestamptz,
    reauthentication_token varchar(255) default '',
    reauthentication_sent_at timestamptz,
    is_sso_user boolean not null default false,
    deleted_at timestamptz,
    is_anonymous boolean not null default false
);

create unique index users_email_partial_key on auth.users (lower(email)) where not is_sso_user;
create unique index users_phone_key on auth.users (phone);
create index users_instance_id_idx on auth.users (instance_id);

comment on table auth.users is 'One row per account. Passwords are PHC strings (Argon2id) or bcrypt.';

create table auth.identities (
    id uuid primary key default gen_random_uuid(),
    provider_id text not null,
    user_id uuid not null references auth.users on delete cascade,
    identity_data jsonb not null,
    provider text not null,
    last_sign_in_at timestamptz,
    created_at timestamptz default now(),
    updated_at timestamptz default now(),
    email text generated always as (lower(identity_data ->> 'email')) stored,
    unique (provider_id, provider)
);

create index identities_user_id_idx on auth.identities (user_id);
create index identities_email_idx on auth.identities (email text_pattern_ops);

create type auth.aal_level as enum ('aal1', 'aal2', 'aal3');

create table auth.sessions (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references auth.users on delete cascade,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    factor_id uuid,
    aal auth.aal_level default 'aal1',
    not_after timestamptz,
    refreshed_at timestamp,
    user_agent text,
    ip inet,
    tag text
);

create index sessions_user_id_created_at_idx on auth.sessions (user_id, created_at);
create index sessions_not_after_idx on auth.sessions (not_after desc);

comment on table auth.sessions is 'One row per login session; an access token names it in the claim session_id.';

create table auth.refresh_tokens (
    instance_id uuid,
    id bigint generated by default as identity primary key,
    token varchar(255) unique,
    user_id varchar(255),
    revoked boolean default false,
    created_at timestamptz default now(),
    updated_at timestamptz default now(),
    parent varchar(255),
    session_id uuid references auth.sessions on delete cascade
);

create index refresh_tokens_parent_idx on auth.refresh_tokens (parent);
create index refresh_tokens_session_id_revoked_idx on auth.refresh_tokens (session_id, revoked);

comment on column auth.refresh_tokens.token is 'SHA-256 of the token, in hex. The token itself is never stored.';

create table auth.audit_log_entries (
    instance_id uuid,
    id uuid primary key default gen_random_uuid(),
    payload json,
    created_at timestamptz default now(),
    ip_address varchar(64) not null default ''
);

create index audit_log_entries_created_at_idx on auth.audit_log_entries (created_at desc);

-- Wrong passwords in a row. Five lock the account for a quarter of an hour, whether or not the
-- application has columns of its own for it.
create table auth.lockouts (
    user_id uuid primary key references auth.users on delete cascade,
    failed_attempts integer not null default 0 check (failed_attempts >= 0),
    locked_until timestamptz
);

comment on table auth.lockouts is 'Wrong passwords in a row and the lock that follows from them.';

-- What the engine asks about an account before and after a sign-in. The identity binding replaces
-- the bodies where an application keeps these facts in columns of its own.
create function auth.bind_sign_in_state(user_id uuid)
returns table (
    approved boolean,
    active boolean,
    locked boolean,
    locked_until timestamptz,
    tenant_ok boolean
)
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
    return query
    select
        true,
        true,
        coalesce(lockout.locked_until > now(), false),
        lockout.locked_until,
        true
    from (values (bind_sign_in_state.user_id)) as asked (id)
    left join auth.lockouts as lockout on lockout.user_id = asked.id;
end
$$;

create function auth.bind_sign_in_failed(user_id uuid)
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
    insert into auth.lockouts as lockout (user_id, failed_attempts)
    values (bind_sign_in_failed.user_id, 1)
    on conflict on constraint lockouts_pkey do update
    set failed_attempts = case
            when lockout.locked_until <= now() then 1
            else lockout.failed_attempts + 1
        end,
        locked_until = case
            when lockout.locked_until <= now() then null
            when lockout.failed_attempts + 1 >= 5 then now() + interval '15 minutes'
            else lockout.locked_until
        end;
end
$$;

create function auth.bind_sign_in_succeeded(user_id uuid)
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
    delete from auth.lockouts as lockout
    where lockout.user_id = bind_sign_in_succeeded.user_id;
end
$$;

revoke execute on function
    auth.bind_sign_in_state(uuid),
    auth.bind_sign_in_failed(uuid),
    auth.bind_sign_in_succeeded(uuid)
    from public;
grant execute on function
    auth.bind_sign_in_state(uuid),
    auth.bind_sign_in_failed(uuid),
    auth.bind_sign_in_succeeded(uuid)
    to tenantry_auth;

grant select, insert, update, delete
    on auth.users, auth.identities, auth.sessions, auth.refresh_tokens
    to tenantry_auth;
grant select, insert on auth.audit_log_entries to tenantry_auth;
grant select on auth.users, auth.identities, auth.sessions to service_role;
