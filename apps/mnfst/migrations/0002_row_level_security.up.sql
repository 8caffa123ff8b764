-- Who may do what: helper functions, rights per verb and column, policies, and the three rules that
-- hold for everybody, whatever their rights (document workflow, last administrator, hand-over).
--
-- Conditions are written so that one index scan answers them: each compares an indexed column with
-- a sub-select that PostgreSQL runs once per statement. Where a caller lacks the role the sub-select
-- is null, and null admits nothing.

-- The caller's role in the application; null for somebody who is not (or no longer) a member.
-- SECURITY DEFINER because the policies of users themselves ask it.
create function public.current_user_role()
returns text
language plpgsql
stable
parallel safe
security definer
set search_path = ''
as $$
begin
    return (
        select u.role
        from public.users u
        where u.id = auth.uid()
    );
end
$$;

comment on function public.current_user_role() is 'superadmin, tenant_admin, user; null for a caller who is no member.';

-- The tenants whose common rows the caller may read: all of them for a superadmin, else its own.
create function public.readable_tenant_ids()
returns uuid[]
language plpgsql
stable
parallel safe
security definer
set search_path = ''
as $$
begin
    if public.current_user_role() = 'superadmin' then
        return array(select t.id from public.tenants t);
    end if;
    return array_remove(array[auth.tenant_id()], null);
end
$$;

comment on function public.readable_tenant_ids() is 'The tenants whose common rows the caller may read; empty for nobody.';

-- Whether the statement comes from service_role, from the owner or from a superuser. Inside a
-- definer function current_user is the owner, so the role that was set is asked for.
create function public.caller_is_trusted()
returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
    caller text := coalesce(nullif(current_setting('role', true), 'none'), session_user);
begin
    return caller = 'service_role' or pg_has_role(caller, current_user, 'usage');
end
$$;

comment on function public.caller_is_trusted() is 'True for service_role, the owner and superusers; used inside definer functions.';

revoke execute on function public.current_user_role() from public;
revoke execute on function public.readable_tenant_ids() from public;
revoke execute on function public.caller_is_trusted() from public;
grant execute on function public.current_user_role() to authenticated, service_role;
grant execute on function public.readable_tenant_ids() to authenticated;


-- tenants: members read theirs, its administrators rename it, superadmins read all and add more.

grant select, insert (id, name, slug), update (name) on public.tenants to authenticated;

create policy tenants_select on public.tenants
    for select to authenticated
    using (id = any ((select public.readable_tenant_ids())::uuid[]));

create policy tenants_insert_superadmin on public.tenants
    for insert to authenticated
    with check ((select public.current_user_role()) = 'superadmin');

create policy tenants_update_tenant_admin on public.tenants
    for update to authenticated
    using (id = (select auth.tenant_id() where public.current_user_role() = 'tenant_admin'))
    with check (id = (select auth.tenant_id() where public.current_user_role() = 'tenant_admin'));

create policy tenants_update_superadmin on public.tenants
    for update to authenticated
    using (id = any ((select public.readable_tenant_ids() where public.current_user_role() = 'superadmin')::uuid[]))
    with check (id = any ((select public.readable_tenant_ids() where public.current_user_role() = 'superadmin')::uuid[]));


-- users: a person reads and renames itself; a tenant_admin reads its people and changes their names
-- and roles; a superadmin reads everybody. Nobody inserts here: people come by invitation through
-- auth. Address and tenant are in no column list at all.

grant select, update (name, role) on public.users to authenticated;

create policy users_select_own on public.users
    for select to authenticated
    using (id = (select auth.uid() where public.current_user_role() is not null));

create policy users_select_admin on public.users
    for select to authenticated
    using (
        tenant_id = any (
            (select public.readable_tenant_ids() where public.current_user_role() in ('tenant_admin', 'superadmin'))::uuid[]
        )
    );

create policy users_select_superadmins on public.users
    for select to authenticated
    using (tenant_id is null and (select public.current_user_role()) = 'superadmin');

-- The role that is written has to be the one the person has: nobody promotes itself.
create policy users_update_own on public.users
    for update to authenticated
    using (id = (select auth.uid() where public.current_user_role() is not null))
    with check (
        id = (select auth.uid())
        and role = (select public.current_user_role())
    );

create policy users_update_tenant_admin on public.users
    for update to authenticated
    using (tenant_id = (select auth.tenant_id() where public.current_user_role() = 'tenant_admin'))
    with check (
        tenant_id = (select auth.tenant_id() where public.current_user_role() = 'tenant_admin')
        and role in ('tenant_admin', 'user')
    );


-- documents: read by the whole tenant, written by their owner, deleted by the owner or a
-- tenant_admin. Status and error are writable because processing runs as the person who asked for
-- it; the workflow below decides which changes are possible.

grant
    select,
    insert (id, filename, original_name, size, mime_type, tenant_id, user_id),
    update (original_name, status, error),
    delete
    on public.documents
    to authenticated;

create policy documents_select on public.documents
    for select to authenticated
    using (tenant_id = any ((select public.readable_tenant_ids())::uuid[]));

create policy documents_insert_own on public.documents
    for insert to authenticated
    with check (
        user_id = (select auth.uid())
        and tenant_id = (select auth.tenant_id())
    );

create policy documents_update_own on public.documents
    for update to authenticated
    using (
        user_id = (select auth.uid())
        and tenant_id = (select auth.tenant_id())
    )
    with check (
        user_id = (select auth.uid())
        and tenant_id = (select auth.tenant_id())
    );

create policy documents_delete_own on public.documents
    for delete to authenticated
    using (
        user_id = (select auth.uid())
        and tenant_id = (select auth.tenant_id())
    );

create policy documents_delete_tenant_admin on public.documents
    for delete to authenticated
    using (tenant_id = (select auth.tenant_id() where public.current_user_role() = 'tenant_admin'));


-- social links: read by the whole tenant, kept by its administrators.

grant
    select,
    insert (id, url, platform, tenant_id),
    update (url, platform),
    delete
    on public.social_links
    to authenticated;

create policy social_links_select on public.social_links
    for select to authenticated
    using (tenant_id = any ((select public.readable_tenant_ids())::uuid[]));

create policy social_links_insert_tenant_admin on public.social_links
    for insert to authenticated
    with check (tenant_id = (select auth.tenant_id() where public.current_user_role() = 'tenant_admin'));

create policy social_links_update_tenant_admin on public.social_links
    for update to authenticated
    using (tenant_id = (select auth.tenant_id() where public.current_user_role() = 'tenant_admin'))
    with check (tenant_id = (select auth.tenant_id() where public.current_user_role() = 'tenant_admin'));

create policy social_links_delete_tenant_admin on public.social_links
    for delete to authenticated
    using (tenant_id = (select auth.tenant_id() where public.current_user_role() = 'tenant_admin'));


-- sessions and messages: the person's own, and nobody else's, administrators included. (A superadmin
-- has no tenant and therefore no chats.)

grant
    select,
    insert (id, title, user_id),
    update (title),
    delete
    on public.sessions
    to authenticated;

create policy sessions_select_own on public.sessions
    for select to authenticated
    using (
        user_id = (select auth.uid())
        and tenant_id = (select auth.tenant_id())
    );

create policy sessions_insert_own on public.sessions
    for insert to authenticated
    with check (
        user_id = (select auth.uid())
        and tenant_id = (select auth.tenant_id())
    );

create policy sessions_update_own on public.sessions
    for update to authenticated
    using (
        user_id = (select auth.uid())
        and tenant_id = (select auth.tenant_id())
    )
    with check (
        user_id = (select auth.uid())
        and tenant_id = (select auth.tenant_id())
    );

create policy sessions_delete_own on public.sessions
    for delete to authenticated
    using (
        user_id = (select auth.uid())
        and tenant_id = (select auth.tenant_id())
    );

grant
    select,
    insert (id, session_id, content, role),
    update (content),
    delete
    on public.messages
    to authenticated;

create policy messages_select_own on public.messages
    for select to authenticated
    using (session_id = any (array(select s.id from public.sessions s where s.user_id = (select auth.uid()))));

-- What the assistant says is written by service_role only.
create policy messages_insert_own on public.messages
    for insert to authenticated
    with check (
        role = 'user'
        and session_id = any (array(select s.id from public.sessions s where s.user_id = (select auth.uid())))
    );

create policy messages_update_own on public.messages
    for update to authenticated
    using (
        role = 'user'
        and session_id = any (array(select s.id from public.sessions s where s.user_id = (select auth.uid())))
    )
    with check (
        role = 'user'
        and session_id = any (array(select s.id from public.sessions s where s.user_id = (select auth.uid())))
    );

create policy messages_delete_own on public.messages
    for delete to authenticated
    using (session_id = any (array(select s.id from public.sessions s where s.user_id = (select auth.uid()))));


-- The document workflow. A document begins as uploaded and never returns there:
--   uploaded -> processing -> processed | error, error -> processing, processed -> processing.
create function public.enforce_document_status()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
    if (old.status, new.status) not in (
        ('uploaded', 'processing'),
        ('processing', 'processed'),
        ('processing', 'error'),
        ('error', 'processing'),
        ('processed', 'processing')
    ) then
        raise exception 'a document cannot go from % to %', old.status, new.status
            using
                errcode = 'check_violation',
                hint = 'uploaded -> processing -> processed or error; error or processed -> processing',
                schema = 'public',
                table = 'documents',
                column = 'status',
                constraint = 'documents_status_workflow';
    end if;

    if new.status <> 'error' then
        new.error := null;
    end if;
    if new.status = 'processed' and new.processed_at is not distinct from old.processed_at then
        new.processed_at := now();
    end if;
    return new;
end
$$;

create trigger enforce_document_status
    before update of status on public.documents
    for each row
    when (old.status is distinct from new.status)
    execute function public.enforce_document_status();


-- A tenant keeps at least one administrator. Locking the tenant makes two administrators who demote
-- each other wait for one another. When the tenant itself goes its row is gone already, and all may follow.
create function public.keep_last_tenant_admin()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    if tg_op = 'UPDATE' and new.role = 'tenant_admin' and new.tenant_id = old.tenant_id then
        return new;
    end if;

    perform 1
    from public.tenants t
    where t.id = old.tenant_id
    for no key update;

    if found and not exists (
        select
        from public.users u
        where u.tenant_id = old.tenant_id
            and u.role = 'tenant_admin'
            and u.id <> old.id
    ) then
        raise exception 'the last administrator of a tenant can be neither demoted nor removed'
            using
                errcode = 'check_violation',
                hint = 'Make somebody else tenant_admin first.',
                schema = 'public',
                table = 'users',
                constraint = 'users_last_tenant_admin';
    end if;

    return case when tg_op = 'DELETE' then old else new end;
end
$$;

create trigger keep_last_tenant_admin
    before update or delete on public.users
    for each row
    when (old.role = 'tenant_admin')
    execute function public.keep_last_tenant_admin();


-- Documents are the tenant's. When their owner is deleted they pass to the tenant's eldest other
-- administrator; where there is none, the foreign key refuses the deletion.
create function public.pass_on_documents()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
    heir uuid;
begin
    if exists (select from public.tenants t where t.id = old.tenant_id) then
        select u.id
        into heir
        from public.users u
        where u.tenant_id = old.tenant_id
            and u.role = 'tenant_admin'
            and u.id <> old.id
        order by u.created_at, u.id
        limit 1;

        if heir is not null then
            update public.documents
            set user_id = heir
            where user_id = old.id;
        end if;
    end if;
    return old;
end
$$;

create trigger pass_on_documents
    before delete on public.users
    for each row execute function public.pass_on_documents();

-- The same on purpose: a tenant_admin gives one person's documents to another of the tenant.
create function public.hand_over_documents(from_user uuid, to_user uuid)
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

comment on function public.hand_over_documents(uuid, uuid) is 'Gives one person''s documents to another of the same tenant; returns how many.';

revoke execute on function public.enforce_document_status() from public;
revoke execute on function public.keep_last_tenant_admin() from public;
revoke execute on function public.pass_on_documents() from public;
revoke execute on function public.hand_over_documents(uuid, uuid) from public;
grant execute on function public.hand_over_documents(uuid, uuid) to authenticated, service_role;
