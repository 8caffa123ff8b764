-- tenantry: version 1.4.0
-- Who administers whom, what happened that somebody should know of, sessions that end when their
-- person is shut out, and the sweep of what has expired.

-- Security events: rows of GoTrue's audit trail, in its form, and a notification for whoever watches.
create function auth.note_event(action text, person uuid, traits jsonb)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
    headers text := nullif(current_setting('request.headers', true), '');
    address text := '';
    entry uuid;
begin
    -- What is missing or no address must not stop what is noted.
    begin
        address := host(btrim(split_part(headers::jsonb ->> 'x-forwarded-for', ',', 1))::inet);
    exception
        when others then
            null;
    end;

    insert into auth.audit_log_entries (payload, ip_address)
    values (
        json_build_object(
            'action', note_event.action,
            'actor_id', note_event.person,
            'actor_username', (
                select account.email
                from auth.users as account
                where account.id = note_event.person
            ),
            'log_type', 'security',
            'traits', coalesce(note_event.traits, '{}')
        ),
        coalesce(address, '')
    )
    returning id into entry;

    perform pg_catalog.pg_notify('tenantry_security', left(note_event.action, 100) || ' ' || entry);
end
$$;

comment on function auth.note_event(text, uuid, jsonb) is
    'Adds a security event of a person to the audit trail and announces it on tenantry_security.';

create view auth.security_event_counts as
select
    entry.payload ->> 'action' as action,
    (entry.created_at at time zone 'UTC')::date as day,
    count(*) as events
from auth.audit_log_entries as entry
where entry.payload ->> 'log_type' = 'security'
group by 1, 2;

comment on view auth.security_event_counts is 'Security events by action and day (UTC).';

-- Whether nothing speaks against a person at this moment: what a sign-in asks, without the password.
create function auth.is_admitted(person uuid)
returns boolean
language sql
stable
security definer
set search_path = ''
as $$
    select exists (
        select
        from auth.users as account
        cross join lateral auth.bind_sign_in_state(account.id) as state
        where account.id = is_admitted.person
        and account.deleted_at is null
        and coalesce(account.banned_until <= now(), true)
        and state.approved
        and state.active
        and state.tenant_ok
        and not state.locked
    )
$$;

comment on function auth.is_admitted(uuid) is
    'Whether the account is there and approved, active, not banned, not locked, and its tenant open.';

create function auth.end_refused_sessions(person uuid)
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
    -- Waits for a sign-in of the person that is under way, so that its session is seen here.
    perform
    from auth.users as account
    where account.id = end_refused_sessions.person
    for no key update;

    delete from auth.sessions as login
    where login.user_id = end_refused_sessions.person
    and not auth.is_admitted(end_refused_sessions.person);
end
$$;

comment on function auth.end_refused_sessions(uuid) is
    'Ends the login sessions of a person who could not sign in any more.';

-- The other half: a session begins only while its person is admitted, and whoever shuts the person
-- out at the same moment is waited for. What is refused is not written, and is no error: the engine
-- says why afterwards.
create function auth.admit_session()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform
    from auth.users as account
    where account.id = new.user_id
    for no key update;

    if auth.is_admitted(new.user_id) then
        return new;
    end if;
    return null;
end
$$;

create trigger admit_session
    before insert on auth.sessions
    for each row
    execute function auth.admit_session();

-- Bans and soft deletes of the account itself; the identity binding watches the application's side.
create function auth.end_sessions_of_account()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform auth.end_refused_sessions(new.id);
    return null;
end
$$;

create trigger end_sessions_of_account
    after update of banned_until, deleted_at on auth.users
    for each row
    when (
        new.banned_until is distinct from old.banned_until
        or new.deleted_at is distinct from old.deleted_at
    )
    execute function auth.end_sessions_of_account();

create function auth.note_super_admin()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform auth.note_event(
        case when new.is_super_admin then 'administrator_made' else 'administrator_unmade' end,
        auth.uid(),
        jsonb_build_object('user_id', new.id)
    );
    return null;
end
$$;

create trigger note_new_super_admin
    after insert on auth.users
    for each row
    when (new.is_super_admin)
    execute function auth.note_super_admin();

create trigger note_super_admin
    after update of is_super_admin on auth.users
    for each row
    when (coalesce(new.is_super_admin, false) <> coalesce(old.is_super_admin, false))
    execute function auth.note_super_admin();


-- What the engine asks about administration. The identity binding replaces these bodies where the
-- manifest says more; without it only accounts with is_super_admin administer anybody.

create function auth.bind_administers(actor uuid, person uuid)
returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
    return auth.is_admitted(bind_administers.actor)
        and exists (
            select
            from auth.users as administrator
            where administrator.id = bind_administers.actor
            and administrator.is_super_admin
        )
        and exists (
            select
            from auth.users as account
            where account.id = bind_administers.person
        );
end
$$;

create function auth.bind_administered_users(actor uuid)
returns setof uuid
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
    if not auth.is_admitted(bind_administered_users.actor) then
        return;
    end if;
    return query
    select account.id
    from auth.users as account
    where exists (
        select
        from auth.users as administrator
        where administrator.id = bind_administered_users.actor
        and administrator.is_super_admin
    );
end
$$;

create function auth.bind_may_invite(actor uuid, tenant uuid, role text)
returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
    return bind_may_invite.tenant is null
        and bind_may_invite.role is null
        and auth.is_admitted(bind_may_invite.actor)
        and exists (
            select
            from auth.users as administrator
            where administrator.id = bind_may_invite.actor
            and administrator.is_super_admin
        );
end
$$;

create function auth.bind_find_user(identifier text)
returns uuid
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
    return (
        select account.id
        from auth.users as account
        where lower(account.email) = lower(bind_find_user.identifier)
        and not account.is_sso_user
    );
end
$$;

-- The application metadata that a new administrator's account has to be made with.
create function auth.bind_administrator_metadata()
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
    return '{}'::jsonb;
end
$$;

create function auth.bind_make_administrator(person uuid)
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
    update auth.users as account
    set is_super_admin = true,
        updated_at = now()
    where account.id = bind_make_administrator.person;
    if not found then
        raise exception 'there is no account %', bind_make_administrator.person
            using errcode = 'no_data_found';
    end if;
end
$$;

create function auth.bind_allows_anonymous()
returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
    return true;
end
$$;

-- As before, and: failures and locks are security events, and a lock ends the login sessions.
create or replace function auth.bind_sign_in_failed(user_id uuid)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
    attempts integer;
begin
    -- In the order of a sign-in, the account first, so that neither waits for the other for ever.
    perform
    from auth.users as account
    where account.id = bind_sign_in_failed.user_id
    for no key update;

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
        end
    returning lockout.failed_attempts into attempts;

    perform auth.note_event(
        'sign_in_failed',
        bind_sign_in_failed.user_id,
        jsonb_build_object('failed_attempts', attempts)
    );
    if attempts = 5 then
        perform auth.note_event(
            'account_locked',
            bind_sign_in_failed.user_id,
            jsonb_build_object('failed_attempts', attempts)
        );
    end if;
    perform auth.end_refused_sessions(bind_sign_in_failed.user_id);
end
$$;


-- Called every minute. Used-up refresh tokens of living sessions stay: by them a stolen token is
-- known.
create function auth.sweep()
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
    delete from auth.sessions where not_after <= now();
    delete from auth.refresh_tokens where revoked and session_id is null;
    delete from auth.one_time_tokens where created_at < now() - interval '1 day';
    delete from auth.flow_state where created_at < now() - interval '1 day';
    delete from auth.mfa_challenges where created_at < now() - interval '1 hour';
    delete from auth.ended_sessions where ended_at < now() - interval '1 day';

    -- The application's own columns are unlocked with it. Who is signing in at this moment does that
    -- without us.
    perform auth.bind_sign_in_succeeded(expired.user_id)
    from (
        select lockout.user_id
        from auth.lockouts as lockout
        join auth.users as account on account.id = lockout.user_id
        where lockout.locked_until <= now()
        for no key update of account skip locked
    ) as expired;
end
$$;

comment on function auth.sweep() is 'Deletes what has expired: login sessions, codes, flows, challenges, locks.';


revoke execute on function
    auth.note_event(text, uuid, jsonb),
    auth.is_admitted(uuid),
    auth.end_refused_sessions(uuid),
    auth.admit_session(),
    auth.end_sessions_of_account(),
    auth.note_super_admin(),
    auth.bind_administers(uuid, uuid),
    auth.bind_administered_users(uuid),
    auth.bind_may_invite(uuid, uuid, text),
    auth.bind_find_user(text),
    auth.bind_administrator_metadata(),
    auth.bind_make_administrator(uuid),
    auth.bind_allows_anonymous(),
    auth.sweep()
    from public;
grant execute on function
    auth.note_event(text, uuid, jsonb),
    auth.is_admitted(uuid),
    auth.bind_administers(uuid, uuid),
    auth.bind_administered_users(uuid),
    auth.bind_may_invite(uuid, uuid, text),
    auth.bind_find_user(text),
    auth.bind_administrator_metadata(),
    auth.bind_make_administrator(uuid),
    auth.bind_allows_anonymous(),
    auth.sweep()
    to tenantry_auth;
grant select on auth.security_event_counts to service_role;
