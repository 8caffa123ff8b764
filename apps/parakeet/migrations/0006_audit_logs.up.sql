-- Audit logs: who changed what and when, from where, with the row before and after.
--
-- Triggers on every other table write it; the service may add events of its own. Rows are only ever
-- added. One thing about them may change: when an account is deleted, its entries forget who.

create table public.audit_logs (
    id uuid not null default gen_random_uuid(),
    user_id uuid,
    action varchar(50) not null,
    resource_type varchar(50) not null,
    resource_id uuid,
    old_values jsonb,
    new_values jsonb,
    ip_address inet,
    user_agent text,
    session_id uuid,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint audit_logs_pkey primary key (id),
    constraint audit_logs_user_id_fkey foreign key (user_id)
        references public.users (id)
        on delete set null,
    -- The triggers' three words, and whatever the service calls its events (sign_in, export.started).
    constraint audit_logs_action_check check (action ~ '^[a-z][a-z0-9_.:-]*$'),
    constraint audit_logs_resource_type_check check (resource_type ~ '^[a-z][a-z0-9_.:-]*$'),
    constraint audit_logs_old_values_check check (jsonb_typeof(old_values) = 'object'),
    constraint audit_logs_new_values_check check (jsonb_typeof(new_values) = 'object'),
    constraint audit_logs_change_check check (
        case action
            when 'insert' then old_values is null and new_values is not null
            when 'update' then old_values is not null and new_values is not null
            when 'delete' then old_values is not null and new_values is null
            else true
        end
    ),
    constraint audit_logs_user_agent_check check (char_length(user_agent) <= 1000),
    constraint audit_logs_updated_at_check check (updated_at = created_at)
);

create index idx_audit_logs_user_id on public.audit_logs (user_id, created_at desc);
create index idx_audit_logs_resource on public.audit_logs (resource_type, resource_id);
create index idx_audit_logs_created_at on public.audit_logs (created_at desc);

comment on table public.audit_logs is
    'Append-only record of every change to the application''s rows.';
comment on column public.audit_logs.user_id is
    'Who did it; null where no person did (sign-up, service, import), or where that account is gone.';
comment on column public.audit_logs.action is
    'insert, update or delete, or the service''s name for an event.';
comment on column public.audit_logs.resource_type is
    'The table whose row changed.';
comment on column public.audit_logs.session_id is
    'The login session, from the claim session_id; not an interview. No foreign key: the trail outlives logins.';
comment on column public.audit_logs.updated_at is
    'Equal to created_at: entries do not change.';


-- Arguments: the columns that stay out of the trail. Definer, because nobody who changes a row
-- holds the right to write here.
create function public.write_audit_log()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
    -- Null where the trigger has no arguments.
    kept_out constant text[] := coalesce(tg_argv, '{}');
    old_row jsonb;
    new_row jsonb;
    caller uuid;
    actor uuid;
    login_session uuid;
begin
    if tg_op <> 'INSERT' then
        old_row := to_jsonb(old);
    end if;
    if tg_op <> 'DELETE' then
        new_row := to_jsonb(new);
    end if;
    -- A statement that left everything as it was is no change. A new password is one, although
    -- neither hash is kept.
    if tg_op = 'UPDATE' and old_row - 'updated_at' = new_row - 'updated_at' then
        return null;
    end if;

    -- Tokens of other issuers may name people and logins by something else than a UUID.
    begin
        caller := auth.uid();
        login_session := nullif(auth.jwt() ->> 'session_id', '')::uuid;
    exception
        when invalid_text_representation then
            null;
    end;

    -- Nobody who has no account here, or whose account this very statement deletes. The lock keeps
    -- an account that is there from going before this entry refers to it.
    if caller is not null then
        select u.id
        into actor
        from public.users u
        where u.id = caller
        for key share;
    end if;

    insert into public.audit_logs (
        user_id,
        action,
        resource_type,
        resource_id,
        old_values,
        new_values,
        ip_address,
        user_agent,
        session_id
    )
    values (
        actor,
        lower(tg_op),
        tg_table_name,
        (coalesce(new_row, old_row) ->> 'id')::uuid,
        old_row - kept_out,
        new_row - kept_out,
        public.request_ip_address(),
        public.request_user_agent(),
        login_session
    );
    return null;
end
$$;

comment on function public.write_audit_log() is
    'Records a change of a row: actor, address, agent, login session, the row before and after.';


-- The one change let through is the foreign key's own: the account is gone, so the entry forgets
-- it and keeps everything else.
create function public.refuse_audit_log_change()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
    if tg_op = 'UPDATE'
        and old.user_id is not null
        and new.user_id is null
        and to_jsonb(old) - 'user_id' = to_jsonb(new) - 'user_id'
        and not exists (select from public.users u where u.id = old.user_id)
    then
        return new;
    end if;
    raise exception 'the audit trail is append-only'
        using errcode = 'insufficient_privilege';
end
$$;

comment on function public.refuse_audit_log_change() is
    'Keeps the audit trail append-only, for its owner too.';

revoke execute on function public.write_audit_log() from public;
revoke execute on function public.refuse_audit_log_change() from public;

create trigger refuse_audit_logs_change
    before update or delete on public.audit_logs
    for each row execute function public.refuse_audit_log_change();

create trigger refuse_audit_logs_truncate
    before truncate on public.audit_logs
    for each statement execute function public.refuse_audit_log_change();

create trigger audit_users
    after insert or update or delete on public.users
    for each row execute function public.write_audit_log('password_hash');

create trigger audit_interview_sessions
    after insert or update or delete on public.interview_sessions
    for each row execute function public.write_audit_log();

-- That a turn was written, changed or deleted is on record; what was said goes with the interview.
create trigger audit_interview_messages
    after insert or update or delete on public.interview_messages
    for each row execute function public.write_audit_log('content');

create trigger audit_user_settings
    after insert or update or delete on public.user_settings
    for each row execute function public.write_audit_log();

create trigger audit_billing_subscriptions
    after insert or update or delete on public.billing_subscriptions
    for each row execute function public.write_audit_log();


-- People see what they did themselves. The service reads all and adds; nobody changes or deletes.
alter table public.audit_logs enable row level security;
alter table public.audit_logs force row level security;

grant select on public.audit_logs to authenticated;
grant select, insert on public.audit_logs to service_role;
grant
    select (id, user_id, action, resource_type, resource_id, session_id, created_at, updated_at)
    on public.audit_logs
    to parakeet_analyst;

create policy audit_logs_select_own on public.audit_logs
    for select to authenticated
    using (user_id = (select auth.uid()));
