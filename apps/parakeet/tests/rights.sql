-- Rights: who holds which verb on which column, where secrets are kept from, and what may be called.
--
-- Row security is the matter of policies.sql; here nobody ever gets as far as a row.


-- People and rows

select set_config('test.ann', pg_temp.person('ann@example.com')::text, true);
select set_config('test.bob', pg_temp.person('bob@example.com')::text, true);

update public.users
set approved = true, password_hash = '$2a$12$0123456789012345678901uJ'
where id in (current_setting('test.ann')::uuid, current_setting('test.bob')::uuid);

update public.billing_subscriptions
set stripe_customer_id = 'cus_ann', stripe_subscription_id = 'sub_ann'
where user_id = current_setting('test.ann')::uuid;

insert into public.interview_sessions (id, user_id, job_description, summary)
values ('00000000-0000-4000-8000-0000000000a1', current_setting('test.ann')::uuid, 'a secret job', '{"score": 1}');

insert into public.interview_messages (id, interview_session_id, role, content)
values ('00000000-0000-4000-8000-0000000000a2', '00000000-0000-4000-8000-0000000000a1', 'candidate', 'a secret');

-- Statistics hold values too.
analyze public.users, public.interview_sessions, public.interview_messages, public.billing_subscriptions;


-- The rights as a whole
--
-- What is given beyond DESIGN.md's table of roles and rights shows up here, whatever it is.

select pg_temp.expect_value(
    'whole tables are granted as documented, and to nobody else',
    $$select string_agg(line, E'\n' order by line collate "C")
      from (
          select format(
              '%s: %s %s',
              c.relname,
              case when a.grantee = 0 then 'public' else a.grantee::regrole::text end,
              string_agg(lower(a.privilege_type), ', ' order by a.privilege_type collate "C")
          ) as line
          from pg_class c
          cross join lateral aclexplode(c.relacl) a
          where c.relnamespace = 'public'::regnamespace
          and a.grantee <> c.relowner
          group by c.relname, a.grantee
      ) lines$$,
    'audit_logs: authenticated select
audit_logs: service_role insert, select
billing_subscriptions: authenticated select
billing_subscriptions: service_role delete, insert, select, update
interview_messages: authenticated delete, select
interview_messages: service_role delete, insert, select, update
interview_sessions: authenticated delete, select
interview_sessions: service_role delete, insert, select, update
user_settings: authenticated select
user_settings: service_role delete, insert, select, update
users: service_role delete, insert, select, update');

select pg_temp.expect_value(
    'single columns are granted as documented, and to nobody else',
    $$select string_agg(line, E'\n' order by line collate "C")
      from (
          select format(
              '%s: %s %s %s',
              c.relname,
              case when a.grantee = 0 then 'public' else a.grantee::regrole::text end,
              lower(a.privilege_type),
              string_agg(t.attname, ' ' order by t.attnum)
          ) as line
          from pg_class c
          join pg_attribute t on t.attrelid = c.oid and not t.attisdropped
          cross join lateral aclexplode(t.attacl) a
          where c.relnamespace = 'public'::regnamespace
          group by c.relname, a.grantee, a.privilege_type
      ) lines$$,
    'audit_logs: parakeet_analyst select id user_id action resource_type resource_id session_id created_at updated_at
billing_subscriptions: parakeet_analyst select id user_id plan_type status credits_remaining current_period_start current_period_end cancel_at_period_end created_at updated_at
interview_messages: authenticated insert id interview_session_id user_id turn_number role content
interview_messages: authenticated update role content
interview_messages: parakeet_analyst select id interview_session_id user_id turn_number role created_at updated_at
interview_sessions: authenticated insert id user_id session_type interview_kind company position status job_description language started_at ended_at summary
interview_sessions: authenticated update session_type interview_kind company position status job_description language started_at ended_at summary
interview_sessions: parakeet_analyst select id user_id session_type interview_kind company position status ai_usage language started_at ended_at created_at updated_at
user_settings: authenticated update notifications privacy preferences
user_settings: parakeet_analyst select id user_id notifications privacy preferences created_at updated_at
users: authenticated select id email name approved approved_at approved_by last_login created_at updated_at
users: authenticated update name
users: parakeet_analyst select id email name approved approved_at approved_by last_login created_at updated_at');

select pg_temp.expect_rows(
    'there is no view, materialized view, partition, foreign table or sequence to come in by',
    $$select from pg_class
      where relnamespace = 'public'::regnamespace
      and (relkind not in ('r', 'i') or relispartition)$$, 0);
select pg_temp.expect_rows(
    'every function''s rights are written down',
    $$select from pg_proc where pronamespace = 'public'::regnamespace and proacl is null$$, 0);
select pg_temp.expect_value(
    'four functions may be executed, by people who are signed in',
    $$select string_agg(format('%s: %s', proname, case when a.grantee = 0 then 'public' else a.grantee::regrole::text end), ', ' order by proname)
      from pg_proc p
      cross join lateral aclexplode(p.proacl) a
      where p.pronamespace = 'public'::regnamespace and a.grantee <> p.proowner$$,
    'approve_user: authenticated, decline_user: authenticated, waiting_users: authenticated, withdraw_approval: authenticated');
select pg_temp.expect_value(
    'seven functions run as their owner',
    $$select string_agg(proname, ', ' order by proname) from pg_proc
      where pronamespace = 'public'::regnamespace and prosecdef$$,
    'approve_user, create_billing_subscription, create_user_settings, decline_user, waiting_users, withdraw_approval, write_audit_log');
select pg_temp.expect_rows(
    'every function has an empty search path, so that no table of the caller''s comes first',
    $$select from pg_proc
      where pronamespace = 'public'::regnamespace
      and not coalesce(proconfig @> array['search_path=""'], false)$$, 0);
select pg_temp.expect_rows(
    'everything belongs to the application''s owner',
    $$select from pg_class
      where relnamespace = 'public'::regnamespace and relowner <> 'parakeet_owner'::regrole$$, 0);


-- users: a person's own row, but not the hash

select pg_temp.become('authenticated', current_setting('test.ann')::uuid);

select pg_temp.expect_rows(
    'ann reads every granted column of herself',
    $$select id, email, name, approved, approved_at, approved_by, last_login, created_at, updated_at
      from public.users$$, 1);
select pg_temp.expect_refused('ann does not read her hash', $$select password_hash from public.users$$, '42501');
select pg_temp.expect_refused('nor by a star', $$select * from public.users$$, '42501');
select pg_temp.expect_refused('nor as a whole row', $$select u from public.users u$$, '42501');
select pg_temp.expect_refused('nor as json', $$select to_jsonb(u) from public.users u$$, '42501');
select pg_temp.expect_refused('nor by comparing', $$select id from public.users where password_hash like '$2%'$$, '42501');
select pg_temp.expect_refused('nor by sorting', $$select id from public.users order by password_hash$$, '42501');
select pg_temp.expect_refused('nor by counting', $$select count(password_hash) from public.users$$, '42501');
select pg_temp.expect_refused(
    'nor from what an update returns', $$update public.users set name = 'Ann' returning password_hash$$, '42501');
select pg_temp.expect_refused(
    'nor by writing it into her name', $$update public.users set name = password_hash$$, '42501');
select pg_temp.expect_refused(
    'nor into her settings',
    $$update public.user_settings s set preferences = jsonb_build_object('hash', u.password_hash)
      from public.users u$$, '42501');
select pg_temp.expect_refused('nor from the statistics',
    $$select stavalues1 from pg_statistic$$, '42501');
select pg_temp.expect_rows(
    'nor from their readable form',
    $$select from pg_stats where schemaname = 'public' and tablename = 'users' and attname = 'password_hash'$$, 0);

select pg_temp.expect_refused(
    'ann does not write ' || name,
    format('update public.users set %I = default', name), '42501')
from unnest(array[
    'id', 'email', 'password_hash', 'approved', 'approved_at', 'approved_by', 'last_login', 'created_at', 'updated_at'
]) as name;
select pg_temp.expect_refused(
    'ann does not let herself in under cover of a new name',
    $$update public.users set name = 'Ann', approved = true$$, '42501');


-- interview_sessions: what the meter writes, and what never changes

select pg_temp.expect_refused(
    'ann does not write ' || name || ' of her interview',
    format('update public.interview_sessions set %I = default', name), '42501')
from unnest(array['id', 'user_id', 'ai_usage', 'created_at', 'updated_at']) as name;
select pg_temp.expect_refused(
    'ann adds no interview with ' || name || ' set',
    format(
        'insert into public.interview_sessions (user_id, %I) values (current_setting(''test.ann'')::uuid, default)', name
    ), '42501')
from unnest(array['ai_usage', 'created_at', 'updated_at']) as name;
select pg_temp.expect_refused(
    'ann does not lower her usage by an upsert',
    $$insert into public.interview_sessions (id, user_id)
      values ('00000000-0000-4000-8000-0000000000a1', current_setting('test.ann')::uuid)
      on conflict (id) do update set ai_usage = '{}'$$, '42501');
select pg_temp.expect_rows(
    'ann writes every other column',
    $$update public.interview_sessions
      set session_type = 'mock', interview_kind = 'coding', company = 'Acme', position = 'Engineer',
          status = 'completed', job_description = 'none', language = 'pt-BR',
          started_at = '2026-01-05 09:00+00', ended_at = '2026-01-05 10:00+00', summary = '{"score": 5}'$$, 1);


-- interview_messages: role and content are corrected, nothing else

select pg_temp.expect_refused(
    'ann does not write ' || name || ' of her turn',
    format('update public.interview_messages set %I = default', name), '42501')
from unnest(array['id', 'interview_session_id', 'user_id', 'turn_number', 'created_at', 'updated_at']) as name;
select pg_temp.expect_refused(
    'ann adds no turn with ' || name || ' set',
    format(
        'insert into public.interview_messages (interview_session_id, role, content, %I)
         values (''00000000-0000-4000-8000-0000000000a1'', ''candidate'', ''hello'', default)', name
    ), '42501')
from unnest(array['created_at', 'updated_at']) as name;
select pg_temp.expect_rows(
    'ann corrects who said what', $$update public.interview_messages set role = 'assistant', content = 'hello'$$, 1);


-- user_settings and billing_subscriptions

select pg_temp.expect_refused(
    'ann does not write ' || name || ' of her settings',
    format('update public.user_settings set %I = default', name), '42501')
from unnest(array['id', 'user_id', 'created_at', 'updated_at']) as name;
select pg_temp.expect_refused(
    'ann does not write ' || name || ' of her plan',
    format('update public.billing_subscriptions set %I = default', name), '42501')
from unnest(array[
    'id', 'user_id', 'plan_type', 'status', 'credits_remaining', 'stripe_customer_id', 'stripe_subscription_id',
    'current_period_start', 'current_period_end', 'cancel_at_period_end', 'created_at', 'updated_at'
]) as name;
select pg_temp.expect_refused(
    'ann does not even lock her plan, which would keep the meter waiting',
    $$select * from public.billing_subscriptions for update$$, '42501');


-- Nobody but the owner empties, alters or makes anything

select pg_temp.become(role, current_setting('test.ann')::uuid),
    pg_temp.expect_refused(role || ' does not empty ' || name, 'truncate public.' || name || ' cascade', '42501')
from unnest(array['anon', 'authenticated', 'service_role', 'parakeet_analyst', 'parakeet_server']) as role
cross join unnest(array[
    'users', 'interview_sessions', 'interview_messages', 'user_settings', 'billing_subscriptions', 'audit_logs'
]) as name;
select pg_temp.become(role, current_setting('test.ann')::uuid),
    pg_temp.expect_refused(
        role || ' does not switch row security off', 'alter table public.users disable row level security', '42501'),
    pg_temp.expect_refused(
        role || ' drops no policy', 'drop policy users_select_own on public.users', '42501'),
    pg_temp.expect_refused(
        role || ' adds no policy', 'create policy mine on public.users using (true)', '42501'),
    pg_temp.expect_refused(
        role || ' switches no trigger off', 'alter table public.audit_logs disable trigger user', '42501'),
    pg_temp.expect_refused(
        role || ' does not silence triggers for itself', 'set local session_replication_role = replica', '42501'),
    pg_temp.expect_refused(
        role || ' makes no table', 'create table public.mine (id uuid)', '42501'),
    pg_temp.expect_refused(
        role || ' makes no schema', 'create schema mine', '42501'),
    pg_temp.expect_refused(
        role || ' makes no function',
        'create function public.mine() returns integer language sql return 1', '42501'),
    pg_temp.expect_refused(
        role || ' adds no trigger',
        'create trigger mine before insert on public.users for each row execute function suppress_redundant_updates_trigger()',
        '42501')
from unnest(array['anon', 'authenticated', 'service_role', 'parakeet_analyst', 'parakeet_server']) as role;


-- Functions: triggers fire, nobody calls

select pg_temp.become(role, current_setting('test.ann')::uuid),
    pg_temp.expect_refused(role || ' does not call ' || name, format('select public.%I()', name), '42501')
from unnest(array['anon', 'authenticated', 'service_role', 'parakeet_analyst', 'parakeet_server']) as role
cross join unnest(array[
    'complete_interview_message', 'create_billing_subscription', 'create_user_settings', 'refuse_audit_log_change',
    'request_ip_address', 'request_user_agent', 'stamp_approval', 'update_updated_at', 'write_audit_log'
]) as name;


-- What lies beside the application: accounts, tokens and the binding

select pg_temp.become(role, current_setting('test.ann')::uuid),
    pg_temp.expect_refused(role || ' does not read auth.' || name, 'select * from auth.' || name, '42501')
from unnest(array['anon', 'authenticated', 'parakeet_analyst', 'parakeet_server']) as role
cross join unnest(array[
    'users', 'identities', 'sessions', 'refresh_tokens', 'audit_log_entries', 'lockouts'
]) as name;
select pg_temp.become(role, current_setting('test.ann')::uuid),
    pg_temp.expect_refused(
        role || ' does not call the binding: ' || call, 'select auth.' || call, '42501')
from unnest(array['anon', 'authenticated', 'service_role', 'parakeet_analyst', 'parakeet_server']) as role
cross join unnest(array[
    'bind_create_account(current_setting(''test.bob''))',
    'bind_create_user(current_setting(''test.bob'')::uuid)',
    'bind_sign_in_failed(current_setting(''test.bob'')::uuid)',
    'bind_sign_in_state(current_setting(''test.bob'')::uuid)',
    'bind_sign_in_succeeded(current_setting(''test.bob'')::uuid)'
]) as call;

select pg_temp.become('service_role');
select pg_temp.expect_refused(
    'the service does not read refresh tokens', $$select * from auth.refresh_tokens$$, '42501');
select pg_temp.expect_refused(
    'the service does not write accounts past the auth API', $$update auth.users set role = 'service_role'$$, '42501');


-- parakeet_server: what the program signs in as holds nothing until it becomes somebody

select pg_temp.become('parakeet_server');

select pg_temp.expect_refused('the server itself reads nothing in ' || name, 'select id from public.' || name, '42501')
from unnest(array[
    'users', 'interview_sessions', 'interview_messages', 'user_settings', 'billing_subscriptions', 'audit_logs'
]) as name;


-- parakeet_analyst: every row, no secret, no words, no writing

select pg_temp.become('parakeet_analyst');

select pg_temp.expect_rows(
    'analysts count accounts without being anybody',
    $$select id, email, name, approved from public.users
      where id in (current_setting('test.ann')::uuid, current_setting('test.bob')::uuid)$$, 2);
select pg_temp.expect_rows(
    'analysts count interviews and their usage',
    $$select status, ai_usage from public.interview_sessions where user_id = current_setting('test.ann')::uuid$$, 1);
select pg_temp.expect_rows(
    'analysts count turns',
    $$select role, turn_number from public.interview_messages where user_id = current_setting('test.ann')::uuid$$, 1);
select pg_temp.expect_rows(
    'analysts read settings',
    $$select notifications, privacy, preferences from public.user_settings
      where user_id = current_setting('test.ann')::uuid$$, 1);
select pg_temp.expect_rows(
    'analysts read plans and credits',
    $$select plan_type, credits_remaining from public.billing_subscriptions
      where user_id = current_setting('test.ann')::uuid$$, 1);
select pg_temp.expect_rows(
    'analysts read who changed what',
    $$select user_id, action, resource_id from public.audit_logs
      where resource_type = 'users' and action = 'insert' and resource_id = current_setting('test.ann')::uuid$$, 1);
select pg_temp.expect_refused(
    'analysts do not read ' || secret,
    format('select %s from public.%s', split_part(secret, '.', 2), split_part(secret, '.', 1)), '42501')
from unnest(array[
    'users.password_hash', 'users.*', 'interview_sessions.job_description', 'interview_sessions.summary',
    'interview_sessions.*', 'interview_messages.content', 'interview_messages.*',
    'billing_subscriptions.stripe_customer_id', 'billing_subscriptions.stripe_subscription_id',
    'billing_subscriptions.*', 'audit_logs.old_values', 'audit_logs.new_values', 'audit_logs.ip_address',
    'audit_logs.user_agent', 'audit_logs.*'
]) as secret;
select pg_temp.expect_rows(
    'analysts do not find secrets in the statistics',
    $$select from pg_stats
      where schemaname = 'public'
      and attname in (
          'password_hash', 'job_description', 'summary', 'content', 'stripe_customer_id', 'stripe_subscription_id'
      )$$, 0);
select pg_temp.expect_refused('analysts add nothing to ' || name, 'insert into public.' || name || ' default values', '42501')
from unnest(array[
    'users', 'interview_sessions', 'interview_messages', 'user_settings', 'billing_subscriptions', 'audit_logs'
]) as name;
select pg_temp.expect_refused(
    'analysts change nothing in ' || name, 'update public.' || name || ' set created_at = now()', '42501')
from unnest(array[
    'users', 'interview_sessions', 'interview_messages', 'user_settings', 'billing_subscriptions', 'audit_logs'
]) as name;
select pg_temp.expect_refused('analysts delete nothing from ' || name, 'delete from public.' || name, '42501')
from unnest(array[
    'users', 'interview_sessions', 'interview_messages', 'user_settings', 'billing_subscriptions', 'audit_logs'
]) as name;
