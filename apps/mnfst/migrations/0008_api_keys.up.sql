-- Keys for programs that act for a person. Only the SHA-256 of a key is stored; the key itself is
-- shown once, by create_api_key. A key reaches no further than its scopes, nor than its person.

create table public.api_keys (
    id uuid not null default gen_random_uuid(),
    tenant_id uuid not null,
    user_id uuid not null,
    name varchar(100) not null,
    prefix varchar(16) not null,
    key_hash varchar(64) not null,
    scopes text[] not null default '{}',
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint api_keys_pkey primary key (id),
    constraint api_keys_key_hash_key unique (key_hash),
    constraint api_keys_user_id_fkey
        foreign key (tenant_id, user_id) references public.users (tenant_id, id) on delete cascade,
    constraint api_keys_name_check check (btrim(name) <> ''),
    constraint api_keys_prefix_check check (prefix ~ '^[A-Za-z0-9_]{6,16}$'),
    constraint api_keys_key_hash_check check (key_hash ~ '^[0-9a-f]{64}$'),
    constraint api_keys_scopes_check check (
        scopes <@ array[
            'documents:read',
            'documents:write',
            'chat:read',
            'chat:write',
            'social_links:read',
            'social_links:write',
            'users:read',
            'users:write',
            'usage:read'
        ]
        and cardinality(scopes) <= 32
    ),
    constraint api_keys_expires_at_check check (expires_at > created_at)
);

create index idx_api_keys_tenant_id on public.api_keys (tenant_id, user_id);
create index idx_api_keys_user_id on public.api_keys (user_id);

comment on table public.api_keys is 'Keys of programs that act for a person, within scopes.';
comment on column public.api_keys.prefix is 'The first characters of the key, by which a person recognises it.';
comment on column public.api_keys.key_hash is 'SHA-256 of the key, in hex. Granted to service_role only.';
comment on column public.api_keys.scopes is 'resource:verb pairs; none means that the key opens nothing.';

-- Revoking is final.
create function public.keep_api_key_revoked()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
    raise exception 'a revoked key stays revoked'
        using
            errcode = 'check_violation',
            hint = 'Create a new one.';
end
$$;

create trigger keep_api_key_revoked
    before update on public.api_keys
    for each row
    when (old.revoked_at is not null and old.revoked_at is distinct from new.revoked_at)
    execute function public.keep_api_key_revoked();

create trigger fill_api_keys_tenant_id
    before insert on public.api_keys
    for each row execute function public.fill_tenant_id_from_user();

create trigger update_api_keys_updated_at
    before update on public.api_keys
    for each row execute function public.update_updated_at();

create trigger audit_api_keys
    after insert or update or delete on public.api_keys
    for each row execute function public.write_audit_log('api_keys', 'key_hash');

alter table public.api_keys enable row level security;
alter table public.api_keys force row level security;

grant
    select (
        id, tenant_id, user_id, name, prefix, scopes,
        expires_at, revoked_at, last_used_at, created_at, updated_at
    ),
    update (name, revoked_at)
    on public.api_keys
    to authenticated;
grant select, insert, update, delete on public.api_keys to service_role;
grant
    select (
        id, tenant_id, user_id, name, prefix, scopes,
        expires_at, revoked_at, last_used_at, created_at, updated_at
    )
    on public.api_keys
    to mnfst_analyst;

create policy api_keys_select_own on public.api_keys
    for select to authenticated
    using (
        user_id = (select auth.uid())
        and tenant_id = (select auth.tenant_id())
    );

create policy api_keys_select_admin on public.api_keys
    for select to authenticated
    using (
        tenant_id = any (
            (select public.readable_tenant_ids() where public.current_user_role() in ('tenant_admin', 'superadmin'))::uuid[]
        )
    );

create policy api_keys_update_own on public.api_keys
    for update to authenticated
    using (
        user_id = (select auth.uid())
        and tenant_id = (select auth.tenant_id())
    )
    with check (
        user_id = (select auth.uid())
        and tenant_id = (select auth.tenant_id())
    );

create policy api_keys_update_tenant_admin on public.api_keys
    for update to authenticated
    using (tenant_id = (select auth.tenant_id() where public.current_user_role() = 'tenant_admin'))
    with check (tenant_id = (select auth.tenant_id() where public.current_user_role() = 'tenant_admin'));


-- Makes a key for the caller and returns it, this once. Two random UUIDs are 244 random bits.
create function public.create_api_key(name text, scopes text[], expires_at timestamptz default null)
returns table (id uuid, key text, prefix text)
language plpgsql
security definer
set search_path = ''
as $$
declare
    secret text := 'mnfst_' || replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');
    owner_id uuid := auth.uid();
    owner_tenant uuid := auth.tenant_id();
begin
    if owner_id is null or owner_tenant is null then
        raise exception 'keys belong to members of a tenant'
            using errcode = 'insufficient_privilege';
    end if;

    return query
    insert into public.api_keys as made (tenant_id, user_id, name, prefix, key_hash, scopes, expires_at)
    values (
        owner_tenant,
        owner_id,
        create_api_key.name,
        left(secret, 14),
        encode(sha256(convert_to(secret, 'UTF8')), 'hex'),
        create_api_key.scopes,
        create_api_key.expires_at
    )
    returning made.id, secret, made.prefix::text;
end
$$;

comment on function public.create_api_key(text, text[], timestamptz) is 'Makes a key for the caller; the only time the key itself is seen.';

-- Whose key this is and what it may do; no row for one that is unknown, revoked or expired, or
-- whose person or tenant is hidden or suspended. Use is noted to the minute.
create function public.verify_api_key(key text)
returns table (id uuid, user_id uuid, tenant_id uuid, scopes text[])
language plpgsql
security definer
set search_path = ''
as $$
declare
    hash text := encode(sha256(convert_to(key, 'UTF8')), 'hex');
begin
    return query
    select k.id, k.user_id, k.tenant_id, k.scopes
    from public.api_keys k
    join public.users u on u.id = k.user_id
    join public.tenants t on t.id = k.tenant_id
    where k.key_hash = hash
        and k.revoked_at is null
        and (k.expires_at is null or k.expires_at > now())
        and u.deleted_at is null
        and t.deleted_at is null
        and t.suspended_at is null;

    if found then
        update public.api_keys k
        set last_used_at = now()
        where k.key_hash = hash
            and (k.last_used_at is null or k.last_used_at < now() - interval '1 minute');
    end if;
end
$$;

comment on function public.verify_api_key(text) is 'Whose key this is; no row for one that does not hold.';

revoke execute on function public.keep_api_key_revoked() from public;
revoke execute on function public.create_api_key(text, text[], timestamptz) from public;
revoke execute on function public.verify_api_key(text) from public;
grant execute on function public.create_api_key(text, text[], timestamptz) to authenticated;
grant execute on function public.verify_api_key(text) to service_role;
