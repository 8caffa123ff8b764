-- Row security: every policy of board, and an attempt to get around it.
--
-- Ann and Bob have one deliberation each, with a contribution, a vote and a payment.


-- People and rows

select set_config('test.ann', pg_temp.person('ann@example.com')::text, true);
select set_config('test.bob', pg_temp.person('bob@example.com')::text, true);

insert into public.sessions (id, user_id, problem_statement)
values
    ('ann-session', current_setting('test.ann'), 'Should we raise prices?'),
    ('bob-session', current_setting('test.bob'), 'Should we hire?');

insert into public.contributions (session_id, persona_code, content, round_number, phase, model)
values
    ('ann-session', 'growth_hacker', 'For Ann.', 0, 'initial_round', 'test'),
    ('bob-session', 'growth_hacker', 'For Bob.', 0, 'initial_round', 'test');

insert into public.votes (session_id, persona_code, vote_choice, reasoning)
values
    ('ann-session', 'growth_hacker', 'yes', 'It pays.'),
    ('bob-session', 'growth_hacker', 'no', 'It does not.');


-- sessions_user_isolation

select pg_temp.become('authenticated', current_setting('test.ann')::uuid);

select pg_temp.expect_value('ann sees her own deliberation alone',
    'select string_agg(id, '','') from public.sessions', 'ann-session');
select pg_temp.expect_rows('ann does not reach bob''s deliberation by its id',
    'select from public.sessions where id = ''bob-session''', 0);
select pg_temp.expect_refused('ann does not open one in bob''s name',
    format('insert into public.sessions (user_id, problem_statement) values (%L, ''x'')', current_setting('test.bob')),
    '42501');
select pg_temp.expect_rows('ann does not change bob''s',
    'update public.sessions set problem_statement = ''x'' where id = ''bob-session''', 0);
select pg_temp.expect_refused('ann does not give hers away',
    format('update public.sessions set user_id = %L', current_setting('test.bob')), '42501');
select pg_temp.expect_refused('ann does not write what a deliberation costs',
    'update public.sessions set total_cost = 0', '42501');
select pg_temp.expect_refused('nobody of the people deletes a deliberation',
    'delete from public.sessions', '42501');

-- contributions_user_isolation, votes_user_isolation

select pg_temp.expect_value('ann sees the contributions to her own deliberation',
    'select string_agg(content, '','') from public.contributions', 'For Ann.');
select pg_temp.expect_rows('a filter does not reach bob''s contributions',
    'select from public.contributions where session_id = ''bob-session''', 0);
select pg_temp.expect_refused('people do not write contributions',
    'insert into public.contributions (session_id, persona_code, content, round_number, phase, model)
     values (''ann-session'', ''growth_hacker'', ''x'', 0, ''initial_round'', ''x'')', '42501');
select pg_temp.expect_value('ann sees the votes on her own deliberation',
    'select string_agg(vote_choice, '','') from public.votes', 'yes');
select pg_temp.expect_rows('a join does not reach bob''s votes',
    'select from public.votes join public.personas on code = persona_code where vote_choice = ''no''', 0);
select pg_temp.expect_refused('people do not vote', 'update public.votes set vote_choice = ''x''', '42501');

-- users_select_own, and consent

select pg_temp.expect_value('ann sees herself alone', 'select string_agg(email, '','') from public.users', 'ann@example.com');
select pg_temp.expect_refused('ann does not date a consent back',
    'update public.users set gdpr_consent_at = ''2020-01-01''', '42501');
select pg_temp.expect_value('ann gives her own consent',
    'select public.give_consent() = now()', 'true');
select pg_temp.expect_value('and withdraws it', 'select public.withdraw_consent()', 'true');
select pg_temp.expect_value('which pauses what runs', 'select status from public.sessions', 'paused');
select pg_temp.expect_refused('ann does not raise her tier',
    'update public.users set subscription_tier = ''enterprise''', '42501');
select pg_temp.expect_refused('ann does not become bob',
    format('update public.users set id = %L', current_setting('test.bob')), '42501');

-- personas_public_read

select pg_temp.expect_rows('everybody signed in reads the personas', 'select from public.personas', 45);
select pg_temp.expect_refused('people do not change a persona',
    'update public.personas set system_prompt = ''Obey.''', '42501');

-- audit_log_user_isolation

select pg_temp.expect_rows('ann''s trail holds nothing of bob''s',
    format('select from public.audit_log where user_id is distinct from %L', current_setting('test.ann')), 0);
select pg_temp.expect_refused('people do not write the trail',
    'insert into public.audit_log (action, resource_type) values (''x'', ''user'')', '42501');
select pg_temp.expect_refused('people do not shorten the trail', 'delete from public.audit_log', '42501');

-- payments_user_isolation

select pg_temp.expect_rows('ann sees no payment of anybody''s', 'select from public.payments', 0);
select pg_temp.expect_refused('people do not write payments', 'delete from public.payments', '42501');

-- The views of costs are read as the caller.
select pg_temp.expect_rows('the costs hold nothing of bob''s',
    'select from public.session_metrics where session_id = ''bob-session''', 0);


-- Callers who are nobody

select pg_temp.become_nobody_setting();

select pg_temp.expect_refused('an empty setting is nobody: consent', 'select public.give_consent()', '42501');
select pg_temp.expect_refused('nor does nobody withdraw one', 'select public.withdraw_consent()', '42501');
select pg_temp.expect_rows('an empty setting is nobody: sessions', 'select from public.sessions', 0);
select pg_temp.expect_rows('an empty setting is nobody: contributions', 'select from public.contributions', 0);
select pg_temp.expect_rows('an empty setting is nobody: votes', 'select from public.votes', 0);
select pg_temp.expect_rows('an empty setting is nobody: users', 'select from public.users', 0);
select pg_temp.expect_rows('an empty setting is nobody: the trail', 'select from public.audit_log', 0);

select pg_temp.become('anon');

select pg_temp.expect_rows('anon reads the personas', 'select from public.personas', 45);
select pg_temp.expect_refused('anon reads no deliberation', 'select from public.sessions', '42501');
select pg_temp.expect_refused('anon reads no user', 'select from public.users', '42501');
select pg_temp.expect_refused('anon consents to nothing', 'select public.give_consent()', '42501');


-- The service and the analyst

select pg_temp.become('service_role');

select pg_temp.expect_refused('the service consents for nobody', 'select public.give_consent()', '42501');
select pg_temp.expect_value('withdrawing reached ann''s deliberation alone',
    'select string_agg(id || '' '' || status, '', '' order by id) from public.sessions where id in (''ann-session'', ''bob-session'')',
    'ann-session paused, bob-session active');
select pg_temp.expect_value('consent has words of its own in the trail',
    format('select string_agg(format(''%%s %%s'', action, ip_address), '', '' order by id) from public.audit_log where user_id = %L and action like ''consent%%''', current_setting('test.ann')),
    'consent_given 203.0.113.7, consent_withdrawn 203.0.113.7');

select pg_temp.expect_rows('the service sees every deliberation',
    'select from public.sessions where id in (''ann-session'', ''bob-session'')', 2);
select pg_temp.expect_refused('not even the service changes the trail', 'update public.audit_log set action = ''x''', '42501');

select pg_temp.become('board_analyst');

select pg_temp.expect_refused('the analyst reads no problem', 'select problem_statement from public.sessions', '42501');
select pg_temp.expect_refused('the analyst reads no address', 'select email from public.users', '42501');
select pg_temp.expect_refused('the analyst changes nothing', 'delete from public.votes', '42501');

select pg_temp.become_admin();
