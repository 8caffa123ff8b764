-- The audit trail: who changed what, when, from where, with the row before and after.
--
-- Rows are only ever added. There are no foreign keys, because the trail outlives the people,
-- tenants and rows that it tells of. What a chat says never enters it.

create table public.audit_logs (
    id uuid not null default gen_random_uuid(),
    tenant_id uuid,
    user_id uuid,
    actor_role varchar(63) not null,
    action varchar(10) not null,
    resource_type varchar(63) not null,
    resource_id uuid not null,
    old_values jsonb,
    new_values jsonb,
    ip_address inet,
    user_agent text,
    login_session_id uuid,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint audit_logs_pkey primary key (id),
    constraint audit_logs_action_check check (action in ('insert', 'update', 'delete')),
    constraint audit_logs_old_values_check check ((action = 'insert') = (old_values is null)),
    constraint audit_logs_new_values_check check ((action = 'delete') = (new_values is null)),
    constraint audit_logs_values_shape_check check (
        (old_values is null or jsonb_typeof(old_values) = 'object')
        and (new_values is null or jsonb_typeof(new_values) = 'object')
    ),
    constraint audit_logs_user_agent_check check (char_length(user_agent) <= 1000),
    constraint audit_logs_unchanged_check check (updated_at = created_at)
);

create index idx_audit_logs_tenant_id on public.audit_logs (tenant_id, created_at desc);
create index idx_audit_logs_user_id on public.audit_logs (user_id, created_at desc);
create index idx_audit_logs_resource on public.audit_logs (resource_type, resource_id, created_at desc);
-- For ranges of time. A b-tree would tempt the planner to walk everybody's newest entries in search
-- of one person's.
create index idx_audit_logs_created_at on public.audit_logs using brin (created_at);

comment on table public.audit_logs is 'Append-only record of every change to the application''s rows.';
comment on column public.audit_logs.user_id is 'Who did it; null where no person did (a service, a migration). No foreign key: the trail outlives people.';
comment on column public.audit_logs.actor_role is 'The database role that the statement ran as.';
comment on column public.audit_logs.login_session_id is 'The claim session_id of the access token, not a chat.';
comment on column public.audit_logs.updated_at is 'Equal to created_at: rows never change.';


-- The caller's address as the server writes it; null where it is missing or no address.
create function public.request_ip_address()
returns inet
language plpgsql
stable
set search_path = ''
as $$
declare
    headers text := nullif(current_setting('request.headers', true), '');
begin
    if headers is null then
        return null;
    end if;
    begin
        return nullif(btrim(split_part(headers::jsonb ->> 'x-forwarded-for', ',', 1)), '')::inet;
    exception
        when others then
            return null;
    end;
end
$$;

create function public.request_user_agent()
returns text
language plpgsql
stable
set search_path = ''
as $$
declare
    headers text := nullif(current_setting('request.headers', true), '');
begin
    if headers is null then
        return null;
    end if;
    begin
        return left(nullif(headers::jsonb ->> 'user-agent', ''), 1000);
    exception
        when others then
            return null;
    end;
end
$$;

-- Arguments: the name under which the row is recorded (a partition's own name would say nothing),
-- then the columns that stay out. An update that touches nothing but clocks leaves no entry.
create function public.write_audit_log()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
    clocks constant text[] := array['updated_at', 'last_login', 'last_used_at'];
    kept_out text[] := tg_argv[1:];
    before jsonb;
    after jsonb;
    subject jsonb;
begin
    if tg_op <> 'INSERT' then
        before := to_jsonb(old);
    end if;
    if tg_op <> 'DELETE' then
        after := to_jsonb(new);
    end if;
    if tg_op = 'UPDATE' and before - clocks = after - clocks then
        return null;
    end if;
    subject := coalesce(after, before);

    insert into public.audit_logs (
        tenant_id,
        user_id,
        actor_role,
        action,
        resource_type,
        resource_id,
        old_values,
        new_values,
        ip_address,
        user_agent,
        login_session_id
    )
    values (
        coalesce(
            (case when tg_argv[0] = 'tenants' then subject ->> 'id' else subject ->> 'tenant_id' end)::uuid,
            (select u.tenant_id from public.users u where u.id = (subject ->> 'user_id')::uuid)
        ),
        auth.uid(),
        coalesce(nullif(current_setting('role', true), 'none'), session_user),
        lower(tg_op),
        tg_argv[0],
        (subject ->> 'id')::uuid,
        before - kept_out,
        after - kept_out,
        public.request_ip_address(),
        public.request_user_agent(),
        auth.session_id()
    );
    return null;
end
$$;

create function public.refuse_audit_change()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
    raise exception 'the audit trail is append-only'
        using errcode = 'insufficient_privilege';
end
$$;

revoke execute on function public.request_ip_address() from public;
revoke execute on function public.request_user_agent() from public;
revoke execute on function public.write_audit_log() from public;
revoke execute on function public.refuse_audit_change() from public;

create trigger refuse_audit_logs_change
    before update or delete on public.audit_logs
    for each row execute function public.refuse_audit_change();

create trigger refuse_audit_logs_truncate
    before truncate on public.audit_logs
    for each statement execute function public.refuse_audit_change();

create trigger audit_tenants
    after insert or update or delete on public.tenants
    for each row execute function public.write_audit_log('tenants');

create trigger audit_users
    after insert or update or delete on public.users
    for each row execute function public.write_audit_log('users');

create trigger audit_documents
    after insert or update or delete on public.documents
    for each row execute function public.write_audit_log('documents');

create trigger audit_social_links
    after insert or update or delete on public.social_links
    for each row execute function public.write_audit_log('social_links');

create trigger audit_sessions
    after insert or update or delete on public.sessions
    for each row execute function public.write_audit_log('sessions', 'title');

create trigger audit_messages
    after insert or update or delete on public.messages
    for each row execute function public.write_audit_log('messages', 'content');


alter table public.audit_logs enable row level security;
alter table public.audit_logs force row level security;

grant select on public.audit_logs to authenticated;
grant select, insert on public.audit_logs to service_role;
grant
    select (
        id, tenant_id, user_id, actor_role, action, resource_type, resource_id,
        login_session_id, created_at, updated_at
    )
    on public.audit_logs
    to mnfst_analyst;

-- The tenants whose trail the caller may read: an administrator's own; for a superadmin all that
-- there are and all that there were.
create function public.auditable_tenant_ids()
returns uuid[]
language plpgsql
stable
parallel safe
security definer
set search_path = ''
as $$
begin
    case public.current_user_role()
        when 'superadmin' then
            return array(
                select t.id
                from public.tenants t
                union
                select a.resource_id
                from public.audit_logs a
                where a.resource_type = 'tenants'
                    and a.action = 'delete'
            );
        when 'tenant_admin' then
            return array_remove(array[auth.tenant_id()], null);
        else
            return '{}';
    end case;
end
$$;

comment on function public.auditable_tenant_ids() is 'The tenants whose trail the caller may read; empty for anybody but administrators.';

revoke execute on function public.auditable_tenant_ids() from public;
grant execute on function public.auditable_tenant_ids() to authenticated;

-- A person sees what it did; administrators see their tenant's trail, superadmins all of it, but
-- neither learns from it who chats when, or how a person set up its account.
create policy audit_logs_select_own on public.audit_logs
    for select to authenticated
    using (user_id = (select auth.uid() where public.current_user_role() is not null));

create policy audit_logs_select_admin on public.audit_logs
    for select to authenticated
    using (
        tenant_id = any ((select public.auditable_tenant_ids())::uuid[])
        and resource_type not in ('sessions', 'messages', 'user_preferences')
    );

-- Rows without a tenant tell of superadmins.
create policy audit_logs_select_superadmin on public.audit_logs
    for select to authenticated
    using (tenant_id is null and (select public.current_user_role()) = 'superadmin');
