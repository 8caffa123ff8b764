-- Rules: what no row may be, whoever writes it, and what happens by itself.
--
-- Checks, uniqueness, foreign keys and their delete rules, and every trigger but the trail's, which
-- are the matter of trail.sql. Tried as the service, which row security lets through.


-- People and rows

select set_config('test.ann', pg_temp.person('ann@example.com')::text, true);
select set_config('test.bob', pg_temp.person('bob@example.com')::text, true);

update public.users
set approved = true
where id in (current_setting('test.ann')::uuid, current_setting('test.bob')::uuid);

insert into public.interview_sessions (id, user_id)
values
    ('00000000-0000-4000-8000-0000000000a1', current_setting('test.ann')::uuid),
    ('00000000-0000-4000-8000-0000000000b1', current_setting('test.bob')::uuid);

insert into public.interview_messages (id, interview_session_id, role, content)
values ('00000000-0000-4000-8000-0000000000a2', '00000000-0000-4000-8000-0000000000a1', 'candidate', 'hello');


-- A sign-up decides nothing about itself: stamp_users_approval, create_users_settings,
-- create_users_billing_subscription, and the binding

select set_config('test.mallory', pg_temp.person(
    'mallory@example.com',
    '{}',
    '{"name": "Mallory", "approved": true, "approved_at": "2026-01-01", "role": "service_role", "plan_type": "enterprise"}'
)::text, true);

select pg_temp.expect_rows(
    'what somebody writes about himself on signing up does not let him in',
    $$select from public.users
      where id = current_setting('test.mallory')::uuid
      and name = 'Mallory' and not approved and approved_at is null and approved_by is null$$, 1);
select pg_temp.expect_value(
    'so signing in is refused',
    $$select approved from auth.bind_sign_in_state(current_setting('test.mallory')::uuid)$$, 'false');
select pg_temp.expect_rows(
    'an account without a password has a hash that no password matches',
    $$select from public.users where id = current_setting('test.mallory')::uuid and password_hash = '!'$$, 1);
select pg_temp.expect_rows(
    'a new account has settings, empty ones (create_users_settings)',
    $$select from public.user_settings
      where user_id = current_setting('test.mallory')::uuid
      and notifications = '{}' and privacy = '{}' and preferences = '{}'$$, 1);
select pg_temp.expect_rows(
    'a new account has the free plan without credits (create_users_billing_subscription)',
    $$select from public.billing_subscriptions
      where user_id = current_setting('test.mallory')::uuid
      and plan_type = 'free' and status = 'active' and credits_remaining = 0
      and stripe_customer_id is null and stripe_subscription_id is null and not cancel_at_period_end$$, 1);
select pg_temp.expect_rows(
    'what he writes about himself later does not let him in either',
    $$update auth.users set raw_user_meta_data = raw_user_meta_data || '{"approved": true, "name": "Mal"}'
      where id = current_setting('test.mallory')::uuid$$, 1);
select pg_temp.expect_rows(
    'but does rename him',
    $$select from public.users where id = current_setting('test.mallory')::uuid and name = 'Mal' and not approved$$, 1);

-- A person's own account, written by itself, reaches no more of the account than the name.
select pg_temp.become('authenticated', current_setting('test.mallory')::uuid);
select pg_temp.expect_rows('mallory renames himself', $$update public.users set name = 'M.'$$, 1);
select pg_temp.become_admin();
select pg_temp.expect_rows(
    'the account is renamed with him, and is otherwise as it was',
    $$select from auth.users
      where id = current_setting('test.mallory')::uuid
      and raw_user_meta_data ->> 'name' = 'M.'
      and email = 'mallory@example.com' and role = 'authenticated' and raw_app_meta_data = '{}'$$, 1);


-- The service as the hand of an administrator: stamp_users_approval

select pg_temp.become('service_role');

select pg_temp.expect_rows(
    'an approval is stamped (stamp_users_approval)',
    $$update public.users set approved = true, approved_by = current_setting('test.ann')::uuid
      where id = current_setting('test.mallory')::uuid
      returning 1$$, 1);
select pg_temp.expect_rows(
    'with its time and its author',
    $$select from public.users
      where id = current_setting('test.mallory')::uuid
      and approved_at = now() and approved_by = current_setting('test.ann')::uuid$$, 1);
select pg_temp.expect_rows(
    'a withdrawal that names an author and a time',
    $$update public.users set approved = false, approved_at = '2026-01-01', approved_by = current_setting('test.ann')::uuid
      where id = current_setting('test.mallory')::uuid$$, 1);
select pg_temp.expect_rows(
    'forgets both',
    $$select from public.users
      where id = current_setting('test.mallory')::uuid and approved_at is null and approved_by is null$$, 1);
select pg_temp.expect_rows(
    'a time alone lets nobody in',
    $$update public.users set approved_at = now() where id = current_setting('test.mallory')::uuid$$, 1);
select pg_temp.expect_rows(
    'and does not stay',
    $$select from public.users where id = current_setting('test.mallory')::uuid and approved_at is null$$, 1);
select pg_temp.expect_refused(
    'nobody is approved by who does not exist',
    $$update public.users set approved_by = '00000000-0000-4000-8000-00000000dead'
      where id = current_setting('test.ann')::uuid$$, '23503');

-- Withdrawing an approval ends the login sessions.
select pg_temp.become_admin();
insert into auth.sessions (user_id) values (current_setting('test.bob')::uuid);
select pg_temp.become('service_role');
select pg_temp.expect_rows(
    'bob''s approval is withdrawn',
    $$update public.users set approved = false where id = current_setting('test.bob')::uuid$$, 1);
select pg_temp.expect_rows(
    'and he is signed out',
    $$select from auth.sessions where user_id = current_setting('test.bob')::uuid$$, 0);


-- users: checks and uniqueness

select pg_temp.expect_refused(
    'no account has the address ' || address,
    format('insert into public.users (email, name, password_hash) values (%L, ''X'', ''!'')', address), '23514')
from unnest(array['', 'nobody', '@example.com', 'nobody@', 'a b@example.com', 'a@b@example.com', E'a\n@example.com'])
    as address;
select pg_temp.expect_refused(
    'no account has a blank name (users_name_check)',
    $$insert into public.users (email, name, password_hash) values ('fay@example.com', '  ', '!')$$, '23514');
select pg_temp.expect_refused(
    'no account has an empty hash (users_password_hash_check)',
    $$insert into public.users (email, name, password_hash) values ('fay@example.com', 'Fay', '')$$, '23514');
select pg_temp.expect_refused(
    'an address is taken once (users_email_key)',
    $$insert into public.users (email, name, password_hash) values ('ann@example.com', 'Ann', '!')$$, '23505');
select pg_temp.expect_refused(
    'in another case, too (users_email_lower_key)',
    $$insert into public.users (email, name, password_hash) values ('ANN@example.com', 'Ann', '!')$$, '23505');

-- The sign-in's accounts are unique without regard to case as well, and the binding writes them.
-- Here without the binding, so that it is the application's own index that refuses.
select pg_temp.become_admin();
alter table public.users disable trigger all;
select pg_temp.expect_refused(
    'the application''s own index refuses it, too (users_email_lower_key)',
    $$insert into public.users (email, name, password_hash) values ('ANN@example.com', 'Ann', '!')$$, '23505');
alter table public.users enable trigger all;
select pg_temp.become('service_role');

select pg_temp.expect_refused(
    'an id is taken once',
    $$insert into public.users (id, email, name, password_hash)
      values (current_setting('test.ann')::uuid, 'fay@example.com', 'Fay', '!')$$, '23505');
select pg_temp.expect_refused(
    'an id is not changed while something refers to it',
    $$update public.users set id = gen_random_uuid() where id = current_setting('test.ann')::uuid$$, '23503');

-- The trigger keeps time and approval in step; the check stands behind it.
select pg_temp.become_admin();
alter table public.users disable trigger stamp_users_approval;
select pg_temp.become('service_role');
select pg_temp.expect_refused(
    'no approval without its time (users_approval_check)',
    $$update public.users set approved = true, approved_at = null where id = current_setting('test.mallory')::uuid$$,
    '23514');
select pg_temp.expect_refused(
    'no author without an approval (users_approval_check)',
    $$update public.users set approved_by = current_setting('test.ann')::uuid
      where id = current_setting('test.mallory')::uuid$$, '23514');
select pg_temp.become_admin();
alter table public.users enable trigger stamp_users_approval;
select pg_temp.become('service_role');


-- interview_sessions: checks

select pg_temp.expect_refused(
    'no interview has ' || assignment,
    'update public.interview_sessions set ' || assignment, '23514')
from unnest(array[
    $$session_type = 'real'$$,
    $$session_type = 'Live'$$,
    $$interview_kind = 'cooking'$$,
    $$status = 'done'$$,
    $$status = ''$$,
    $$ai_usage = '[]'$$,
    $$ai_usage = '"calls"'$$,
    $$ai_usage = 'null'$$,
    $$ai_usage = '[{"calls": 1}]'$$,
    $$ai_usage = '{"calls": -1}'$$,
    $$ai_usage = '{"input_tokens": "20"}'$$,
    $$ai_usage = '{"output_tokens": null}'$$,
    $$ai_usage = '{"seconds": [1]}'$$,
    $$ai_usage = '{"model": "x", "cost": -0.01}'$$,
    $$ai_usage = '{"cost": {"usd": 1}}'$$,
    $$job_description = repeat('x', 50001)$$,
    $$language = 'English'$$,
    $$language = 'EN'$$,
    $$language = ''$$,
    $$started_at = now(), ended_at = now() - interval '1 second'$$,
    $$summary = '[]'$$,
    $$summary = 'null'$$,
    $$summary = jsonb_build_object('text', repeat('x', 100000))$$
]) as assignment;
select pg_temp.expect_refused(
    'no interview lacks ' || name,
    format('update public.interview_sessions set %I = null', name), '23502')
from unnest(array['user_id', 'session_type', 'status', 'ai_usage', 'created_at', 'updated_at']) as name;
select pg_temp.expect_rows(
    'an interview may be ' || assignment,
    'update public.interview_sessions set ' || assignment || $$ where id = '00000000-0000-4000-8000-0000000000a1'$$, 1)
from unnest(array[
    $$session_type = 'live'$$, $$session_type = 'mock'$$,
    $$interview_kind = 'behavioural'$$, $$interview_kind = 'technical'$$, $$interview_kind = 'system_design'$$,
    $$interview_kind = 'coding'$$, $$interview_kind = 'case'$$, $$interview_kind = 'general'$$, $$interview_kind = null$$,
    $$status = 'scheduled'$$, $$status = 'active'$$, $$status = 'paused'$$, $$status = 'completed'$$,
    $$status = 'cancelled'$$,
    $$ai_usage = '{"calls": 0, "input_tokens": 1, "output_tokens": 2, "seconds": 3.5, "cost": 0.01, "model": "m"}'$$,
    $$language = 'pt-BR'$$, $$job_description = repeat('x', 50000)$$,
    $$started_at = now(), ended_at = now()$$
]) as assignment;
select pg_temp.expect_refused(
    'an interview belongs to somebody who exists',
    $$insert into public.interview_sessions (user_id) values ('00000000-0000-4000-8000-00000000dead')$$, '23503');


-- interview_messages: checks, and complete_interview_messages

select pg_temp.expect_refused(
    'no turn has ' || assignment,
    'update public.interview_messages set ' || assignment, '23514')
from unnest(array[
    $$role = 'system'$$, $$role = ''$$, $$turn_number = 0$$, $$turn_number = -1$$,
    $$content = ''$$, $$content = '   '$$, $$content = repeat('x', 100001)$$
]) as assignment;
select pg_temp.expect_rows(
    'the ' || speaker || ' may speak',
    format('update public.interview_messages set role = %L', speaker), 1)
from unnest(array['interviewer', 'assistant', 'candidate']) as speaker;
select pg_temp.expect_refused(
    'a number is taken once within an interview',
    $$insert into public.interview_messages (interview_session_id, turn_number, role, content)
      values ('00000000-0000-4000-8000-0000000000a1', 1, 'assistant', 'again')$$, '23505');
select pg_temp.expect_refused(
    'no turn names another owner than its interview''s, not for the service either',
    $$insert into public.interview_messages (interview_session_id, user_id, role, content)
      values ('00000000-0000-4000-8000-0000000000a1', current_setting('test.bob')::uuid, 'candidate', 'boo')$$, '23503');
select pg_temp.expect_refused(
    'no turn moves to another interview without its owner',
    $$update public.interview_messages set interview_session_id = '00000000-0000-4000-8000-0000000000b1'$$, '23503');
select pg_temp.expect_refused(
    'no turn is without an interview',
    $$insert into public.interview_messages (role, content) values ('candidate', 'boo')$$, '23502');

select pg_temp.become('authenticated', current_setting('test.ann')::uuid);
select pg_temp.expect_rows(
    'three turns in one statement',
    $$insert into public.interview_messages (interview_session_id, role, content)
      values
          ('00000000-0000-4000-8000-0000000000a1', 'interviewer', 'two'),
          ('00000000-0000-4000-8000-0000000000a1', 'assistant', 'three'),
          ('00000000-0000-4000-8000-0000000000a1', 'candidate', 'four')$$, 3);
select pg_temp.expect_value(
    'get three numbers and ann as their owner (complete_interview_messages)',
    $$select string_agg(turn_number || ' ' || content, ', ' order by turn_number) from public.interview_messages
      where user_id = current_setting('test.ann')::uuid$$, '1 hello, 2 two, 3 three, 4 four');
select pg_temp.expect_rows(
    'a deleted turn leaves its number free only at the end',
    $$delete from public.interview_messages where content = 'two'$$, 1);
select pg_temp.expect_value(
    'the next turn is the fifth',
    $$insert into public.interview_messages (interview_session_id, role, content)
      values ('00000000-0000-4000-8000-0000000000a1', 'interviewer', 'five')
      returning turn_number$$, '5');
select pg_temp.become('service_role');


-- user_settings: checks

select pg_temp.expect_refused(
    'no settings have ' || assignment,
    'update public.user_settings set ' || assignment, '23514')
from unnest(array[
    $$notifications = '[]'$$, $$notifications = jsonb_build_object('x', repeat('x', 20000))$$,
    $$privacy = '"all"'$$, $$privacy = jsonb_build_object('x', repeat('x', 20000))$$,
    $$preferences = 'null'$$, $$preferences = jsonb_build_object('x', repeat('x', 20000))$$
]) as assignment;
select pg_temp.expect_refused(
    'nobody has settings twice',
    $$insert into public.user_settings (user_id) values (current_setting('test.ann')::uuid)$$, '23505');
select pg_temp.expect_refused(
    'settings are somebody''s',
    $$insert into public.user_settings (user_id) values ('00000000-0000-4000-8000-00000000dead')$$, '23503');


-- billing_subscriptions: checks

select pg_temp.expect_refused(
    'no plan has ' || assignment,
    'update public.billing_subscriptions set ' || assignment, '23514')
from unnest(array[
    $$plan_type = 'gold'$$, $$status = 'cancelled'$$, $$credits_remaining = -1$$,
    $$credits_remaining = credits_remaining - 1$$, $$stripe_customer_id = ''$$, $$stripe_subscription_id = ''$$,
    $$current_period_start = now(), current_period_end = now() - interval '1 second'$$
]) as assignment;
select pg_temp.expect_rows(
    'a plan may have ' || assignment,
    'update public.billing_subscriptions set ' || assignment || $$ where user_id = current_setting('test.ann')::uuid$$, 1)
from unnest(array[
    $$plan_type = 'pro'$$, $$plan_type = 'enterprise'$$, $$plan_type = 'free'$$,
    $$status = 'trialing'$$, $$status = 'past_due'$$, $$status = 'canceled'$$, $$status = 'incomplete'$$,
    $$status = 'unpaid'$$, $$status = 'active'$$, $$credits_remaining = 0$$,
    $$stripe_customer_id = 'cus_1', stripe_subscription_id = 'sub_1'$$,
    $$current_period_start = now(), current_period_end = now()$$
]) as assignment;
select pg_temp.expect_refused(
    'nobody has two plans',
    $$insert into public.billing_subscriptions (user_id) values (current_setting('test.ann')::uuid)$$, '23505');
select pg_temp.expect_refused(
    'a plan is somebody''s',
    $$insert into public.billing_subscriptions (user_id) values ('00000000-0000-4000-8000-00000000dead')$$, '23503');
select pg_temp.expect_refused(
    'two people are not one customer of stripe''s',
    $$update public.billing_subscriptions set stripe_customer_id = 'cus_1'
      where user_id = current_setting('test.bob')::uuid$$, '23505');
select pg_temp.expect_refused(
    'nor have one subscription',
    $$update public.billing_subscriptions set stripe_subscription_id = 'sub_1'
      where user_id = current_setting('test.bob')::uuid$$, '23505');


-- updated_at: update_users_updated_at, update_interview_sessions_updated_at,
-- update_interview_messages_updated_at, update_user_settings_updated_at,
-- update_billing_subscriptions_updated_at

select pg_temp.expect_rows(
    'whoever names updated_at of ' || name || ' sets it',
    format('update public.%I set updated_at = ''2020-01-01'' where %I = current_setting(''test.bob'')::uuid', name, owner),
    1)
from (values
    ('users', 'id'), ('interview_sessions', 'user_id'), ('user_settings', 'user_id'), ('billing_subscriptions', 'user_id')
) as tables (name, owner);
select pg_temp.expect_rows(
    'a turn''s updated_at can be named, too',
    $$update public.interview_messages set updated_at = '2020-01-01' where content = 'hello'$$, 1);
select pg_temp.expect_rows(
    'bob''s row of ' || name || ' was last changed long ago',
    format('select from public.%I where %I = current_setting(''test.bob'')::uuid and updated_at = ''2020-01-01''', name, owner),
    1)
from (values
    ('users', 'id'), ('interview_sessions', 'user_id'), ('user_settings', 'user_id'), ('billing_subscriptions', 'user_id')
) as tables (name, owner);

select pg_temp.expect_rows('plans are changed', $$update public.billing_subscriptions set credits_remaining = 5
    where user_id = current_setting('test.bob')::uuid$$, 1);
select pg_temp.become('authenticated', current_setting('test.ann')::uuid);
select pg_temp.expect_rows(
    'ann corrects her turn', $$update public.interview_messages set content = 'hello!' where content = 'hello'$$, 1);
select pg_temp.become('authenticated', current_setting('test.bob')::uuid);
select pg_temp.expect_rows('bob renames himself', $$update public.users set name = 'Robert'$$, 1);
select pg_temp.expect_rows('bob changes his interview', $$update public.interview_sessions set company = 'Acme'$$, 1);
select pg_temp.expect_rows('bob changes his settings', $$update public.user_settings set privacy = '{"keep": true}'$$, 1);
select pg_temp.become('service_role');
select pg_temp.expect_rows(
    'update_' || name || '_updated_at stamps the change',
    format('select from public.%I where %I = current_setting(''test.bob'')::uuid and updated_at = now()', name, owner), 1)
from (values
    ('users', 'id'), ('interview_sessions', 'user_id'), ('user_settings', 'user_id'), ('billing_subscriptions', 'user_id')
) as tables (name, owner);
select pg_temp.expect_rows(
    'update_interview_messages_updated_at stamps the change',
    $$select from public.interview_messages where content = 'hello!' and updated_at = now()$$, 1);


-- Delete rules

select pg_temp.expect_rows(
    'ann''s interview is given to bob by the service, who may',
    $$update public.interview_sessions set user_id = current_setting('test.bob')::uuid
      where id = '00000000-0000-4000-8000-0000000000a1'$$, 1);
select pg_temp.expect_rows(
    'its turns go with it',
    $$select from public.interview_messages
      where interview_session_id = '00000000-0000-4000-8000-0000000000a1'
      and user_id = current_setting('test.bob')::uuid$$, 4);
select pg_temp.become('authenticated', current_setting('test.ann')::uuid);
select pg_temp.expect_rows('ann no longer sees them', $$select * from public.interview_messages$$, 0);
select pg_temp.become('service_role');
select pg_temp.expect_rows(
    'an interview is deleted',
    $$delete from public.interview_sessions where id = '00000000-0000-4000-8000-0000000000a1'$$, 1);
select pg_temp.expect_rows(
    'and its turns with it',
    $$select from public.interview_messages where interview_session_id = '00000000-0000-4000-8000-0000000000a1'$$, 0);

select pg_temp.expect_rows(
    'ann lets bob and herself in',
    $$update public.users set approved = true, approved_by = current_setting('test.ann')::uuid
      where id in (current_setting('test.ann')::uuid, current_setting('test.bob')::uuid)$$, 2);
select pg_temp.expect_rows(
    'ann holds an interview with a turn',
    $$with interview as (
          insert into public.interview_sessions (user_id) values (current_setting('test.ann')::uuid)
          returning id, user_id
      )
      insert into public.interview_messages (interview_session_id, user_id, turn_number, role, content)
      select id, user_id, 1, 'candidate', 'goodbye' from interview$$, 1);
select pg_temp.expect_rows(
    'ann''s account is deleted', $$delete from public.users where id = current_setting('test.ann')::uuid$$, 1);
select pg_temp.expect_rows(
    'nothing of hers is left in ' || name,
    format('select from public.%I where user_id = current_setting(''test.ann'')::uuid', name), 0)
from unnest(array[
    'interview_sessions', 'interview_messages', 'user_settings', 'billing_subscriptions', 'audit_logs'
]) as name;
select pg_temp.expect_rows(
    'nor is the account of the sign-in',
    $$select from auth.users where id = current_setting('test.ann')::uuid$$, 0);
select pg_temp.expect_rows(
    'bob stays approved; by whom is forgotten',
    $$select from public.users
      where id = current_setting('test.bob')::uuid and approved and approved_at is not null and approved_by is null$$, 1);
select pg_temp.expect_rows(
    'bob''s rows are his still',
    $$select from public.interview_sessions where user_id = current_setting('test.bob')::uuid$$, 1);

select pg_temp.become_admin();
select pg_temp.expect_rows(
    'deleted through the auth API, an account goes the same way',
    $$delete from auth.users where id = current_setting('test.bob')::uuid$$, 1);
select pg_temp.expect_rows(
    'nothing of bob''s is left in ' || name,
    format('select from public.%I where %I = current_setting(''test.bob'')::uuid', name, owner), 0)
from (values
    ('users', 'id'), ('interview_sessions', 'user_id'), ('interview_messages', 'user_id'), ('user_settings', 'user_id'),
    ('billing_subscriptions', 'user_id'), ('audit_logs', 'user_id')
) as tables (name, owner);
select pg_temp.expect_rows(
    'mallory is not touched by any of it',
    $$select from public.users where id = current_setting('test.mallory')::uuid$$, 1);

select pg_temp.become('authenticated', current_setting('test.bob')::uuid);
select pg_temp.expect_rows(
    'a token of bob''s that is still out sees nothing', $$select id from public.users$$, 0);
select pg_temp.expect_refused(
    'and writes nothing',
    $$insert into public.interview_sessions (user_id) values (current_setting('test.bob')::uuid)$$, '23503');
