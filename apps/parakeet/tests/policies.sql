-- Row security: every policy of parakeet, and an attempt to get around it.
--
-- Ann and Bob have been let in, Eve waits. Ann and Bob hold one interview each, with one turn.


-- People and rows

select set_config('test.ann', pg_temp.person('ann@example.com')::text, true);
select set_config('test.bob', pg_temp.person('bob@example.com')::text, true);
select set_config('test.eve', pg_temp.person('eve@example.com')::text, true);
select set_config('test.nobody', '00000000-0000-4000-8000-00000000dead', true);

update public.users
set approved = true
where id in (current_setting('test.ann')::uuid, current_setting('test.bob')::uuid);

insert into public.interview_sessions (id, user_id, company)
values
    ('00000000-0000-4000-8000-0000000000a1', current_setting('test.ann')::uuid, 'Ann Ltd'),
    ('00000000-0000-4000-8000-0000000000b1', current_setting('test.bob')::uuid, 'Bob Ltd');

insert into public.interview_messages (id, interview_session_id, role, content)
values
    ('00000000-0000-4000-8000-0000000000a2', '00000000-0000-4000-8000-0000000000a1', 'candidate', 'ann speaks'),
    ('00000000-0000-4000-8000-0000000000b2', '00000000-0000-4000-8000-0000000000b1', 'candidate', 'bob speaks');

-- What the trail holds of their own doing, so that there is something to hide.
insert into public.audit_logs (user_id, action, resource_type)
values
    (current_setting('test.ann')::uuid, 'sign_in', 'session'),
    (current_setting('test.bob')::uuid, 'sign_in', 'session'),
    (null, 'maintenance', 'system');


-- A connection on which no setting was ever written
--
-- This file is the first one by name, so the settings are missing here rather than empty.

set local role authenticated;

select pg_temp.expect_rows('without a setting nobody has a row in ' || name, 'select id from public.' || name, 0)
from unnest(array[
    'users', 'interview_sessions', 'interview_messages', 'user_settings', 'billing_subscriptions', 'audit_logs'
]) as name;
select pg_temp.expect_rows(
    'without a setting users_update_own lets nothing be changed',
    $$update public.users set name = 'Mallory'$$, 0);
select pg_temp.expect_refused(
    'without a setting interview_sessions_insert_own lets nothing in',
    $$insert into public.interview_sessions (user_id) values (current_setting('test.ann')::uuid)$$, '42501');

select pg_temp.become_admin();


-- Settings that are there and empty, as after a request before this one

select pg_temp.become_nobody_setting();

select pg_temp.expect_rows('with empty settings nobody has a row in ' || name, 'select id from public.' || name, 0)
from unnest(array[
    'users', 'interview_sessions', 'interview_messages', 'user_settings', 'billing_subscriptions', 'audit_logs'
]) as name;
select pg_temp.expect_rows(
    'with empty settings users_update_own lets nothing be changed',
    $$update public.users set name = 'Mallory'$$, 0);
select pg_temp.expect_rows(
    'with empty settings interview_sessions_update_own lets nothing be changed',
    $$update public.interview_sessions set company = 'Mallory'$$, 0);
select pg_temp.expect_rows(
    'with empty settings interview_messages_update_own lets nothing be changed',
    $$update public.interview_messages set content = 'Mallory'$$, 0);
select pg_temp.expect_rows(
    'with empty settings user_settings_update_own lets nothing be changed',
    $$update public.user_settings set privacy = '{"public": true}'$$, 0);
select pg_temp.expect_rows(
    'with empty settings interview_sessions_delete_own lets nothing be deleted',
    $$delete from public.interview_sessions$$, 0);
select pg_temp.expect_rows(
    'with empty settings interview_messages_delete_own lets nothing be deleted',
    $$delete from public.interview_messages$$, 0);
select pg_temp.expect_refused(
    'with empty settings interview_sessions_insert_own lets nothing in',
    $$insert into public.interview_sessions (user_id) values (current_setting('test.ann')::uuid)$$, '42501');
select pg_temp.expect_refused(
    'with empty settings interview_sessions_insert_own lets no row without an owner in either',
    $$insert into public.interview_sessions (user_id) values (null)$$, '42501');
select pg_temp.expect_refused(
    'with empty settings interview_messages_insert_own lets nothing in',
    $$insert into public.interview_messages (interview_session_id, role, content)
      values ('00000000-0000-4000-8000-0000000000a1', 'candidate', 'boo')$$, '42501');


-- A token whose subject has no account here, or is no id at all

select pg_temp.become('authenticated', current_setting('test.nobody')::uuid);

select pg_temp.expect_rows('a subject without an account has no row in ' || name, 'select id from public.' || name, 0)
from unnest(array[
    'users', 'interview_sessions', 'interview_messages', 'user_settings', 'billing_subscriptions', 'audit_logs'
]) as name;
select pg_temp.expect_refused(
    'a subject without an account holds no interview',
    $$insert into public.interview_sessions (user_id) values (current_setting('test.nobody')::uuid)$$, '23503');

select set_config('app.current_user_id', '', true);
select set_config('request.jwt.claims', '{"role": "authenticated", "sub": "x'' or true --"}', true);

select pg_temp.expect_refused('a subject that is no id opens nothing in ' || name, 'select id from public.' || name, '22P02')
from unnest(array[
    'users', 'interview_sessions', 'interview_messages', 'user_settings', 'billing_subscriptions', 'audit_logs'
]) as name;


-- Anon, even with the claims of a person

select pg_temp.become('anon', current_setting('test.ann')::uuid);

select pg_temp.expect_refused('anon reads nothing in ' || name, 'select id from public.' || name, '42501')
from unnest(array[
    'users', 'interview_sessions', 'interview_messages', 'user_settings', 'billing_subscriptions', 'audit_logs'
]) as name;
select pg_temp.expect_refused('anon adds nothing to ' || name, 'insert into public.' || name || ' default values', '42501')
from unnest(array[
    'users', 'interview_sessions', 'interview_messages', 'user_settings', 'billing_subscriptions', 'audit_logs'
]) as name;
select pg_temp.expect_refused(
    'anon changes nothing in ' || name, 'update public.' || name || ' set created_at = now()', '42501')
from unnest(array[
    'users', 'interview_sessions', 'interview_messages', 'user_settings', 'billing_subscriptions', 'audit_logs'
]) as name;
select pg_temp.expect_refused('anon deletes nothing from ' || name, 'delete from public.' || name, '42501')
from unnest(array[
    'users', 'interview_sessions', 'interview_messages', 'user_settings', 'billing_subscriptions', 'audit_logs'
]) as name;

-- No policy is meant for anon: were the right given by mistake, there would still be nothing to see.
select pg_temp.become_admin();
grant select on all tables in schema public to anon;
select pg_temp.become('anon', current_setting('test.ann')::uuid);

select pg_temp.expect_rows('no policy shows anon a row of ' || name, 'select id from public.' || name, 0)
from unnest(array[
    'users', 'interview_sessions', 'interview_messages', 'user_settings', 'billing_subscriptions', 'audit_logs'
]) as name;

select pg_temp.become_admin();
revoke select on all tables in schema public from anon;


-- users: users_select_own

select pg_temp.become('authenticated', current_setting('test.ann')::uuid);

select pg_temp.expect_value('ann sees herself (users_select_own)', $$select string_agg(email, ', ') from public.users$$, 'ann@example.com');
select pg_temp.expect_rows('ann counts one account', $$select id from public.users$$, 1);
select pg_temp.expect_rows(
    'ann does not see bob, even by his id (users_select_own)',
    $$select id from public.users where id = current_setting('test.bob')::uuid$$, 0);
select pg_temp.expect_rows(
    'ann does not see bob by his address',
    $$select id from public.users where lower(email) = 'bob@example.com'$$, 0);
select pg_temp.expect_rows(
    'ann does not see who waits for approval',
    $$select id from public.users where not approved$$, 0);
select pg_temp.expect_rows(
    'ann does not reach bob through a join with her own rows',
    $$select u.id from public.billing_subscriptions b join public.users u on u.id <> b.user_id$$, 0);


-- users: users_update_own

select pg_temp.expect_rows('ann changes her name (users_update_own)', $$update public.users set name = 'Ann A.'$$, 1);
select pg_temp.expect_rows(
    'ann does not change bob''s name (users_update_own)',
    $$update public.users set name = 'Mallory' where id = current_setting('test.bob')::uuid$$, 0);
select pg_temp.expect_refused('ann adds no account',
    $$insert into public.users (email, name, password_hash) values ('fay@example.com', 'Fay', '!')$$, '42501');
select pg_temp.expect_refused('ann does not delete bob''s account',
    $$delete from public.users where id = current_setting('test.bob')::uuid$$, '42501');
select pg_temp.expect_refused('ann does not delete her own account here, but through the auth API',
    $$delete from public.users where id = current_setting('test.ann')::uuid$$, '42501');

-- Whoever administrates does so as the service. Having let somebody in gives no right on the row.
select pg_temp.become_admin();
update public.users
set approved_by = current_setting('test.ann')::uuid
where id = current_setting('test.bob')::uuid;
select pg_temp.become('authenticated', current_setting('test.ann')::uuid);
select pg_temp.expect_rows(
    'ann does not see whom she approved',
    $$select id from public.users where approved_by = current_setting('test.ann')::uuid$$, 0);
select pg_temp.expect_rows(
    'ann does not rename whom she approved',
    $$update public.users set name = 'Mallory' where approved_by = current_setting('test.ann')::uuid$$, 0);


-- interview_sessions: interview_sessions_select_own

select pg_temp.expect_value(
    'ann sees her interview and no other (interview_sessions_select_own)',
    $$select string_agg(company, ', ') from public.interview_sessions$$, 'Ann Ltd');
select pg_temp.expect_rows(
    'ann does not see bob''s interview by its id (interview_sessions_select_own)',
    $$select * from public.interview_sessions where id = '00000000-0000-4000-8000-0000000000b1'$$, 0);
select pg_temp.expect_rows(
    'ann does not see bob''s interview by its owner',
    $$select * from public.interview_sessions where user_id = current_setting('test.bob')::uuid$$, 0);
select pg_temp.expect_rows(
    'ann does not lock bob''s interview',
    $$select * from public.interview_sessions
      where id = '00000000-0000-4000-8000-0000000000b1' for update$$, 0);


-- interview_sessions: interview_sessions_insert_own

select pg_temp.expect_rows(
    'ann plans an interview (interview_sessions_insert_own)',
    $$insert into public.interview_sessions (user_id, session_type, company)
      values (current_setting('test.ann')::uuid, 'mock', 'Practice')
      returning *$$, 1);
select pg_temp.expect_refused(
    'ann plans none in bob''s name (interview_sessions_insert_own)',
    $$insert into public.interview_sessions (user_id) values (current_setting('test.bob')::uuid)$$, '42501');
select pg_temp.expect_refused(
    'ann plans none without an owner',
    $$insert into public.interview_sessions (company) values ('Nobody')$$, '42501');
select pg_temp.expect_refused(
    'one of bob''s among several of ann''s spoils them all',
    $$insert into public.interview_sessions (user_id)
      values (current_setting('test.ann')::uuid), (current_setting('test.bob')::uuid)$$, '42501');
select pg_temp.expect_refused(
    'ann does not take bob''s interview over by an upsert',
    $$insert into public.interview_sessions (id, user_id)
      values ('00000000-0000-4000-8000-0000000000b1', current_setting('test.ann')::uuid)
      on conflict (id) do update set company = 'Mallory'$$, '42501');


-- interview_sessions: interview_sessions_update_own

select pg_temp.expect_rows(
    'ann changes her interview (interview_sessions_update_own)',
    $$update public.interview_sessions set status = 'active' where company = 'Ann Ltd'$$, 1);
select pg_temp.expect_rows(
    'ann does not change bob''s interview (interview_sessions_update_own)',
    $$update public.interview_sessions set company = 'Mallory' where id = '00000000-0000-4000-8000-0000000000b1'$$, 0);
select pg_temp.expect_rows(
    'an update without a condition stays with ann''s two interviews',
    $$update public.interview_sessions set position = 'Engineer'$$, 2);
select pg_temp.expect_refused(
    'ann does not give her interview to bob (interview_sessions_update_own)',
    $$update public.interview_sessions set user_id = current_setting('test.bob')::uuid
      where id = '00000000-0000-4000-8000-0000000000a1'$$, '42501');
select pg_temp.expect_rows(
    'merge finds nothing of bob''s to change',
    $$merge into public.interview_sessions as s
      using (values ('00000000-0000-4000-8000-0000000000b1'::uuid)) as wanted (id)
      on s.id = wanted.id
      when matched then update set company = 'Mallory'$$, 0);


-- interview_sessions: interview_sessions_delete_own

select pg_temp.expect_rows(
    'ann does not delete bob''s interview (interview_sessions_delete_own)',
    $$delete from public.interview_sessions where id = '00000000-0000-4000-8000-0000000000b1'$$, 0);
select pg_temp.expect_rows(
    'ann deletes one of hers (interview_sessions_delete_own)',
    $$delete from public.interview_sessions where company = 'Practice'$$, 1);


-- interview_messages: interview_messages_select_own

select pg_temp.expect_value(
    'ann reads her turns and no other (interview_messages_select_own)',
    $$select string_agg(content, ', ') from public.interview_messages$$, 'ann speaks');
select pg_temp.expect_rows(
    'ann does not read the turns of bob''s interview (interview_messages_select_own)',
    $$select * from public.interview_messages
      where interview_session_id = '00000000-0000-4000-8000-0000000000b1'$$, 0);
select pg_temp.expect_rows(
    'ann does not read bob''s turn by its id',
    $$select * from public.interview_messages where id = '00000000-0000-4000-8000-0000000000b2'$$, 0);
select pg_temp.expect_rows(
    'ann does not find out what bob said by guessing',
    $$select * from public.interview_messages where content like 'bob%'$$, 0);


-- interview_messages: interview_messages_insert_own

select pg_temp.expect_rows(
    'ann adds a turn to her interview (interview_messages_insert_own)',
    $$insert into public.interview_messages (interview_session_id, role, content)
      values ('00000000-0000-4000-8000-0000000000a1', 'assistant', 'take a breath')
      returning *$$, 1);
select pg_temp.expect_refused(
    'ann adds no turn to bob''s interview (interview_messages_insert_own)',
    $$insert into public.interview_messages (interview_session_id, role, content)
      values ('00000000-0000-4000-8000-0000000000b1', 'candidate', 'boo')$$, '42501');
select pg_temp.expect_refused(
    'ann adds no turn to bob''s interview in his name',
    $$insert into public.interview_messages (interview_session_id, user_id, role, content)
      values ('00000000-0000-4000-8000-0000000000b1', current_setting('test.bob')::uuid, 'candidate', 'boo')$$, '42501');
select pg_temp.expect_refused(
    'ann adds no turn to her own interview in bob''s name',
    $$insert into public.interview_messages (interview_session_id, user_id, role, content)
      values ('00000000-0000-4000-8000-0000000000a1', current_setting('test.bob')::uuid, 'candidate', 'boo')$$, '42501');
select pg_temp.expect_refused(
    'ann adds no turn to bob''s interview in her name',
    $$insert into public.interview_messages (interview_session_id, user_id, role, content)
      values ('00000000-0000-4000-8000-0000000000b1', current_setting('test.ann')::uuid, 'candidate', 'boo')$$, '23503');
select pg_temp.expect_refused(
    'neither with owner and number given',
    $$insert into public.interview_messages (interview_session_id, user_id, turn_number, role, content)
      values ('00000000-0000-4000-8000-0000000000b1', current_setting('test.ann')::uuid, 1, 'candidate', 'boo')$$, '23503');
select pg_temp.expect_refused(
    'an interview that is not there is refused just as bob''s is, so ann learns nothing',
    $$insert into public.interview_messages (interview_session_id, user_id, turn_number, role, content)
      values ('00000000-0000-4000-8000-00000000dead', current_setting('test.ann')::uuid, 1, 'candidate', 'boo')$$, '23503');
select pg_temp.expect_refused(
    'ann does not take bob''s turn over by an upsert',
    $$insert into public.interview_messages (id, interview_session_id, role, content)
      values ('00000000-0000-4000-8000-0000000000b2', '00000000-0000-4000-8000-0000000000a1', 'candidate', 'boo')
      on conflict (id) do update set content = 'boo'$$, '42501');


-- interview_messages: interview_messages_update_own

select pg_temp.expect_rows(
    'ann corrects a turn of hers (interview_messages_update_own)',
    $$update public.interview_messages set content = 'ann speaks clearly' where content = 'ann speaks'$$, 1);
select pg_temp.expect_rows(
    'ann does not put words into bob''s mouth (interview_messages_update_own)',
    $$update public.interview_messages set content = 'boo' where id = '00000000-0000-4000-8000-0000000000b2'$$, 0);
select pg_temp.expect_refused(
    'ann does not give her turn to bob (interview_messages_update_own)',
    $$update public.interview_messages set user_id = current_setting('test.bob')::uuid$$, '42501');
select pg_temp.expect_refused(
    'ann does not move her turn into bob''s interview (interview_messages_update_own)',
    $$update public.interview_messages set interview_session_id = '00000000-0000-4000-8000-0000000000b1'$$, '42501');


-- interview_messages: interview_messages_delete_own

select pg_temp.expect_rows(
    'ann does not delete bob''s turn (interview_messages_delete_own)',
    $$delete from public.interview_messages where id = '00000000-0000-4000-8000-0000000000b2'$$, 0);
select pg_temp.expect_rows(
    'ann deletes a turn of hers (interview_messages_delete_own)',
    $$delete from public.interview_messages where content = 'take a breath'$$, 1);


-- user_settings: user_settings_select_own, user_settings_update_own

select pg_temp.expect_value(
    'ann sees her settings and no other (user_settings_select_own)',
    $$select string_agg(user_id::text, ', ') from public.user_settings$$, current_setting('test.ann'));
select pg_temp.expect_rows(
    'ann does not see bob''s settings (user_settings_select_own)',
    $$select * from public.user_settings where user_id = current_setting('test.bob')::uuid$$, 0);
select pg_temp.expect_rows(
    'ann changes her settings (user_settings_update_own)',
    $$update public.user_settings
      set notifications = '{"email": true}', privacy = '{"keep": false}', preferences = '{"theme": "dark"}'$$, 1);
select pg_temp.expect_rows(
    'ann does not change bob''s settings (user_settings_update_own)',
    $$update public.user_settings set privacy = '{"public": true}'
      where user_id = current_setting('test.bob')::uuid$$, 0);
select pg_temp.expect_refused(
    'ann does not give her settings to eve (user_settings_update_own)',
    $$update public.user_settings set user_id = current_setting('test.eve')::uuid$$, '42501');
select pg_temp.expect_refused(
    'ann makes no second settings, nor bob''s',
    $$insert into public.user_settings (user_id) values (current_setting('test.bob')::uuid)$$, '42501');
select pg_temp.expect_refused('ann does not delete her settings', $$delete from public.user_settings$$, '42501');


-- billing_subscriptions: billing_subscriptions_select_own

select pg_temp.expect_value(
    'ann sees her plan and no other (billing_subscriptions_select_own)',
    $$select string_agg(user_id::text, ', ') from public.billing_subscriptions$$, current_setting('test.ann'));
select pg_temp.expect_rows(
    'ann does not see bob''s plan (billing_subscriptions_select_own)',
    $$select * from public.billing_subscriptions where user_id = current_setting('test.bob')::uuid$$, 0);
select pg_temp.expect_refused(
    'ann gives herself no credits',
    $$update public.billing_subscriptions set credits_remaining = 1000$$, '42501');
select pg_temp.expect_refused(
    'ann gives herself no other plan',
    $$update public.billing_subscriptions set plan_type = 'enterprise', status = 'active'$$, '42501');
select pg_temp.expect_refused(
    'ann does not pay with bob''s card',
    $$update public.billing_subscriptions set stripe_customer_id = 'cus_bob'$$, '42501');
select pg_temp.expect_refused(
    'ann adds no plan',
    $$insert into public.billing_subscriptions (user_id, plan_type)
      values (current_setting('test.ann')::uuid, 'pro')$$, '42501');
select pg_temp.expect_refused('ann does not delete her plan', $$delete from public.billing_subscriptions$$, '42501');


-- audit_logs: audit_logs_select_own

select pg_temp.expect_rows(
    'ann sees that she signed in (audit_logs_select_own)',
    $$select * from public.audit_logs where action = 'sign_in'$$, 1);
select pg_temp.expect_rows(
    'ann sees nothing that bob did (audit_logs_select_own)',
    $$select * from public.audit_logs where user_id = current_setting('test.bob')::uuid$$, 0);
select pg_temp.expect_rows(
    'ann sees nothing that nobody did (audit_logs_select_own)',
    $$select * from public.audit_logs where user_id is null$$, 0);
select pg_temp.expect_rows(
    'ann does not see the trail of her own account where she was not the one',
    $$select * from public.audit_logs where resource_type = 'users' and action = 'insert'$$, 0);
select pg_temp.expect_rows(
    'ann does not see the trail of bob''s rows',
    $$select * from public.audit_logs where resource_id = '00000000-0000-4000-8000-0000000000b1'$$, 0);


-- Bob finds everything as he left it

select pg_temp.become('authenticated', current_setting('test.bob')::uuid);

select pg_temp.expect_value('bob''s name is his', $$select name from public.users$$, 'bob');
select pg_temp.expect_value('bob''s interview is his', $$select company from public.interview_sessions$$, 'Bob Ltd');
select pg_temp.expect_value('bob''s words are his', $$select content from public.interview_messages$$, 'bob speaks');
select pg_temp.expect_value('bob''s settings are his', $$select privacy from public.user_settings$$, '{}');
select pg_temp.expect_value(
    'bob''s trail is his', $$select string_agg(action, ', ') from public.audit_logs$$, 'sign_in');


-- Eve, who waits, holds no token: signing in is refused. With one, she would reach herself alone.

select pg_temp.become('authenticated', current_setting('test.eve')::uuid);

select pg_temp.expect_value('eve sees that she waits', $$select approved from public.users$$, 'false');
select pg_temp.expect_refused(
    'eve does not let herself in', $$update public.users set approved = true$$, '42501');
select pg_temp.expect_rows('eve sees no interview', $$select * from public.interview_sessions$$, 0);
select pg_temp.expect_rows('eve sees no trail', $$select * from public.audit_logs$$, 0);


-- The policies alone, with the columns' rights out of the way
--
-- Several attempts above end at a column that is not granted. Were it granted, the policies hold.

select pg_temp.become_admin();
grant insert, update, delete
    on public.users, public.interview_sessions, public.interview_messages, public.user_settings,
        public.billing_subscriptions, public.audit_logs
    to authenticated;
grant select on public.users to authenticated;
select pg_temp.become('authenticated', current_setting('test.ann')::uuid);

select pg_temp.expect_refused(
    'users_update_own does not let ann become somebody else',
    $$update public.users set id = gen_random_uuid()$$, '42501');
select pg_temp.expect_rows(
    'users_update_own does not let ann withdraw bob''s approval',
    $$update public.users set approved = false where id = current_setting('test.bob')::uuid$$, 0);
select pg_temp.expect_refused(
    'no policy lets ann add an account',
    $$insert into public.users (email, name, password_hash) values ('fay@example.com', 'Fay', '!')$$, '42501');
select pg_temp.expect_rows('no policy lets ann delete an account', $$delete from public.users$$, 0);
select pg_temp.expect_refused(
    'interview_sessions_update_own does not let ann give her interview to bob',
    $$update public.interview_sessions set user_id = current_setting('test.bob')::uuid$$, '42501');
select pg_temp.expect_rows(
    'interview_sessions_update_own does not let ann take bob''s interview',
    $$update public.interview_sessions set user_id = current_setting('test.ann')::uuid
      where user_id = current_setting('test.bob')::uuid$$, 0);
select pg_temp.expect_refused(
    'interview_messages_update_own does not let ann give her turn to bob',
    $$update public.interview_messages set user_id = current_setting('test.bob')::uuid$$, '42501');
select pg_temp.expect_refused(
    'the foreign key does not let ann move her turn into bob''s interview',
    $$update public.interview_messages set interview_session_id = '00000000-0000-4000-8000-0000000000b1'$$, '23503');
select pg_temp.expect_refused(
    'interview_messages_update_own does not let ann move her turn with its owner',
    $$update public.interview_messages
      set interview_session_id = '00000000-0000-4000-8000-0000000000b1', user_id = current_setting('test.bob')::uuid$$,
    '42501');
select pg_temp.expect_refused(
    'user_settings_update_own does not let ann give her settings to bob',
    $$update public.user_settings set user_id = current_setting('test.bob')::uuid$$, '42501');
select pg_temp.expect_refused(
    'no policy lets ann add settings',
    $$insert into public.user_settings (user_id) values (current_setting('test.ann')::uuid)$$, '42501');
select pg_temp.expect_rows('no policy lets ann delete settings', $$delete from public.user_settings$$, 0);
select pg_temp.expect_rows(
    'no policy lets ann change a plan', $$update public.billing_subscriptions set credits_remaining = 9$$, 0);
select pg_temp.expect_refused(
    'no policy lets ann add a plan',
    $$insert into public.billing_subscriptions (user_id) values (current_setting('test.ann')::uuid)$$, '42501');
select pg_temp.expect_rows('no policy lets ann delete a plan', $$delete from public.billing_subscriptions$$, 0);
select pg_temp.expect_refused(
    'no policy lets ann add to the trail',
    $$insert into public.audit_logs (user_id, action, resource_type)
      values (current_setting('test.ann')::uuid, 'sign_in', 'session')$$, '42501');
select pg_temp.expect_rows('no policy lets ann change the trail', $$update public.audit_logs set action = 'x'$$, 0);
select pg_temp.expect_rows('no policy lets ann clear the trail', $$delete from public.audit_logs$$, 0);

select pg_temp.become_admin();
revoke insert, update, delete
    on public.users, public.user_settings, public.billing_subscriptions, public.audit_logs
    from authenticated;


-- The service passes by row security, with or without a person's claims

select pg_temp.become('service_role');

select pg_temp.expect_rows(
    'the service sees both interviews',
    $$select * from public.interview_sessions
      where user_id in (current_setting('test.ann')::uuid, current_setting('test.bob')::uuid)$$, 2);
select pg_temp.expect_rows(
    'the service sees every account, the hashes too',
    $$select password_hash from public.users
      where id in (
          current_setting('test.ann')::uuid, current_setting('test.bob')::uuid, current_setting('test.eve')::uuid
      )$$, 3);
select pg_temp.expect_rows(
    'the service lets eve in',
    $$update public.users set approved = true, approved_by = current_setting('test.ann')::uuid
      where id = current_setting('test.eve')::uuid$$, 1);
select pg_temp.expect_rows(
    'the service writes what an interview has used',
    $$update public.interview_sessions set ai_usage = '{"calls": 1, "input_tokens": 20, "cost": 0.01}'
      where id = '00000000-0000-4000-8000-0000000000b1'$$, 1);
select pg_temp.expect_rows(
    'the service writes plans and credits',
    $$update public.billing_subscriptions set plan_type = 'pro', credits_remaining = 10
      where user_id = current_setting('test.bob')::uuid$$, 1);
select pg_temp.expect_rows(
    'the service adds a turn to anybody''s interview',
    $$insert into public.interview_messages (interview_session_id, role, content)
      values ('00000000-0000-4000-8000-0000000000b1', 'assistant', 'breathe')$$, 1);
select pg_temp.expect_rows(
    'that turn is bob''s, and the second one',
    $$select from public.interview_messages
      where content = 'breathe' and user_id = current_setting('test.bob')::uuid and turn_number = 2$$, 1);
select pg_temp.expect_rows(
    'the service sees the whole trail',
    $$select * from public.audit_logs where action in ('sign_in', 'maintenance')$$, 3);


-- Row security is forced: without its BYPASSRLS not even the owner sees a row

select pg_temp.become_admin();
alter role parakeet_owner nobypassrls;
select pg_temp.become('parakeet_owner', current_setting('test.ann')::uuid);

select pg_temp.expect_rows('row security holds for the owner of ' || name, 'select id from public.' || name, 0)
from unnest(array[
    'users', 'interview_sessions', 'interview_messages', 'user_settings', 'billing_subscriptions', 'audit_logs'
]) as name;

select pg_temp.become_admin();
alter role parakeet_owner bypassrls;

select pg_temp.expect_rows(
    'every table has row security, enabled and forced',
    $$select from pg_class
      where relnamespace = 'public'::regnamespace
      and relkind in ('r', 'p')
      and not (relrowsecurity and relforcerowsecurity)$$, 0);
select pg_temp.expect_rows(
    'every policy names authenticated alone',
    $$select from pg_policy
      where polrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace)
      and polroles <> array['authenticated'::regrole::oid]$$, 0);
