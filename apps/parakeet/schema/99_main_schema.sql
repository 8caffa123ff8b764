-- The main schema: the whole catalog of parakeet in one file.
--
-- For a database that takes SQL but no migrations, such as one behind a web SQL editor. Run either
-- this file, or the seven numbered ones in their order; both build what the migrations build. This
-- one is those seven, unchanged, under a heading each:
--
--   00_functions_and_triggers.sql     shared functions, who may enter the schema
--   01_users.sql                      accounts and their approval
--   02_interview_sessions.sql         interviews and what was said in them
--   03_user_settings.sql              settings, made with each account
--   04_billing_subscriptions.sql      plan and credits, made with each account
--   05_audit_logs.sql                 the audit trail and the triggers that write it
--   06_waiting_list.sql               who lets accounts in
--
-- It is plain SQL, without commands of psql, for an empty database that has the roles anon,
-- authenticated and service_role and the functions auth.uid() and auth.jwt(). Run it in one
-- transaction: then it is there whole or not at all. Where tenantry serves the database, do not run
-- it: there the migrations do this, and keep a record of it.


-- ===================================================================================================
-- 00_functions_and_triggers.sql
-- ===================================================================================================

-- Shared functions and triggers: what every later file stands on.
--
-- Who may enter the schema, how `updated_at` is kept, and how a trigger learns from where a request
-- came. Expected to be there already: the roles anon, authenticated and service_role, the functions
-- auth.uid() and auth.jwt(). The files of schema/ and the up-migrations are the same text.

-- Analysts read without row security, and only the columns that the later files grant. tenantry
-- makes the role before this runs; elsewhere, as on Supabase, it is made here, without login.
do $$
begin
    if not exists (select from pg_roles where rolname = 'parakeet_analyst') then
        create role parakeet_analyst nologin;
    end if;
end
$$;

grant usage on schema public to anon, authenticated, service_role, parakeet_analyst;


-- A statement that names updated_at itself keeps its value (imports, demo data). People cannot: the
-- column is granted to nobody but the service.
create function public.update_updated_at()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
    if new.updated_at is not distinct from old.updated_at then
        new.updated_at := now();
    end if;
    return new;
end
$$;

comment on function public.update_updated_at() is
    'Stamps updated_at unless the statement sets it.';


-- The server writes the peer's address over x-forwarded-for, unless the peer is a proxy that it
-- trusts. What is missing or no address must not make a write fail, so it becomes null.
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

comment on function public.request_ip_address() is
    'The address of the current request''s caller; null outside a request.';


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

comment on function public.request_user_agent() is
    'What the current request''s client calls itself, cut at 1000 characters; null outside a request.';


-- Triggers fire without this right; nobody else has a reason to call these.
revoke execute on function public.update_updated_at() from public;
revoke execute on function public.request_ip_address() from public;
revoke execute on function public.request_user_agent() from public;

-- ===================================================================================================
-- 01_users.sql
-- ===================================================================================================

-- Users: one row per account, and whether an administrator has let it in.
--
-- The id is the one of auth.users; the identity binding keeps both rows equal. A new account waits
-- with approved = false, and signing in is refused until the service sets it.

create table public.users (
    -- Random ids, here and in the other tables: uuidv7() would need PostgreSQL 18.
    id uuid not null default gen_random_uuid(),
    email varchar(255) not null,
    name varchar(200) not null,
    password_hash varchar(255) not null,
    approved boolean not null default false,
    approved_at timestamptz,
    approved_by uuid,
    last_login timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint users_pkey primary key (id),
    constraint users_email_key unique (email),
    constraint users_approved_by_fkey foreign key (approved_by)
        references public.users (id)
        on delete set null,
    constraint users_email_check check (email ~ '^[^@[:space:]]+@[^@[:space:]]+$'),
    constraint users_name_check check (btrim(name) <> ''),
    constraint users_password_hash_check check (password_hash <> ''),
    constraint users_approval_check check (
        approved = (approved_at is not null)
        and (approved or approved_by is null)
    )
);

-- Ada@example.org and ada@example.org reach the same mailbox, so they are one account.
create unique index users_email_lower_key on public.users (lower(email));
create index idx_users_approved_by on public.users (approved_by);
-- The administrator's queue: who has been waiting longest.
create index idx_users_awaiting_approval on public.users (created_at) where not approved;

comment on table public.users is
    'One row per account, with the id of auth.users.';
comment on column public.users.password_hash is
    'bcrypt; ''!'' where the account has no password. Readable by the service only.';
comment on column public.users.approved is
    'Whether an administrator has let the account in. Written by the service only.';
comment on column public.users.approved_at is
    'Since when; stamped when approved becomes true, cleared when it becomes false.';
comment on column public.users.approved_by is
    'Which administrator did it; null where a service did, or where that account is gone.';


create function public.stamp_approval()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
    if new.approved then
        new.approved_at := coalesce(new.approved_at, now());
    else
        new.approved_at := null;
        new.approved_by := null;
    end if;
    return new;
end
$$;

comment on function public.stamp_approval() is
    'Keeps the time and the author of an approval in step with it.';

revoke execute on function public.stamp_approval() from public;

create trigger stamp_users_approval
    before insert or update on public.users
    for each row execute function public.stamp_approval();

create trigger update_users_updated_at
    before update on public.users
    for each row execute function public.update_updated_at();


-- A person reads itself, without the password's hash, and may change its name. The address and the
-- password change through the auth API; approval is not a person's own to give.
alter table public.users enable row level security;
alter table public.users force row level security;

grant
    select (id, email, name, approved, approved_at, approved_by, last_login, created_at, updated_at),
    update (name)
    on public.users
    to authenticated;
grant select, insert, update, delete on public.users to service_role;
grant
    select (id, email, name, approved, approved_at, approved_by, last_login, created_at, updated_at)
    on public.users
    to parakeet_analyst;

create policy users_select_own on public.users
    for select to authenticated
    using (id = (select auth.uid()));

create policy users_update_own on public.users
    for update to authenticated
    using (id = (select auth.uid()))
    with check (id = (select auth.uid()));

-- ===================================================================================================
-- 02_interview_sessions.sql
-- ===================================================================================================

-- Interview sessions: interviews, planned, running and past, and what was said in them.
--
-- An interview session is an interview, never a login. People manage their own; how much help of
-- the model an interview has used is metered, so only the service writes that.

create table public.interview_sessions (
    id uuid not null default gen_random_uuid(),
    user_id uuid not null,
    session_type varchar(50) not null default 'live',
    interview_kind varchar(50),
    company varchar(255),
    position varchar(255),
    status varchar(20) not null default 'scheduled',
    ai_usage jsonb not null default '{}',
    job_description text,
    language varchar(10),
    started_at timestamptz,
    ended_at timestamptz,
    summary jsonb,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint interview_sessions_pkey primary key (id),
    -- So that a message can name the interview together with its owner.
    constraint interview_sessions_id_user_id_key unique (id, user_id),
    constraint interview_sessions_user_id_fkey foreign key (user_id)
        references public.users (id)
        on delete cascade,
    constraint interview_sessions_session_type_check check (session_type in ('live', 'mock')),
    constraint interview_sessions_interview_kind_check check (
        interview_kind in ('behavioural', 'technical', 'system_design', 'coding', 'case', 'general')
    ),
    constraint interview_sessions_status_check check (
        status in ('scheduled', 'active', 'paused', 'completed', 'cancelled')
    ),
    -- Further keys are free; these five are sums, so they are numbers and never negative.
    constraint interview_sessions_ai_usage_check check (
        jsonb_typeof(ai_usage) = 'object'
        and not jsonb_path_exists(
            ai_usage,
            '$.keyvalue() ? (
                @.key like_regex "^(calls|input_tokens|output_tokens|seconds|cost)$"
                && (@.value.type() != "number" || @.value < 0)
            )',
            '{}',
            true
        )
    ),
    constraint interview_sessions_job_description_check check (char_length(job_description) <= 50000),
    constraint interview_sessions_language_check check (language ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$'),
    constraint interview_sessions_ended_at_check check (ended_at >= started_at),
    constraint interview_sessions_summary_check check (
        jsonb_typeof(summary) = 'object'
        and char_length(summary::text) <= 100000
    )
);

create index idx_interview_sessions_user_id on public.interview_sessions (user_id, created_at desc);
create index idx_interview_sessions_status on public.interview_sessions (status);

comment on table public.interview_sessions is
    'One row per interview. Login sessions are auth.sessions.';
comment on column public.interview_sessions.session_type is
    'live: with a real employer; mock: for practice.';
comment on column public.interview_sessions.interview_kind is
    'What the interview is about: behavioural, technical, system_design, coding, case or general.';
comment on column public.interview_sessions.ai_usage is
    'Sums of the meter: {calls, input_tokens, output_tokens, seconds, cost in USD}. Written by the service only.';
comment on column public.interview_sessions.language is
    'The language of the help, such as en or pt-BR.';
comment on column public.interview_sessions.summary is
    'What was made of the interview afterwards: strengths, gaps, a score.';


create table public.interview_messages (
    id uuid not null default gen_random_uuid(),
    interview_session_id uuid not null,
    user_id uuid not null,
    turn_number integer not null,
    role varchar(20) not null,
    content text not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint interview_messages_pkey primary key (id),
    constraint interview_messages_turn_number_key unique (interview_session_id, user_id, turn_number),
    -- The owner stands here too, so that row security needs no second table; this keeps it true.
    constraint interview_messages_interview_session_id_fkey foreign key (interview_session_id, user_id)
        references public.interview_sessions (id, user_id)
        on update cascade
        on delete cascade,
    constraint interview_messages_turn_number_check check (turn_number >= 1),
    constraint interview_messages_role_check check (role in ('interviewer', 'candidate', 'assistant')),
    constraint interview_messages_content_check check (
        btrim(content) <> ''
        and char_length(content) <= 100000
    )
);

create index idx_interview_messages_user_id on public.interview_messages (user_id, created_at desc);

comment on table public.interview_messages is
    'The turns of an interview: the question, what the candidate said, what the assistant suggested.';
comment on column public.interview_messages.user_id is
    'The interview''s owner; filled in from it.';
comment on column public.interview_messages.turn_number is
    'Counts from 1 within the interview; the next free one is filled in.';
comment on column public.interview_messages.role is
    'Who speaks: interviewer, candidate or assistant.';


-- Fills in owner and number, as the caller: whoever does not see the interview finds no owner and
-- is turned away by the policy. The lock lets two turns at the same moment get two numbers.
create function public.complete_interview_message()
returns trigger
language plpgsql
set search_path = ''
as $$
declare
    owner uuid;
begin
    if new.user_id is not null and new.turn_number is not null then
        return new;
    end if;

    select s.user_id
    into owner
    from public.interview_sessions s
    where s.id = new.interview_session_id
    for no key update;

    new.user_id := coalesce(new.user_id, owner);
    new.turn_number := coalesce(
        new.turn_number,
        (
            select max(m.turn_number) + 1
            from public.interview_messages m
            where m.interview_session_id = new.interview_session_id
        ),
        1
    );
    return new;
end
$$;

comment on function public.complete_interview_message() is
    'Fills in an interview message''s owner and turn number where they are missing.';

revoke execute on function public.complete_interview_message() from public;

create trigger complete_interview_messages
    before insert on public.interview_messages
    for each row execute function public.complete_interview_message();

create trigger update_interview_sessions_updated_at
    before update on public.interview_sessions
    for each row execute function public.update_updated_at();

create trigger update_interview_messages_updated_at
    before update on public.interview_messages
    for each row execute function public.update_updated_at();


-- People manage their own interviews and turns, but neither hand them to somebody else (user_id is
-- not theirs to update) nor write what the meter writes (ai_usage).
alter table public.interview_sessions enable row level security;
alter table public.interview_sessions force row level security;
alter table public.interview_messages enable row level security;
alter table public.interview_messages force row level security;

grant
    select,
    insert (
        id, user_id, session_type, interview_kind, company, position, status,
        job_description, language, started_at, ended_at, summary
    ),
    update (
        session_type, interview_kind, company, position, status,
        job_description, language, started_at, ended_at, summary
    ),
    delete
    on public.interview_sessions
    to authenticated;
grant
    select,
    insert (id, interview_session_id, user_id, turn_number, role, content),
    update (role, content),
    delete
    on public.interview_messages
    to authenticated;
grant select, insert, update, delete
    on public.interview_sessions, public.interview_messages
    to service_role;
-- Analysts count interviews; what people wrote and said in them is not theirs to read.
grant
    select (
        id, user_id, session_type, interview_kind, company, position, status, ai_usage,
        language, started_at, ended_at, created_at, updated_at
    )
    on public.interview_sessions
    to parakeet_analyst;
grant
    select (id, interview_session_id, user_id, turn_number, role, created_at, updated_at)
    on public.interview_messages
    to parakeet_analyst;

create policy interview_sessions_select_own on public.interview_sessions
    for select to authenticated
    using (user_id = (select auth.uid()));

create policy interview_sessions_insert_own on public.interview_sessions
    for insert to authenticated
    with check (user_id = (select auth.uid()));

create policy interview_sessions_update_own on public.interview_sessions
    for update to authenticated
    using (user_id = (select auth.uid()))
    with check (user_id = (select auth.uid()));

create policy interview_sessions_delete_own on public.interview_sessions
    for delete to authenticated
    using (user_id = (select auth.uid()));

create policy interview_messages_select_own on public.interview_messages
    for select to authenticated
    using (user_id = (select auth.uid()));

create policy interview_messages_insert_own on public.interview_messages
    for insert to authenticated
    with check (user_id = (select auth.uid()));

create policy interview_messages_update_own on public.interview_messages
    for update to authenticated
    using (user_id = (select auth.uid()))
    with check (user_id = (select auth.uid()));

create policy interview_messages_delete_own on public.interview_messages
    for delete to authenticated
    using (user_id = (select auth.uid()));

-- ===================================================================================================
-- 03_user_settings.sql
-- ===================================================================================================

-- User settings: what a person has chosen about notifications, privacy and the application.
--
-- Every account has exactly one row, made together with it, so that nobody has to ask whether there
-- is one. The keys inside the three objects belong to the application.

create table public.user_settings (
    id uuid not null default gen_random_uuid(),
    user_id uuid not null,
    notifications jsonb not null default '{}',
    privacy jsonb not null default '{}',
    preferences jsonb not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint user_settings_pkey primary key (id),
    constraint user_settings_user_id_key unique (user_id),
    constraint user_settings_user_id_fkey foreign key (user_id)
        references public.users (id)
        on delete cascade,
    constraint user_settings_notifications_check check (
        jsonb_typeof(notifications) = 'object'
        and char_length(notifications::text) <= 20000
    ),
    constraint user_settings_privacy_check check (
        jsonb_typeof(privacy) = 'object'
        and char_length(privacy::text) <= 20000
    ),
    constraint user_settings_preferences_check check (
        jsonb_typeof(preferences) = 'object'
        and char_length(preferences::text) <= 20000
    )
);

comment on table public.user_settings is
    'One row per account, made with it.';
comment on column public.user_settings.notifications is
    'What to tell the person, and how.';
comment on column public.user_settings.privacy is
    'What may be kept and used.';
comment on column public.user_settings.preferences is
    'How the application looks and behaves.';


-- Definer, because whoever makes an account (sign-up, service, import) need not hold rights here.
create function public.create_user_settings()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    insert into public.user_settings (user_id)
    values (new.id)
    on conflict (user_id) do nothing;
    return null;
end
$$;

comment on function public.create_user_settings() is
    'Gives a new account its settings.';

revoke execute on function public.create_user_settings() from public;

create trigger create_users_settings
    after insert on public.users
    for each row execute function public.create_user_settings();

-- Accounts that were there before this table.
insert into public.user_settings (user_id)
select u.id
from public.users u
on conflict (user_id) do nothing;

create trigger update_user_settings_updated_at
    before update on public.user_settings
    for each row execute function public.update_updated_at();


-- People read and change their own; the row comes and goes with the account.
alter table public.user_settings enable row level security;
alter table public.user_settings force row level security;

grant
    select,
    update (notifications, privacy, preferences)
    on public.user_settings
    to authenticated;
grant select, insert, update, delete on public.user_settings to service_role;
grant
    select (id, user_id, notifications, privacy, preferences, created_at, updated_at)
    on public.user_settings
    to parakeet_analyst;

create policy user_settings_select_own on public.user_settings
    for select to authenticated
    using (user_id = (select auth.uid()));

create policy user_settings_update_own on public.user_settings
    for update to authenticated
    using (user_id = (select auth.uid()))
    with check (user_id = (select auth.uid()));

-- ===================================================================================================
-- 04_billing_subscriptions.sql
-- ===================================================================================================

-- Billing subscriptions: the plan of each account, what Stripe calls it, and the credits left.
--
-- Every account has exactly one row, made together with it: the free plan without credits. People
-- read theirs. Only the service writes, since a writable plan would be a free one.

create table public.billing_subscriptions (
    id uuid not null default gen_random_uuid(),
    user_id uuid not null,
    plan_type varchar(20) not null default 'free',
    status varchar(20) not null default 'active',
    credits_remaining integer not null default 0,
    stripe_customer_id varchar(255),
    stripe_subscription_id varchar(255),
    current_period_start timestamptz,
    current_period_end timestamptz,
    cancel_at_period_end boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint billing_subscriptions_pkey primary key (id),
    constraint billing_subscriptions_user_id_key unique (user_id),
    constraint billing_subscriptions_stripe_customer_id_key unique (stripe_customer_id),
    constraint billing_subscriptions_stripe_subscription_id_key unique (stripe_subscription_id),
    constraint billing_subscriptions_user_id_fkey foreign key (user_id)
        references public.users (id)
        on delete cascade,
    constraint billing_subscriptions_plan_type_check check (plan_type in ('free', 'pro', 'enterprise')),
    constraint billing_subscriptions_status_check check (
        status in ('trialing', 'active', 'past_due', 'canceled', 'incomplete', 'unpaid')
    ),
    constraint billing_subscriptions_credits_remaining_check check (credits_remaining >= 0),
    constraint billing_subscriptions_stripe_customer_id_check check (stripe_customer_id <> ''),
    constraint billing_subscriptions_stripe_subscription_id_check check (stripe_subscription_id <> ''),
    constraint billing_subscriptions_current_period_check check (current_period_end >= current_period_start)
);

comment on table public.billing_subscriptions is
    'One row per account, made with it: plan, Stripe''s ids, credits left.';
comment on column public.billing_subscriptions.status is
    'Stripe''s word for the subscription''s state.';
comment on column public.billing_subscriptions.credits_remaining is
    'A counter that never falls below zero. People cannot write it.';
comment on column public.billing_subscriptions.cancel_at_period_end is
    'Whether it ends with the paid period instead of renewing.';


create function public.create_billing_subscription()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    insert into public.billing_subscriptions (user_id)
    values (new.id)
    on conflict (user_id) do nothing;
    return null;
end
$$;

comment on function public.create_billing_subscription() is
    'Gives a new account the free plan, without credits.';

revoke execute on function public.create_billing_subscription() from public;

create trigger create_users_billing_subscription
    after insert on public.users
    for each row execute function public.create_billing_subscription();

-- Accounts that were there before this table.
insert into public.billing_subscriptions (user_id)
select u.id
from public.users u
on conflict (user_id) do nothing;

create trigger update_billing_subscriptions_updated_at
    before update on public.billing_subscriptions
    for each row execute function public.update_updated_at();


alter table public.billing_subscriptions enable row level security;
alter table public.billing_subscriptions force row level security;

grant select on public.billing_subscriptions to authenticated;
grant select, insert, update, delete on public.billing_subscriptions to service_role;
-- Plans and credits are for counting; Stripe's ids lead to a person's payments.
grant
    select (
        id, user_id, plan_type, status, credits_remaining,
        current_period_start, current_period_end, cancel_at_period_end, created_at, updated_at
    )
    on public.billing_subscriptions
    to parakeet_analyst;

create policy billing_subscriptions_select_own on public.billing_subscriptions
    for select to authenticated
    using (user_id = (select auth.uid()));

-- ===================================================================================================
-- 05_audit_logs.sql
-- ===================================================================================================

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


-- ===================================================================================================
-- Sample data
-- ===================================================================================================

-- An approved first user, to try things with: take the marks off and put a bcrypt hash of your own
-- in. Its settings and its free plan come with it. seeds/sample_admin.sql does the same and can be
-- run twice.
--
-- insert into users (email, name, password_hash, approved)
-- values ('admin@parakeetai.com', 'Admin User', '$2a$12$...', true);


-- ===================================================================================================
-- 06_waiting_list.sql
-- ===================================================================================================

-- The waiting list: administrators see who waits, let people in, turn them away, and take an
-- approval back.
--
-- An administrator is whom auth.is_admin() says. Every change goes through public.users, so the trail
-- has who did it, when and from where. Expected to be there when they are called: auth.is_admin(),
-- and the identity binding, which ends the login sessions of whoever loses the approval.

create function public.require_administrator()
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
    if auth.is_admin() is not true then
        raise exception 'only administrators do this'
            using errcode = 'insufficient_privilege';
    end if;
end
$$;

comment on function public.require_administrator() is
    'Refuses everybody but administrators.';


create function public.waiting_users()
returns table (id uuid, email text, name text, created_at timestamptz)
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
    perform public.require_administrator();
    return query
    select u.id, u.email::text, u.name::text, u.created_at
    from public.users u
    where not u.approved
    order by u.created_at, u.id;
end
$$;

comment on function public.waiting_users() is
    'The accounts that wait for approval, longest first. For administrators.';


create function public.approve_user(person uuid)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform public.require_administrator();
    update public.users
    set approved = true,
        approved_at = now(),
        approved_by = auth.uid()
    where id = person
    and not approved;
    return found;
end
$$;

comment on function public.approve_user(uuid) is
    'Lets a waiting account in; whether there was one. For administrators.';


-- Nothing hangs on an account that never got in, so it is deleted; what remains is the trail.
create function public.decline_user(person uuid)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform public.require_administrator();
    delete from public.users
    where id = person
    and not approved
    and last_login is null
    and id <> auth.uid();
    return found;
end
$$;

comment on function public.decline_user(uuid) is
    'Turns a waiting account away and deletes it; whether there was one. For administrators.';


create function public.withdraw_approval(person uuid)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
begin
    perform public.require_administrator();
    if person = auth.uid() then
        raise exception 'nobody withdraws their own approval'
            using errcode = 'insufficient_privilege';
    end if;
    update public.users
    set approved = false
    where id = person
    and approved;
    return found;
end
$$;

comment on function public.withdraw_approval(uuid) is
    'Puts somebody back on the waiting list; whether there was an approval. For administrators.';


revoke execute on function public.require_administrator() from public;
revoke execute on function public.waiting_users() from public;
revoke execute on function public.approve_user(uuid) from public;
revoke execute on function public.decline_user(uuid) from public;
revoke execute on function public.withdraw_approval(uuid) from public;
grant execute on function public.waiting_users() to authenticated;
grant execute on function public.approve_user(uuid) to authenticated;
grant execute on function public.decline_user(uuid) to authenticated;
grant execute on function public.withdraw_approval(uuid) to authenticated;
