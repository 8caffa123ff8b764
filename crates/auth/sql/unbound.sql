-- What the identity binding replaces, as an application without a binding has it. These are the
-- statements of the migration, so that taking a binding away leaves exactly what the migration made.

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
