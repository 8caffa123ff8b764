-- The trail: every change of a row leaves an entry, and no entry is ever changed or taken away.
--
-- Triggers audit_users, audit_interview_sessions, audit_interview_messages, audit_user_settings and
-- audit_billing_subscriptions write it; refuse_audit_logs_change and refuse_audit_logs_truncate keep
-- it. Policy audit_logs_select_own shows people what they did themselves.


-- People and rows

select set_config('test.ann', pg_temp.person('ann@example.com')::text, true);
select set_config('test.bob', pg_temp.person('bob@example.com')::text, true);

-- Ann at her browser: what the server sets for a request of hers.
create function pg_temp.ann_asks(headers text, login_session text default '99999999-0000-4000-8000-000000000000')
returns void
language plpgsql
as $$
begin
    perform pg_temp.become('authenticated', current_setting('test.ann')::uuid);
    perform set_config('request.headers', headers, true);
    perform set_config(
        'request.jwt.claims',
        json_build_object(
            'role', 'authenticated', 'sub', current_setting('test.ann'), 'session_id', login_session
        )::text,
        true
    );
end
$$;


-- A sign-up is on record as nobody's doing

select pg_temp.expect_value(
    'a sign-up leaves three entries, of nobody and from nowhere',
    $$select string_agg(resource_type, ', ' order by resource_type collate "C") from public.audit_logs
      where action = 'insert' and user_id is null and old_values is null
      and ip_address is null and user_agent is null and session_id is null
      and current_setting('test.ann') in (new_values ->> 'user_id', new_values ->> 'id')$$,
    'billing_subscriptions, user_settings, users');


-- What a person does is on record with the person, the address, the agent and the login session

select pg_temp.ann_asks('{"x-forwarded-for": " 203.0.113.9, 10.0.0.1", "user-agent": "curl/8"}');

insert into public.interview_sessions (id, user_id, company)
values ('00000000-0000-4000-8000-0000000000a1', current_setting('test.ann')::uuid, 'Acme');
update public.interview_sessions set company = 'Acme Ltd';
insert into public.interview_messages (id, interview_session_id, role, content)
values ('00000000-0000-4000-8000-0000000000a2', '00000000-0000-4000-8000-0000000000a1', 'candidate', 'my secret');
update public.interview_messages set content = 'my other secret';
update public.user_settings set privacy = '{"keep": false}';
update public.users set name = 'Ann A.';
delete from public.interview_sessions;

select pg_temp.expect_value(
    'each of ann''s seven changes is on record, and the turn that went with the interview',
    $$select string_agg(line, ', ' order by line collate "C")
      from (select resource_type || ' ' || action as line from public.audit_logs) lines$$,
    'interview_messages delete, interview_messages insert, interview_messages update, '
        || 'interview_sessions delete, interview_sessions insert, interview_sessions update, '
        || 'user_settings update, users update');
select pg_temp.expect_rows(
    'each with the first address, the agent and the login session',
    $$select from public.audit_logs
      where host(ip_address) = '203.0.113.9' and user_agent = 'curl/8'
      and session_id = '99999999-0000-4000-8000-000000000000'
      and user_id = current_setting('test.ann')::uuid$$, 8);
select pg_temp.expect_rows(
    'a change keeps the row before and after (audit_interview_sessions)',
    $$select from public.audit_logs
      where resource_type = 'interview_sessions' and action = 'update'
      and resource_id = '00000000-0000-4000-8000-0000000000a1'
      and old_values ->> 'company' = 'Acme' and new_values ->> 'company' = 'Acme Ltd'$$, 1);
select pg_temp.expect_rows(
    'a deletion keeps the row before (audit_interview_sessions)',
    $$select from public.audit_logs
      where resource_type = 'interview_sessions' and action = 'delete'
      and old_values ->> 'company' = 'Acme Ltd' and new_values is null$$, 1);
select pg_temp.expect_rows(
    'ann''s settings are kept (audit_user_settings)',
    $$select from public.audit_logs
      where resource_type = 'user_settings'
      and old_values -> 'privacy' = '{}' and new_values -> 'privacy' = '{"keep": false}'$$, 1);
select pg_temp.expect_rows(
    'ann''s new name is kept (audit_users)',
    $$select from public.audit_logs
      where resource_type = 'users' and old_values ->> 'name' = 'ann' and new_values ->> 'name' = 'Ann A.'$$, 1);
select pg_temp.expect_rows(
    'that a turn was written is kept, what was said is not (audit_interview_messages)',
    $$select from public.audit_logs
      where resource_type = 'interview_messages'
      and not coalesce(old_values ? 'content', false) and not coalesce(new_values ? 'content', false)$$, 3);
select pg_temp.expect_rows(
    'no secret of ann''s is anywhere in it',
    $$select from public.audit_logs
      where concat(old_values, new_values) like '%secret%' or concat(old_values, new_values) like '%password_hash%'$$, 0);

select pg_temp.expect_rows('a change to what is there already', $$update public.users set name = name$$, 1);
select pg_temp.expect_rows(
    'is none, and leaves no entry', $$select from public.audit_logs where resource_type = 'users'$$, 1);
select pg_temp.expect_refused(
    'a change that is refused', $$update public.user_settings set preferences = '[]'$$, '23514');
select pg_temp.expect_rows(
    'leaves none either', $$select from public.audit_logs where resource_type = 'user_settings'$$, 1);
select pg_temp.expect_rows(
    'nor does an attempt on bob''s row',
    $$update public.user_settings set privacy = '{"x": 1}' where user_id = current_setting('test.bob')::uuid$$, 0);
select pg_temp.expect_rows(
    'since nothing was changed', $$select from public.audit_logs where resource_type = 'user_settings'$$, 1);


-- Nothing that a client sends keeps a change from being made or from being recorded

select pg_temp.ann_asks(headers),
    pg_temp.expect_rows(
        'the headers ' || headers || ' are no obstacle',
        format('update public.users set name = %L', 'Ann ' || number), 1)
from unnest(array[
    '', 'not json', '[]', '"x"', 'null', '{}',
    '{"x-forwarded-for": "nonsense"}', '{"x-forwarded-for": ""}', '{"x-forwarded-for": ","}',
    '{"x-forwarded-for": "999.1.1.1"}', '{"x-forwarded-for": {"a": 1}}', '{"user-agent": "\u0000"}',
    '{"x-forwarded-for": "''; drop table users; --"}'
]) with ordinality as sent (headers, number);
select pg_temp.expect_rows(
    'each of the thirteen is on record as ann''s, without an address',
    $$select from public.audit_logs
      where resource_type = 'users' and new_values ->> 'name' ~ '^Ann [0-9]+$' and ip_address is null
      and user_id = current_setting('test.ann')::uuid$$, 13);

select pg_temp.ann_asks(json_build_object('x-forwarded-for', '2001:db8::1', 'user-agent', repeat('x', 5000))::text);
select pg_temp.expect_rows('an endless agent is no obstacle', $$update public.users set name = 'Ann B.'$$, 1);
select pg_temp.expect_rows(
    'and is cut',
    $$select from public.audit_logs
      where new_values ->> 'name' = 'Ann B.' and host(ip_address) = '2001:db8::1' and char_length(user_agent) = 1000$$, 1);

select pg_temp.ann_asks('', 'no id at all');
select pg_temp.expect_rows('an odd login session is no obstacle', $$update public.users set name = 'Ann C.'$$, 1);
select pg_temp.expect_rows(
    'and is left out, ann is not',
    $$select from public.audit_logs where new_values ->> 'name' = 'Ann C.' and session_id is null$$, 1);


-- Nobody writes in another's name

select pg_temp.ann_asks('');
select pg_temp.expect_refused(
    'ann adds no entry in bob''s name',
    $$insert into public.audit_logs (user_id, action, resource_type)
      values (current_setting('test.bob')::uuid, 'delete', 'users')$$, '42501');
select pg_temp.expect_refused(
    'nor in her own',
    $$insert into public.audit_logs (user_id, action, resource_type)
      values (current_setting('test.ann')::uuid, 'sign_in', 'session')$$, '42501');
select pg_temp.expect_refused('ann does not forget what she did', $$delete from public.audit_logs$$, '42501');
select pg_temp.expect_refused(
    'ann does not make it bob''s doing',
    $$update public.audit_logs set user_id = current_setting('test.bob')::uuid$$, '42501');
select pg_temp.expect_refused(
    'ann does not make it nobody''s doing', $$update public.audit_logs set user_id = null$$, '42501');
select pg_temp.expect_refused('ann does not empty the trail', $$truncate public.audit_logs$$, '42501');
select pg_temp.expect_refused('ann does not lock entries', $$select * from public.audit_logs for update$$, '42501');

select pg_temp.become('authenticated', current_setting('test.bob')::uuid);
select pg_temp.expect_rows(
    'bob sees nothing of ann''s doing (audit_logs_select_own)', $$select * from public.audit_logs$$, 0);
select pg_temp.expect_rows('bob renames himself', $$update public.users set name = 'Robert'$$, 1);
select pg_temp.expect_rows(
    'and sees that', $$select * from public.audit_logs where user_id = current_setting('test.bob')::uuid$$, 1);


-- The service: its changes are nobody's, unless it acts with somebody's claims

select pg_temp.become('service_role');

select pg_temp.expect_rows(
    'the service raises credits',
    $$update public.billing_subscriptions set credits_remaining = 5, stripe_customer_id = 'cus_1'
      where user_id = current_setting('test.bob')::uuid$$, 1);
select pg_temp.expect_rows(
    'which is on record as nobody''s, with the address (audit_billing_subscriptions)',
    $$select from public.audit_logs
      where resource_type = 'billing_subscriptions' and action = 'update' and user_id is null
      and host(ip_address) = '203.0.113.7' and user_agent = 'tests'
      and (old_values ->> 'credits_remaining')::integer = 0 and (new_values ->> 'credits_remaining')::integer = 5$$, 1);
select pg_temp.expect_rows(
    'the service changes bob''s password',
    $$update public.users set password_hash = '$2a$12$0123456789012345678901uJ'
      where id = current_setting('test.bob')::uuid$$, 1);
select pg_temp.expect_rows(
    'which is on record without either hash (audit_users)',
    $$select from public.audit_logs
      where resource_type = 'users' and action = 'update' and resource_id = current_setting('test.bob')::uuid
      and user_id is null and old_values - 'updated_at' = new_values - 'updated_at'
      and not new_values ? 'password_hash' and not old_values ? 'password_hash'$$, 1);
select pg_temp.expect_rows(
    'no entry holds a hash',
    $$select from public.audit_logs where concat(old_values, new_values) ~ 'password_hash|\$2a\$'$$, 0);

select pg_temp.become('service_role', current_setting('test.ann')::uuid);
select pg_temp.expect_rows(
    'ann, as an administrator with the service''s role, lets bob in',
    $$update public.users set approved = true, approved_by = current_setting('test.ann')::uuid
      where id = current_setting('test.bob')::uuid$$, 1);
select pg_temp.expect_rows(
    'which is on record as hers',
    $$select from public.audit_logs
      where resource_type = 'users' and resource_id = current_setting('test.bob')::uuid
      and user_id = current_setting('test.ann')::uuid and new_values ->> 'approved' = 'true'$$, 1);

select pg_temp.become('service_role', '00000000-0000-4000-8000-00000000dead');
select pg_temp.expect_rows(
    'a subject without an account',
    $$update public.billing_subscriptions set credits_remaining = 6
      where user_id = current_setting('test.bob')::uuid$$, 1);
select set_config('app.current_user_id', '', true);
select set_config('request.jwt.claims', '{"sub": "svc", "session_id": "x"}', true);
select pg_temp.expect_rows(
    'and a subject that is no id are no obstacle to the service',
    $$update public.billing_subscriptions set credits_remaining = 7
      where user_id = current_setting('test.bob')::uuid$$, 1);
select pg_temp.expect_rows(
    'and are nobody',
    $$select from public.audit_logs
      where resource_type = 'billing_subscriptions' and user_id is null
      and new_values ->> 'credits_remaining' in ('6', '7')$$, 2);


-- The service adds events of its own, well-formed ones

select pg_temp.become('service_role');

select pg_temp.expect_rows(
    'the service adds an event',
    $$insert into public.audit_logs (user_id, action, resource_type)
      values (current_setting('test.bob')::uuid, 'export.started', 'account')$$, 1);
select pg_temp.expect_refused(
    'no entry has ' || columns || ' = ' || row_values,
    format('insert into public.audit_logs (%s) values (%s)', columns, row_values), '23514')
from (values
    ('action, resource_type', $$'Sign in', 'session'$$),
    ('action, resource_type', $$'', 'session'$$),
    ('action, resource_type', $$'sign_in', 'Session'$$),
    ('action, resource_type', $$'sign_in', ''$$),
    ('action, resource_type, old_values', $$'event', 'account', '[]'$$),
    ('action, resource_type, new_values', $$'event', 'account', '"x"'$$),
    ('action, resource_type', $$'insert', 'users'$$),
    ('action, resource_type, old_values, new_values', $$'insert', 'users', '{}', '{}'$$),
    ('action, resource_type, new_values', $$'update', 'users', '{}'$$),
    ('action, resource_type, old_values', $$'update', 'users', '{}'$$),
    ('action, resource_type, new_values', $$'delete', 'users', '{}'$$),
    ('action, resource_type, old_values, new_values', $$'delete', 'users', '{}', '{}'$$),
    ('action, resource_type, user_agent', $$'event', 'account', repeat('x', 1001)$$),
    ('action, resource_type, updated_at', $$'event', 'account', '2020-01-01'$$),
    ('action, resource_type, created_at', $$'event', 'account', '2020-01-01'$$)
) as entries (columns, row_values);
select pg_temp.expect_refused(
    'no entry is by who does not exist',
    $$insert into public.audit_logs (user_id, action, resource_type)
      values ('00000000-0000-4000-8000-00000000dead', 'event', 'account')$$, '23503');
select pg_temp.expect_refused('the service changes no entry', $$update public.audit_logs set action = 'x'$$, '42501');
select pg_temp.expect_refused(
    'the service makes no entry nobody''s', $$update public.audit_logs set user_id = null$$, '42501');
select pg_temp.expect_refused('the service deletes no entry', $$delete from public.audit_logs$$, '42501');
select pg_temp.expect_refused('the service does not empty the trail', $$truncate public.audit_logs$$, '42501');
select pg_temp.expect_refused(
    'the service replaces no entry by an upsert',
    $$insert into public.audit_logs (id, action, resource_type)
      select id, 'x', 'x' from public.audit_logs limit 1
      on conflict (id) do update set action = 'x'$$, '42501');


-- The owner, and even the superuser, are turned away by the triggers

select pg_temp.become(role),
    pg_temp.expect_refused(
        role || ' changes no entry (refuse_audit_logs_change)', $$update public.audit_logs set action = 'x'$$, '42501'),
    pg_temp.expect_refused(
        role || ' makes no entry nobody''s while the account is there',
        $$update public.audit_logs set user_id = null where user_id is not null$$, '42501'),
    pg_temp.expect_refused(
        role || ' gives no entry to somebody',
        $$update public.audit_logs set user_id = current_setting('test.bob')::uuid where user_id is null$$, '42501'),
    pg_temp.expect_refused(
        role || ' does not even write an entry as it is', $$update public.audit_logs set action = action$$, '42501'),
    pg_temp.expect_refused(
        role || ' deletes no entry (refuse_audit_logs_change)', $$delete from public.audit_logs$$, '42501'),
    pg_temp.expect_refused(
        role || ' does not empty the trail (refuse_audit_logs_truncate)', $$truncate public.audit_logs$$, '42501'),
    pg_temp.expect_refused(
        role || ' does not empty it by way of users (refuse_audit_logs_truncate)',
        $$truncate public.users cascade$$, '42501')
from unnest(array['parakeet_owner', 'tenantry']) as role;


-- A deleted account: its entries stay and forget who

select pg_temp.become_admin();
select set_config('test.entries', (select count(*)::text from public.audit_logs), true);
select set_config(
    'test.hers',
    (
        select md5(string_agg((to_jsonb(a) - 'user_id')::text, '' order by a.id))
        from public.audit_logs a
        where a.user_id = current_setting('test.ann')::uuid
    ),
    true
);
create temporary table hers as
select id from public.audit_logs where user_id = current_setting('test.ann')::uuid;

-- With ann's own claims: the one who does it is the one who goes.
select pg_temp.become('service_role', current_setting('test.ann')::uuid);
select pg_temp.expect_rows(
    'ann''s account is deleted by herself', $$delete from public.users where id = current_setting('test.ann')::uuid$$, 1);

select pg_temp.become_admin();
select pg_temp.expect_rows(
    'no entry names ann any more',
    $$select from public.audit_logs where user_id = current_setting('test.ann')::uuid$$, 0);
select pg_temp.expect_value(
    'every entry of hers is there and otherwise as it was',
    $$select md5(string_agg((to_jsonb(a) - 'user_id')::text, '' order by a.id))
      from public.audit_logs a
      where a.id in (select id from hers) and a.user_id is null$$,
    current_setting('test.hers'));
select pg_temp.expect_value(
    'the deletion is on record, of the account, its settings and its plan, as nobody''s',
    $$select string_agg(resource_type, ', ' order by resource_type collate "C") from public.audit_logs
      where action = 'delete' and user_id is null
      and current_setting('test.ann') in (old_values ->> 'user_id', old_values ->> 'id')
      and resource_type not like 'interview%'$$,
    'billing_subscriptions, user_settings, users');
select pg_temp.expect_value(
    'and nothing else was added or lost',
    format('select count(*) - %s from public.audit_logs', current_setting('test.entries')), '4');
select pg_temp.expect_refused(
    'what nobody did since ann is gone is not changed, either',
    $$update public.audit_logs set action = 'x' where id in (select id from hers)$$, '42501');

select pg_temp.become('authenticated', current_setting('test.ann')::uuid);
select pg_temp.expect_rows(
    'a token of ann''s that is still out no longer sees them (audit_logs_select_own)',
    $$select * from public.audit_logs$$, 0);
