-- The waiting list: administrators work it, and nobody else does, whatever they are.


-- People

select set_config('test.chief', pg_temp.person('chief@example.com')::text, true);
select set_config('test.ann', pg_temp.person('ann@example.com')::text, true);
select set_config('test.bob', pg_temp.person('bob@example.com')::text, true);

select auth.bind_make_administrator(current_setting('test.chief')::uuid);


-- Those who may not

select pg_temp.become('authenticated', current_setting('test.ann')::uuid);

select pg_temp.expect_refused('who waits does not see who else does', 'select public.waiting_users()', '42501');
select pg_temp.expect_refused('nor lets themselves in',
    format('select public.approve_user(%L)', current_setting('test.ann')), '42501');
select pg_temp.expect_refused('nor turns others away',
    format('select public.decline_user(%L)', current_setting('test.bob')), '42501');
select pg_temp.expect_refused('nor withdraws an approval',
    format('select public.withdraw_approval(%L)', current_setting('test.chief')), '42501');
select pg_temp.expect_refused('nor makes an administrator',
    format('select auth.bind_make_administrator(%L)', current_setting('test.ann')), '42501');
select pg_temp.expect_refused('nor writes security events',
    'select auth.note_event(''role_granted'', null, null)', '42501');

select pg_temp.become('anon');

select pg_temp.expect_refused('anon sees no list', 'select public.waiting_users()', '42501');

select pg_temp.become('service_role');

select pg_temp.expect_refused('the service has the table, not the list', 'select public.waiting_users()', '42501');

select pg_temp.become_nobody_setting();

select pg_temp.expect_refused('an empty setting is no administrator', 'select public.waiting_users()', '42501');


-- The administrator

select pg_temp.become('authenticated', current_setting('test.chief')::uuid);

select pg_temp.expect_value('the list has who waits, and not who is in',
    'select string_agg(email, '', '' order by email) from public.waiting_users()',
    'ann@example.com, bob@example.com');
select pg_temp.expect_value('ann is let in',
    format('select public.approve_user(%L)', current_setting('test.ann')), 'true');
select pg_temp.expect_value('once',
    format('select public.approve_user(%L)', current_setting('test.ann')), 'false');
select pg_temp.expect_value('nobody is let in who is not there',
    'select public.approve_user(''99999999-9999-4999-8999-999999999999'')', 'false');
select pg_temp.expect_value('somebody who is in is not turned away',
    format('select public.decline_user(%L)', current_setting('test.ann')), 'false');
select pg_temp.expect_refused('nobody shuts themselves out',
    format('select public.withdraw_approval(%L)', current_setting('test.chief')), '42501');
select pg_temp.expect_value('bob is turned away',
    format('select public.decline_user(%L)', current_setting('test.bob')), 'true');

select pg_temp.become_admin();

select pg_temp.expect_value('who let ann in, and when, is on her row',
    format(
        'select approved_by = %L and approved_at = now() from public.users where id = %L',
        current_setting('test.chief'), current_setting('test.ann')
    ), 'true');
select pg_temp.expect_rows('bob''s account is gone with him',
    format('select from auth.users where id = %L', current_setting('test.bob')), 0);
select pg_temp.expect_value('both are in the trail, with who and from where',
    format(
        'select string_agg(format(''%%s %%s'', action, ip_address), '', '' order by action)
         from public.audit_logs
         where user_id = %L and resource_type = ''users'' and resource_id in (%L, %L)',
        current_setting('test.chief'), current_setting('test.ann'), current_setting('test.bob')
    ), 'delete 203.0.113.7, update 203.0.113.7');

insert into auth.sessions (user_id) values (current_setting('test.ann')::uuid);

select pg_temp.become('authenticated', current_setting('test.chief')::uuid);

select pg_temp.expect_value('an approval is taken back',
    format('select public.withdraw_approval(%L)', current_setting('test.ann')), 'true');

select pg_temp.become_admin();

select pg_temp.expect_rows('and the login sessions go with it',
    format('select from auth.sessions where user_id = %L', current_setting('test.ann')), 0);

update auth.users set is_super_admin = false where id = current_setting('test.chief')::uuid;

select pg_temp.become('authenticated', current_setting('test.chief')::uuid);

select pg_temp.expect_refused('who was an administrator is none', 'select public.waiting_users()', '42501');

select pg_temp.become_admin();
