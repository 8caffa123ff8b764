-- What a key with scopes reaches: a restrictive policy for each verb of each table asks for the
-- scope. People who signed in carry no scopes and pass, as does service_role.
--
-- Three resources are in no list of scopes that a key may have, so that no key ever reaches them:
-- api_keys, audit_logs, and the writing of tenants.

create policy tenants_scope_select on public.tenants
    as restrictive
    for select to authenticated
    using ((select auth.has_scope('users:read')));

create policy tenants_scope_insert on public.tenants
    as restrictive
    for insert to authenticated
    with check ((select auth.has_scope('tenants:write')));

create policy tenants_scope_update on public.tenants
    as restrictive
    for update to authenticated
    using ((select auth.has_scope('tenants:write')));


create policy users_scope_select on public.users
    as restrictive
    for select to authenticated
    using ((select auth.has_scope('users:read')));

create policy users_scope_update on public.users
    as restrictive
    for update to authenticated
    using ((select auth.has_scope('users:write')));


create policy documents_scope_select on public.documents
    as restrictive
    for select to authenticated
    using ((select auth.has_scope('documents:read')));

create policy documents_scope_insert on public.documents
    as restrictive
    for insert to authenticated
    with check ((select auth.has_scope('documents:write')));

create policy documents_scope_update on public.documents
    as restrictive
    for update to authenticated
    using ((select auth.has_scope('documents:write')));

create policy documents_scope_delete on public.documents
    as restrictive
    for delete to authenticated
    using ((select auth.has_scope('documents:write')));


create policy document_chunks_scope_select on public.document_chunks
    as restrictive
    for select to authenticated
    using ((select auth.has_scope('documents:read')));

create policy document_chunks_scope_insert on public.document_chunks
    as restrictive
    for insert to authenticated
    with check ((select auth.has_scope('documents:write')));

create policy document_chunks_scope_update on public.document_chunks
    as restrictive
    for update to authenticated
    using ((select auth.has_scope('documents:write')));

create policy document_chunks_scope_delete on public.document_chunks
    as restrictive
    for delete to authenticated
    using ((select auth.has_scope('documents:write')));


create policy embeddings_scope_select on public.embeddings
    as restrictive
    for select to authenticated
    using ((select auth.has_scope('documents:read')));

create policy embeddings_scope_insert on public.embeddings
    as restrictive
    for insert to authenticated
    with check ((select auth.has_scope('documents:write')));

create policy embeddings_scope_update on public.embeddings
    as restrictive
    for update to authenticated
    using ((select auth.has_scope('documents:write')));

create policy embeddings_scope_delete on public.embeddings
    as restrictive
    for delete to authenticated
    using ((select auth.has_scope('documents:write')));


create policy social_links_scope_select on public.social_links
    as restrictive
    for select to authenticated
    using ((select auth.has_scope('social_links:read')));

create policy social_links_scope_insert on public.social_links
    as restrictive
    for insert to authenticated
    with check ((select auth.has_scope('social_links:write')));

create policy social_links_scope_update on public.social_links
    as restrictive
    for update to authenticated
    using ((select auth.has_scope('social_links:write')));

create policy social_links_scope_delete on public.social_links
    as restrictive
    for delete to authenticated
    using ((select auth.has_scope('social_links:write')));


create policy sessions_scope_select on public.sessions
    as restrictive
    for select to authenticated
    using ((select auth.has_scope('chat:read')));

create policy sessions_scope_insert on public.sessions
    as restrictive
    for insert to authenticated
    with check ((select auth.has_scope('chat:write')));

create policy sessions_scope_update on public.sessions
    as restrictive
    for update to authenticated
    using ((select auth.has_scope('chat:write')));

create policy sessions_scope_delete on public.sessions
    as restrictive
    for delete to authenticated
    using ((select auth.has_scope('chat:write')));


create policy messages_scope_select on public.messages
    as restrictive
    for select to authenticated
    using ((select auth.has_scope('chat:read')));

create policy messages_scope_insert on public.messages
    as restrictive
    for insert to authenticated
    with check ((select auth.has_scope('chat:write')));

create policy messages_scope_update on public.messages
    as restrictive
    for update to authenticated
    using ((select auth.has_scope('chat:write')));

create policy messages_scope_delete on public.messages
    as restrictive
    for delete to authenticated
    using ((select auth.has_scope('chat:write')));


create policy user_preferences_scope_select on public.user_preferences
    as restrictive
    for select to authenticated
    using ((select auth.has_scope('users:read')));

create policy user_preferences_scope_update on public.user_preferences
    as restrictive
    for update to authenticated
    using ((select auth.has_scope('users:write')));


create policy api_keys_scope_select on public.api_keys
    as restrictive
    for select to authenticated
    using ((select auth.has_scope('api_keys:read')));

create policy api_keys_scope_update on public.api_keys
    as restrictive
    for update to authenticated
    using ((select auth.has_scope('api_keys:write')));


create policy audit_logs_scope_select on public.audit_logs
    as restrictive
    for select to authenticated
    using ((select auth.has_scope('audit_logs:read')));


-- Functions that run as the owner ask for themselves.

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

    if not auth.has_scope(case kind when 'sessions' then 'chat' else kind end || ':write') then
        return false;
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
                and auth.has_scope('documents:write')
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

    if not auth.has_scope('api_keys:write') then
        raise exception 'a key makes no keys'
            using
                errcode = 'insufficient_privilege',
                hint = 'Sign in to make one.';
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
    where (select auth.has_scope('usage:read'))
        and (
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
    where (select auth.has_scope('usage:read'))
        and (
            u.tenant_id = any ((select public.readable_tenant_ids())::uuid[])
            or (select public.caller_is_trusted())
        )
    order by u.tenant_id;
end
$$;
