-- tenantry: version 1.1.0
-- One-time tokens, PKCE, second factors, mail and revocation: the rest of GoTrue's layout, and
-- what this engine keeps beside it.
--
-- Codes and links are held as keyed marks, secrets of authenticators sealed: the keys are not in
-- the database.

create type auth.one_time_token_type as enum (
    'confirmation_token',
    'reauthentication_token',
    'recovery_token',
    'email_change_token_new',
    'email_change_token_current',
    'phone_change_token'
);

create table auth.one_time_tokens (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references auth.users on delete cascade,
    token_type auth.one_time_token_type not null,
    token_hash text not null check (token_hash <> ''),
    relates_to text not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    failed_attempts integer not null default 0 check (failed_attempts >= 0)
);

create unique index one_time_tokens_user_id_token_type_key on auth.one_time_tokens (user_id, token_type);
create index one_time_tokens_token_hash_hash_idx on auth.one_time_tokens using hash (token_hash);
create index one_time_tokens_relates_to_hash_idx on auth.one_time_tokens using hash (relates_to);

comment on table auth.one_time_tokens is 'Codes and links that were mailed; each works once.';
comment on column auth.one_time_tokens.token_hash is 'Keyed mark of the link''s token, which is itself a hash of address and code.';
comment on column auth.one_time_tokens.failed_attempts is 'Wrong codes so far; the fifth takes the token away.';

create type auth.code_challenge_method as enum ('s256', 'plain');

create table auth.flow_state (
    id uuid primary key default gen_random_uuid(),
    user_id uuid references auth.users on delete cascade,
    auth_code text,
    code_challenge_method auth.code_challenge_method,
    code_challenge text,
    provider_type text not null,
    provider_access_token text,
    provider_refresh_token text,
    created_at timestamptz default now(),
    updated_at timestamptz default now(),
    authentication_method text not null,
    auth_code_issued_at timestamptz,
    referrer text,
    linking_target_id uuid references auth.users on delete cascade,
    nonce text
);

create index idx_auth_code on auth.flow_state (auth_code);
create index idx_user_id_auth_method on auth.flow_state (user_id, authentication_method);
create index flow_state_created_at_idx on auth.flow_state (created_at desc);
create index flow_state_linking_target_id_idx on auth.flow_state (linking_target_id);

comment on table auth.flow_state is 'Sign-ins that were begun in a browser: PKCE challenges and the way to a provider and back.';
comment on column auth.flow_state.auth_code is 'Keyed mark of the code that the browser carries back.';
comment on column auth.flow_state.provider_access_token is 'Sealed.';
comment on column auth.flow_state.provider_refresh_token is 'Sealed.';

create type auth.factor_type as enum ('totp', 'webauthn', 'phone');
create type auth.factor_status as enum ('unverified', 'verified');

create table auth.mfa_factors (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references auth.users on delete cascade,
    friendly_name text,
    factor_type auth.factor_type not null,
    status auth.factor_status not null default 'unverified',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    secret text,
    phone text,
    last_challenged_at timestamptz unique,
    last_used_step bigint
);

create unique index mfa_factors_user_friendly_name_unique
    on auth.mfa_factors (friendly_name, user_id)
    where btrim(friendly_name) <> '';
create index factor_id_created_at_idx on auth.mfa_factors (user_id, created_at);

comment on table auth.mfa_factors is 'Second factors. An unverified one counts for nothing.';
comment on column auth.mfa_factors.secret is 'Sealed.';
comment on column auth.mfa_factors.last_used_step is 'The time step of the last code: no code works twice.';

alter table auth.sessions
    add constraint sessions_factor_id_fkey foreign key (factor_id) references auth.mfa_factors on delete set null;
create index sessions_factor_id_idx on auth.sessions (factor_id);

create table auth.mfa_challenges (
    id uuid primary key default gen_random_uuid(),
    factor_id uuid not null references auth.mfa_factors on delete cascade,
    created_at timestamptz not null default now(),
    verified_at timestamptz,
    ip_address inet not null,
    otp_code text
);

create index mfa_challenge_created_at_idx on auth.mfa_challenges (created_at desc);
create index mfa_challenges_factor_id_idx on auth.mfa_challenges (factor_id);

create table auth.mfa_amr_claims (
    session_id uuid not null references auth.sessions on delete cascade,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    authentication_method text not null,
    id uuid primary key default gen_random_uuid(),
    constraint mfa_amr_claims_session_id_authentication_method_pkey unique (session_id, authentication_method)
);

comment on table auth.mfa_amr_claims is 'How the person of a login session proved who they are: the claim amr.';

-- Mail waits here until the program has handed it over; the transaction that causes it enqueues it.
create table auth.mails (
    id uuid primary key default gen_random_uuid(),
    kind text not null check (kind <> ''),
    recipient text not null check (recipient <> ''),
    variables text not null,
    created_at timestamptz not null default now(),
    attempts integer not null default 0 check (attempts >= 0),
    next_attempt_at timestamptz not null default now(),
    sent_at timestamptz,
    given_up_at timestamptz,
    last_error text
);

create index mails_next_attempt_at_idx on auth.mails (next_attempt_at) where sent_at is null and given_up_at is null;
create index mails_created_at_idx on auth.mails (created_at);

comment on table auth.mails is 'Mail to be sent and mail that was: nothing is sent inside a transaction.';
comment on column auth.mails.variables is 'Sealed JSON of the template''s variables, emptied once the mail is sent.';

create function auth.announce_mail()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
    perform pg_catalog.pg_notify('tenantry_mail', '');
    return null;
end
$$;

create trigger announce_mail
    after insert on auth.mails
    for each statement
    execute function auth.announce_mail();

-- Login sessions that ended before their access tokens did. Every server knows them within
-- moments and refuses the tokens.
create table auth.ended_sessions (
    session_id uuid primary key,
    ended_at timestamptz not null default clock_timestamp()
);

create index ended_sessions_ended_at_idx on auth.ended_sessions (ended_at);

comment on table auth.ended_sessions is 'Login sessions that are over, for as long as one of their access tokens could be valid.';

create function auth.remember_ended_session()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    insert into auth.ended_sessions (session_id)
    values (old.id)
    on conflict (session_id) do nothing;
    perform pg_catalog.pg_notify('tenantry_sessions', old.id::text);
    return null;
end
$$;

create trigger remember_ended_session
    after delete on auth.sessions
    for each row
    execute function auth.remember_ended_session();

-- Whether the caller administers the application's people.
create function auth.is_admin()
returns boolean
language sql
stable
parallel safe
security definer
set search_path = ''
as $$
    select exists (
        select
        from auth.users as account
        where account.id = auth.uid()
        and account.is_super_admin
        and account.deleted_at is null
    )
$$;

-- Raises a state of its own where a condition of the engine does not hold, so that the transaction
-- ends with nothing done.
create function auth.require(holds boolean, state text)
returns void
language plpgsql
set search_path = ''
as $$
begin
    if holds is not true then
        raise exception 'a condition does not hold any more' using errcode = state;
    end if;
end
$$;

revoke execute on function
    auth.announce_mail(),
    auth.remember_ended_session(),
    auth.require(boolean, text)
    from public;
grant execute on function auth.require(boolean, text) to tenantry_auth;

grant select, insert, update, delete
    on auth.one_time_tokens,
       auth.flow_state,
       auth.mfa_factors,
       auth.mfa_challenges,
       auth.mfa_amr_claims
    to tenantry_auth;
grant select, insert, update, delete on auth.mails to tenantry_auth;
grant select, delete on auth.ended_sessions to tenantry_auth;
