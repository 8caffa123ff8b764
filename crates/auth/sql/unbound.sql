-- What the identity binding replaces, as an application without a binding has it. These are the
-- statements of the migrations, so that taking a binding away leaves exactly what they made.

create or replace function auth.tenant_id()
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

create or replace function auth.bind_sign_in_state(user_id uuid)
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

create or replace function auth.bind_sign_in_succeeded(user_id uuid)
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

create or replace function auth.bind_administers(actor uuid, person uuid)
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

create or replace function auth.bind_administered_users(actor uuid)
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

create or replace function auth.bind_may_invite(actor uuid, tenant uuid, role text)
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

create or replace function auth.bind_find_user(identifier text)
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

create or replace function auth.bind_administrator_metadata()
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

create or replace function auth.bind_make_administrator(person uuid)
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

create or replace function auth.bind_allows_anonymous()
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

create or replace function auth.bind_verify_key(key text)
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
