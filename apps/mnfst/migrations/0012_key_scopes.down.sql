-- Keys reach what their person reaches again.

drop policy tenants_scope_select on public.tenants;
drop policy tenants_scope_insert on public.tenants;
drop policy tenants_scope_update on public.tenants;

drop policy users_scope_select on public.users;
drop policy users_scope_update on public.users;

drop policy documents_scope_select on public.documents;
drop policy documents_scope_insert on public.documents;
drop policy documents_scope_update on public.documents;
drop policy documents_scope_delete on public.documents;

drop policy document_chunks_scope_select on public.document_chunks;
drop policy document_chunks_scope_insert on public.document_chunks;
drop policy document_chunks_scope_update on public.document_chunks;
drop policy document_chunks_scope_delete on public.document_chunks;

drop policy embeddings_scope_select on public.embeddings;
drop policy embeddings_scope_insert on public.embeddings;
drop policy embeddings_scope_update on public.embeddings;
drop policy embeddings_scope_delete on public.embeddings;

drop policy social_links_scope_select on public.social_links;
drop policy social_links_scope_insert on public.social_links;
drop policy social_links_scope_update on public.social_links;
drop policy social_links_scope_delete on public.social_links;

drop policy sessions_scope_select on public.sessions;
drop policy sessions_scope_insert on public.sessions;
drop policy sessions_scope_update on public.sessions;
drop policy sessions_scope_delete on public.sessions;

drop policy messages_scope_select on public.messages;
drop policy messages_scope_insert on public.messages;
drop policy messages_scope_update on public.messages;
drop policy messages_scope_delete on public.messages;

drop policy user_preferences_scope_select on public.user_preferences;
drop policy user_preferences_scope_update on public.user_preferences;

drop policy api_keys_scope_select on public.api_keys;
drop policy api_keys_scope_update on public.api_keys;

drop policy audit_logs_scope_select on public.audit_logs;

create or replace function public.may_manage_row(kind text, row_id uuid, purging boolean)
returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    caller_role text := public.current_user_role();
begin
    if kind not in ('tenants', 'users', 'documents', 'sessions') then
        raise exception 'there is no soft delete for %', kind
            using
                errcode = 'invalid_parameter_value',
                hint = 'One of tenants, users, documents, sessions.';
    end if;

    if public.caller_is_trusted() then
        return true;
    end if;

    return coalesce(
        case kind
            when 'tenants' then caller_role = 'superadmin'
            when 'users' then row_id <> auth.uid()
                and exists (
                    select
                    from public.users u
                    where u.id = row_id
                        and (
                            caller_role = 'superadmin'
                            or (caller_role = 'tenant_admin' and not purging and u.tenant_id = auth.tenant_id())
                        )
                )
            when 'documents' then exists (
                select
                from public.documents d
                where d.id = row_id
                    and d.tenant_id = auth.tenant_id()
                    and (d.user_id = auth.uid() or caller_role = 'tenant_admin')
            )
            when 'sessions' then exists (
                select
                from public.sessions s
                where s.id = row_id
                    and s.tenant_id = auth.tenant_id()
                    and s.user_id = auth.uid()
            )
        end,
        false
    );
end
$$;

create or replace function public.hand_over_documents(from_user uuid, to_user uuid)
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
    shared_tenant uuid;
    handed_over integer;
begin
    select giver.tenant_id
    into shared_tenant
    from public.users giver
    join public.users taker using (tenant_id)
    where giver.id = from_user
        and taker.id = to_user;

    if shared_tenant is null
        or not (
            public.caller_is_trusted()
            or (
                public.current_user_role() = 'tenant_admin'
                and shared_tenant = auth.tenant_id()
            )
        )
    then
        raise exception 'documents are handed over by an administrator, between people of one tenant'
            using errcode = 'insufficient_privilege';
    end if;

    update public.documents
    set user_id = to_user
    where user_id = from_user;
    get diagnostics handed_over = row_count;
    return handed_over;
end
$$;

create or replace function public.create_api_key(name text, scopes text[], expires_at timestamptz default null)
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

create or replace function public.usage_by_day(first_day date default null, last_day date default null)
returns table (tenant_id uuid, day date, documents bigint, bytes bigint, sessions bigint, messages bigint)
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
    return query
    select u.tenant_id, u.day, u.documents, u.bytes, u.sessions, u.messages
    from public.tenant_usage_daily u
    where (
            u.tenant_id = any ((select public.readable_tenant_ids())::uuid[])
            or (select public.caller_is_trusted())
        )
        and (first_day is null or u.day >= first_day)
        and (last_day is null or u.day <= last_day)
    order by u.tenant_id, u.day;
end
$$;

create or replace function public.usage_totals()
returns table (tenant_id uuid, documents bigint, bytes bigint, sessions bigint, messages bigint, last_day date)
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
    return query
    select u.tenant_id, u.documents, u.bytes, u.sessions, u.messages, u.last_day
    from public.tenant_usage_totals u
    where u.tenant_id = any ((select public.readable_tenant_ids())::uuid[])
        or (select public.caller_is_trusted())
    order by u.tenant_id;
end
$$;
