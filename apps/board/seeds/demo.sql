-- Demo data: people, their deliberations over all statuses, what the personas said and voted,
-- payments, and the trail. Twelve people and about forty deliberations per unit of scale.
--
-- The same seed gives the same rows: every choice is a hash of seed, kind and number, every time is
-- counted from one fixed morning. Rows of a smaller scale are contained in a larger one. What is
-- there already stays as it is, so running it again changes nothing.

create or replace function pg_temp.setting(name text, otherwise text)
returns text
language sql
as $$
    select coalesce(nullif(current_setting('tenantry.' || name, true), ''), otherwise)
$$;

-- A number from 0 to below `below`, always the same for the same key.
create or replace function pg_temp.choice(key text, below integer)
returns integer
language sql
as $$
    select (('x' || substr(md5(pg_temp.setting('demo_seed', '1') || ':' || key), 1, 7))::bit(28)::integer % below)
$$;

create or replace function pg_temp.one_of(key text, variadic choices text[])
returns text
language sql
as $$
    select choices[1 + pg_temp.choice(key, cardinality(choices))]
$$;

create or replace function pg_temp.id_of(kind text, n text)
returns uuid
language sql
as $$
    select md5(pg_temp.setting('demo_seed', '1') || ':' || kind || ':' || n)::uuid
$$;

-- The trail of this invented past is written below with its own times; the triggers would date all
-- of it today. Only the board's own audit triggers rest, and only inside this transaction.
alter table public.users disable trigger audit_users;
alter table public.sessions disable trigger audit_sessions;
alter table public.payments disable trigger audit_payments;

-- People ---------------------------------------------------------------------------------------

create temporary table demo_users on commit drop as
select
    people.n,
    people.id,
    people.name,
    -- The number keeps addresses apart at every scale, the seed's mark between seeds.
    lower(replace(people.name, ' ', '.')) || '.' || people.n
        || case when pg_temp.setting('demo_seed', '1') = '1' then '' else '.s' || pg_temp.setting('demo_seed', '1') end
        || '@' || pg_temp.one_of('domain' || people.n, 'example.com', 'example.org') as email,
    pg_temp.one_of('provider' || people.n, 'supabase', 'supabase', 'supabase', 'google', 'github', 'linkedin')
        as auth_provider,
    pg_temp.one_of('tier' || people.n, 'free', 'free', 'free', 'pro', 'pro', 'enterprise')
        as subscription_tier,
    people.created_at,
    case
        when pg_temp.choice('consent' || people.n, 8) > 0
            then people.created_at + make_interval(secs => 20 + pg_temp.choice('consent_after' || people.n, 400))
    end as gdpr_consent_at,
    not exists (select from public.users where users.id = people.id) as is_new
from (
    select
        n,
        pg_temp.id_of('user', n::text)::text as id,
        pg_temp.one_of('first' || n,
            'Amina', 'Benjamin', 'Carla', 'Dario', 'Elena', 'Farid', 'Greta', 'Hugo', 'Isabel', 'Jonas',
            'Kavya', 'Liam', 'Maya', 'Niklas', 'Olivia', 'Pavel', 'Rosa', 'Sanjay', 'Talia', 'Wei')
            || ' '
            || pg_temp.one_of('last' || n,
                'Abara', 'Bauer', 'Castillo', 'Dubois', 'Eriksson', 'Fontaine', 'Gupta', 'Hansen', 'Ito',
                'Jansen', 'Keller', 'Lopez', 'Moretti', 'Novak', 'Okoye', 'Park', 'Quinn', 'Rossi', 'Santos', 'Weber')
            as name,
        timestamptz '2026-01-05 09:00:00+00'
            - make_interval(
                days => 95 + pg_temp.choice('joined' || n, 200),
                secs => pg_temp.choice('joined_at' || n, 36000)
            ) as created_at
    from generate_series(1, 12 * pg_temp.setting('demo_scale', '1')::integer) as n
) as people;

insert into auth.users
    (id, email, encrypted_password, email_confirmed_at, raw_app_meta_data, raw_user_meta_data, created_at, updated_at)
select
    id::uuid,
    email,
    case when auth_provider = 'supabase' then pg_temp.setting('demo_password_hash', '!') else '!' end,
    created_at,
    jsonb_build_object(
        'provider', provider,
        'providers', jsonb_build_array(provider)
    ),
    jsonb_build_object('name', name),
    created_at,
    created_at
from (
    select
        *,
        case auth_provider
            when 'supabase' then 'email'
            when 'linkedin' then 'linkedin_oidc'
            else auth_provider
        end as provider
    from demo_users
    where is_new
) as accounts
order by n
on conflict do nothing;

-- The identity binding may have made the row already; what it does not know is written here.
insert into public.users
    (id, email, auth_provider, subscription_tier, gdpr_consent_at, created_at, updated_at)
select
    id, email, auth_provider, subscription_tier, gdpr_consent_at, created_at,
    coalesce(gdpr_consent_at, created_at)
from demo_users
where is_new
order by n
on conflict (id) do update
set
    auth_provider = excluded.auth_provider,
    subscription_tier = excluded.subscription_tier,
    gdpr_consent_at = excluded.gdpr_consent_at,
    created_at = excluded.created_at,
    updated_at = excluded.updated_at;

-- Problems -------------------------------------------------------------------------------------

create temporary table demo_problems (
    n integer,
    statement text,
    context json,
    subject text,
    first_choice text,
    second_choice text,
    first_words text,
    second_words text
) on commit drop;

insert into demo_problems
values
    (0, 'Our bakery chain has five shops and a lease offer for a sixth in the station. Rent is double what we pay elsewhere. Should we take it?',
        '{"industry": "food retail", "shops": 5, "monthly_rent_eur": 9800}',
        'the sixth shop', 'take_the_lease', 'decline_the_lease', 'sign for three years with a break clause', 'put the money into the five shops that exist'),
    (1, 'We sell scheduling software to dentists at 49 dollars a month. Churn is 4 % a month. Should we raise the price or fix onboarding first?',
        '{"industry": "software", "customers": 1240, "monthly_churn": 0.04}',
        'churn and price', 'fix_onboarding', 'raise_price', 'repair the first thirty days before touching the price', 'raise the price for new customers now'),
    (2, 'Half of my team wants to work remotely for good, the other half wants the office back. The lease ends in June. What should I decide?',
        '{"team_size": 26, "lease_ends": "2026-06-30"}',
        'the lease and remote work', 'small_office', 'fully_remote', 'keep a third of the space with two fixed days', 'give up the office and fund quarterly meetings'),
    (3, 'A hospital asks us to pilot our triage assistant for free, with their data, for a year. We have nine months of cash. Do we say yes?',
        '{"industry": "health technology", "runway_months": 9}',
        'the free pilot', 'paid_pilot', 'free_pilot', 'offer a paid pilot of four months with a success clause', 'accept, if the data agreement allows what we learn to be kept'),
    (4, 'Our city library loses visitors every year. We have 300,000 for one project: longer hours, a makerspace, or outreach to schools?',
        '{"sector": "public", "budget_eur": 300000}',
        'the library''s one project', 'school_outreach', 'longer_hours', 'build the outreach with three schools and measure it', 'open on Sundays and in the evening'),
    (5, 'My co-founder wants to sell the company to our largest customer. I do not. The offer expires in three weeks.',
        '{"revenue_usd": 2100000, "offer_usd": 7500000}',
        'the offer', 'counter_offer', 'sell_now', 'answer with a higher price and a shorter earn-out', 'sell while there is a buyer'),
    (6, 'Should our regional brewery move from glass to cans? Our regulars like glass, retailers ask for cans.',
        '{"industry": "beverages", "hectolitres": 42000}',
        'glass or cans', 'cans_for_retail', 'stay_with_glass', 'fill cans for retail through a partner and keep glass for pubs', 'stay with returnable glass and say why'),
    (7, 'We want to rewrite our fifteen-year-old logistics platform. The team says two years, the board says one. How do we proceed?',
        '{"industry": "logistics", "engineers": 18}',
        'the rewrite', 'replace_in_slices', 'full_rewrite', 'replace it slice by slice behind the old interface', 'rewrite it with a frozen scope'),
    (8, 'Our charity gets 60 % of its income from one foundation, which is changing its priorities next year. What do we do in the next six months?',
        '{"sector": "non-profit", "annual_income_gbp": 890000}',
        'the dependence on one funder', 'diversify_now', 'negotiate_exit_grant', 'start monthly giving and two new applications at once', 'negotiate a tapered exit grant first'),
    (9, 'We are asked to build a feature for one customer worth 20 % of our revenue. Nobody else wants it. Build it?',
        '{"industry": "software", "share_of_revenue": 0.2}',
        'the single customer''s feature', 'build_as_extension', 'refuse', 'build it as a paid extension outside the core', 'refuse and offer the interface to build it themselves'),
    (10, 'Our school wants to allow AI tools in homework. Parents are split, teachers are tired. Which policy should we set for September?',
        '{"sector": "education", "pupils": 740}',
        'the homework policy', 'allow_with_disclosure', 'supervised_only', 'allow the tools with disclosure and move grading into class', 'allow them only in supervised lessons this year'),
    (11, 'A supplier that makes a third of our parts was found to break labour law abroad. Leave at once or stay and demand remedy?',
        '{"industry": "manufacturing", "share_of_parts": 0.33}',
        'the supplier', 'remedy_plan', 'leave_now', 'stay for ninety days under an audited remedy plan', 'leave now and carry the shortage');

-- Deliberations --------------------------------------------------------------------------------

create temporary table demo_sessions on commit drop as
select
    drawn.*,
    problems.statement,
    problems.context,
    problems.subject,
    problems.first_choice,
    problems.second_choice,
    problems.first_words,
    problems.second_words,
    case drawn.status
        when 'completed' then 'complete'
        when 'failed' then pg_temp.one_of('failed_in' || drawn.key, 'deliberation', 'voting', 'synthesis')
        else pg_temp.one_of('phase' || drawn.key, 'deliberation', 'deliberation', 'moderator_intervention')
    end as phase,
    not exists (select from public.sessions where sessions.id = drawn.id) as is_new
from (
    select
        people.n || '-' || k as key,
        row_number() over (order by people.n, k) as n,
        pg_temp.id_of('session', people.n || '-' || k)::text as id,
        people.id as user_id,
        pg_temp.choice('problem' || people.n || '-' || k, 12) as problem,
        pg_temp.one_of('status' || people.n || '-' || k,
            'completed', 'completed', 'completed', 'completed', 'completed',
            'active', 'active', 'paused', 'failed', 'killed') as status,
        2 + pg_temp.choice('rounds' || people.n || '-' || k, 3) as rounds,
        3 + pg_temp.choice('personas' || people.n || '-' || k, 5) as voices,
        timestamptz '2026-01-05 09:00:00+00'
            - make_interval(
                days => pg_temp.choice('day' || people.n || '-' || k, 90),
                secs => pg_temp.choice('second' || people.n || '-' || k, 30000) + 7200
            ) as created_at
    from demo_users as people
    cross join lateral generate_series(1, 2 + pg_temp.choice('sessions' || people.n, 4)) as k
) as drawn
join demo_problems as problems
    on problems.n = drawn.problem;

-- Who sits on which board: the same few for all its rounds.
create temporary table demo_boards on commit drop as
select
    seated.session_id,
    seated.seat,
    seated.code,
    seated.field,
    -- Two of three hold with the first option; nobody changes sides in the demo.
    pg_temp.choice('side' || seated.key || seated.code, 3) < 2 as for_first
from (
    select
        sessions.id as session_id,
        sessions.key,
        sessions.voices,
        personas.code,
        lower(left(personas.expertise, 1)) || substr(split_part(personas.expertise, ':', 1), 2) as field,
        row_number() over (
            partition by sessions.id
            order by md5(pg_temp.setting('demo_seed', '1') || ':seat:' || sessions.key || ':' || personas.code)
        ) as seat
    from demo_sessions as sessions
    cross join public.personas
    where sessions.is_new
        and personas.code <> 'moderator'
) as seated
where seated.seat <= seated.voices;

create temporary table demo_contributions on commit drop as
select
    said.*,
    sessions.created_at
        + make_interval(secs => 60 + 55 * row_number() over (
            partition by said.session_id
            order by said.round_number, said.seat
        )) as created_at,
    sessions.n as session_n
from (
    select
        sessions.id as session_id,
        boards.code as persona_code,
        round_number,
        boards.seat,
        case when round_number = 1 then 'initial_round' else 'deliberation' end as phase,
        case
            when round_number = 1 then 'Position on ' || sessions.subject || ': '
            else pg_temp.one_of('turn' || sessions.key || boards.code || round_number,
                'Having read the others, I hold to this: ',
                'One correction to the last round, and the same conclusion: ',
                'The objection about timing is fair and does not change my view: ',
                'To answer the question put to me: ')
        end
            || case when boards.for_first then sessions.first_words else sessions.second_words end
            || '. Seen from ' || boards.field || ', '
            || pg_temp.one_of('reason' || sessions.key || boards.code || round_number,
                'the cost of being wrong is small if we set a date on which we look again.',
                'the part that nobody has priced is the time of the people who must carry it out.',
                'the evidence offered so far describes one good month, not a pattern.',
                'what matters is which of the two choices can still be undone in half a year.',
                'the strongest argument on the other side rests on a number we could check this week.',
                'the people affected have not been asked, and asking twenty of them is cheap.',
                'waiting has a price as well, and it grows with every month of doubt.',
                'we should separate what is certain from what is merely likely before we commit money.')
            || ' '
            || pg_temp.one_of('assumption' || sessions.key || boards.code || round_number,
                'I assume that the figures in the brief are recent.',
                'I assume that nothing in existing contracts forbids it.',
                'I assume that the team is as large next quarter as it is today.',
                'I assume that demand stays where it has been this year.',
                'I assume that the decision belongs to the person who asks.')
            || ' Confidence ' || to_char(0.5 + pg_temp.choice('sure' || sessions.key || boards.code || round_number, 45) / 100.0, 'FM0.00') || '.'
            as content,
        420 + pg_temp.choice('tokens' || sessions.key || boards.code || round_number, 900) as tokens,
        pg_temp.one_of('model' || sessions.key,
            'claude-sonnet-4-5', 'claude-sonnet-4-5', 'gpt-4.1-mini', 'qwen2.5-7b-instruct') as model
    from demo_sessions as sessions
    join demo_boards as boards
        on boards.session_id = sessions.id
    cross join lateral generate_series(1, sessions.rounds) as round_number
    union all
    -- The moderator speaks after some of the discussion rounds.
    select
        sessions.id,
        personas.code,
        round_number,
        99,
        'moderator_intervention',
        pg_temp.one_of('moderator' || sessions.key || round_number,
            'The same argument has now been made three times in different words. Whoever holds it: what would change your mind?',
            'You agree faster than the evidence allows. I ask for the best case against the leading option before we go on.',
            'Two of you answer a different question. The question is ' || sessions.subject || ', and what to do about it now.',
            'A claim about cost was passed over. Please say where the figure comes from, or mark it as a guess.'),
        180 + pg_temp.choice('moderator_tokens' || sessions.key || round_number, 120),
        'claude-sonnet-4-5'
    from demo_sessions as sessions
    join public.personas
        on personas.code = 'moderator'
    cross join lateral generate_series(2, sessions.rounds) as round_number
    where sessions.is_new
        and pg_temp.choice('intervenes' || sessions.key || round_number, 2) = 0
) as said
join demo_sessions as sessions
    on sessions.id = said.session_id;

alter table demo_contributions add column cost numeric(10,4);

update demo_contributions
set cost = round(tokens * case model
        when 'claude-sonnet-4-5' then 0.000015
        when 'gpt-4.1-mini' then 0.0000016
        else 0
    end, 4);

create temporary table demo_totals on commit drop as
select
    session_id,
    sum(tokens) as tokens,
    sum(cost) as cost,
    max(created_at) as last_at
from demo_contributions
group by session_id;

-- A total is more than its contributions: taking the problem apart, choosing personas and voting
-- are about an eighth on top.
insert into public.sessions
    (id, user_id, problem_statement, problem_context, status, phase, total_cost, total_tokens,
     round_number, max_rounds, created_at, updated_at, completed_at, killed_at, killed_by, kill_reason)
select
    sessions.id,
    sessions.user_id,
    sessions.statement,
    sessions.context,
    sessions.status,
    sessions.phase,
    round(coalesce(totals.cost, 0) * 1.125, 4),
    coalesce(totals.tokens, 0) * 9 / 8,
    sessions.rounds,
    pg_temp.one_of('max_rounds' || sessions.key, '5', '10', '10')::integer,
    sessions.created_at,
    coalesce(totals.last_at, sessions.created_at) + interval '2 minutes',
    case when sessions.status = 'completed' then coalesce(totals.last_at, sessions.created_at) + interval '2 minutes' end,
    case when sessions.status = 'killed' then coalesce(totals.last_at, sessions.created_at) + interval '2 minutes' end,
    case
        when sessions.status = 'killed'
            then case when pg_temp.choice('killer' || sessions.key, 3) = 0 then 'admin' else sessions.user_id end
    end,
    case
        when sessions.status = 'killed'
            then pg_temp.one_of('kill_reason' || sessions.key,
                'cost ceiling reached', 'the question was put wrongly', 'decided otherwise in the meantime', 'the discussion went in circles')
    end
from demo_sessions as sessions
left join demo_totals as totals
    on totals.session_id = sessions.id
where sessions.is_new
order by sessions.n
on conflict do nothing;

insert into public.contributions
    (session_id, persona_code, content, round_number, phase, cost, tokens, model, created_at)
select
    session_id, persona_code, content, round_number, phase, cost, tokens, model, created_at
from demo_contributions
order by session_n, round_number, seat;

insert into public.votes
    (session_id, persona_code, vote_choice, reasoning, confidence, created_at)
select
    sessions.id,
    boards.code,
    case when boards.for_first then sessions.first_choice else sessions.second_choice end,
    'I vote to '
        || case when boards.for_first then sessions.first_words else sessions.second_words end
        || '. '
        || pg_temp.one_of('vote' || sessions.key || boards.code,
            'It keeps the other road open for half a year.',
            'The discussion produced no figure that speaks against it.',
            'It is the choice whose failure we would notice soonest.',
            'The objections were answered but for one, which a small test can settle.',
            'Those who bear the cost have the most to gain from it.'),
    round(0.45 + pg_temp.choice('confidence' || sessions.key || boards.code, 55) / 100.0, 2),
    totals.last_at + make_interval(secs => boards.seat::integer * 8)
from demo_sessions as sessions
join demo_boards as boards
    on boards.session_id = sessions.id
join demo_totals as totals
    on totals.session_id = sessions.id
where sessions.status = 'completed'
    and sessions.is_new
order by sessions.n, boards.seat;

-- Payments -------------------------------------------------------------------------------------

insert into public.payments
    (user_id, stripe_customer_id, stripe_subscription_id, stripe_invoice_id, stripe_payment_intent_id,
     subscription_tier, amount, currency, status, failure_reason, period_start, period_end, paid_at, created_at, updated_at)
select
    people.id,
    'cus_demo' || substr(md5(people.id), 1, 14),
    'sub_demo' || substr(md5(people.id), 1, 14),
    'in_demo' || substr(md5(people.id || month), 1, 16),
    'pi_demo' || substr(md5(people.id || month), 1, 16),
    people.subscription_tier,
    case people.subscription_tier when 'pro' then 2900 else 19900 end,
    'usd',
    case when declined then 'failed' else 'succeeded' end,
    case when declined then 'card_declined' end,
    due,
    due + interval '1 month',
    case when not declined then due + interval '3 seconds' end,
    due,
    due + interval '3 seconds'
from demo_users as people
cross join lateral generate_series(1, 3) as month
cross join lateral (
    select
        timestamptz '2025-09-20 08:00:00+00' + make_interval(months => month, secs => pg_temp.choice('due' || people.n, 80000)) as due,
        pg_temp.choice('declined' || people.n || '-' || month, 9) = 0 as declined
) as bill
where people.is_new
    and people.subscription_tier <> 'free'
order by people.n, month
on conflict do nothing;

-- The trail ------------------------------------------------------------------------------------

insert into public.audit_log
    (user_id, action, resource_type, resource_id, details, ip_address, user_agent, "timestamp")
select
    events.user_id,
    events.action,
    events.resource_type,
    events.resource_id,
    events.details,
    case when events.user_id is not null then '203.0.113.' || (1 + pg_temp.choice('address' || events.user_id, 250)) end,
    case
        when events.user_id is not null
            then pg_temp.one_of('agent' || events.user_id,
                'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
                'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/26.0 Safari/605.1.15',
                'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36')
    end,
    events.at
from (
    select
        people.id as user_id,
        'user_created' as action,
        'user' as resource_type,
        people.id as resource_id,
        json_build_object('new', json_build_object(
            'auth_provider', people.auth_provider,
            'subscription_tier', 'free'
        )) as details,
        people.created_at as at
    from demo_users as people
    where people.is_new
    union all
    select
        people.id,
        'consent_given',
        'user',
        people.id,
        json_build_object(
            'old', json_build_object('gdpr_consent_at', null),
            'new', json_build_object('gdpr_consent_at', people.gdpr_consent_at)
        ),
        people.gdpr_consent_at
    from demo_users as people
    where people.is_new
        and people.gdpr_consent_at is not null
    union all
    select
        sessions.user_id,
        'user_login',
        'user',
        sessions.user_id,
        json_build_object('provider', people.auth_provider),
        sessions.created_at - interval '4 minutes'
    from demo_sessions as sessions
    join demo_users as people
        on people.id = sessions.user_id
    where sessions.is_new
    union all
    select
        sessions.user_id,
        'session_created',
        'session',
        sessions.id,
        json_build_object('new', json_build_object(
            'status', 'active',
            'phase', 'problem_decomposition'
        )),
        sessions.created_at
    from demo_sessions as sessions
    where sessions.is_new
    union all
    -- The person pauses; completion and failure are the service's, and an administrator's kill is
    -- nobody's among the users.
    select
        case
            when sessions.status = 'paused' then sessions.user_id
            when stored.killed_by <> 'admin' then sessions.user_id
        end,
        'session_' || sessions.status,
        'session',
        sessions.id,
        json_build_object(
            'old', json_build_object('status', 'active'),
            'new', json_build_object(
                'status', sessions.status,
                'round_number', stored.round_number,
                'total_cost', stored.total_cost,
                'killed_by', stored.killed_by,
                'kill_reason', stored.kill_reason
            )
        ),
        stored.updated_at
    from demo_sessions as sessions
    join public.sessions as stored
        on stored.id = sessions.id
    where sessions.is_new
        and sessions.status <> 'active'
) as events
order by events.at, events.resource_id, events.action;

alter table public.users enable trigger audit_users;
alter table public.sessions enable trigger audit_sessions;
alter table public.payments enable trigger audit_payments;
