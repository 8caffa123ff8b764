-- The demonstration set: people, approved and waiting, their interviews with every turn, their
-- settings and plans.
--
-- The same seed gives the same rows, ids and times included; a larger scale adds to a smaller one.
-- Running it again changes nothing. Settings: tenantry.demo_seed, tenantry.demo_scale (sixteen
-- people each), tenantry.demo_password_hash.

create or replace function pg_temp.demo_seed()
returns text
language sql
stable
as $$
    select coalesce(nullif(current_setting('tenantry.demo_seed', true), ''), '1')
$$;

create or replace function pg_temp.demo_scale()
returns integer
language sql
stable
as $$
    select greatest(coalesce(nullif(current_setting('tenantry.demo_scale', true), ''), '1')::integer, 1)
$$;

create or replace function pg_temp.demo_password_hash()
returns text
language sql
stable
as $$
    select coalesce(nullif(current_setting('tenantry.demo_password_hash', true), ''), '!')
$$;

-- An id, a whole number from 0 to below faces, and a choice from a list: each fixed by seed and key.
create or replace function pg_temp.demo_id(key text)
returns uuid
language sql
stable
as $$
    select md5(pg_temp.demo_seed() || ':' || key)::uuid
$$;

create or replace function pg_temp.roll(key text, faces integer)
returns integer
language sql
stable
as $$
    select (('x' || left(md5(pg_temp.demo_seed() || '#' || key), 8))::bit(32)::bigint % faces)::integer
$$;

create or replace function pg_temp.pick(choices text[], key text)
returns text
language sql
stable
as $$
    select choices[1 + pg_temp.roll(key, cardinality(choices))]
$$;


-- What is asked in each kind of interview: the question, the assistant's hint, the answer given.
create temp table demo_rounds on commit drop as
select
    r.kind,
    (row_number() over (partition by r.kind order by r.ordinal) - 1)::integer as number,
    r.question,
    r.hint,
    r.answer
from (
    values
        (1, 'behavioural',
            'Tell me about a time you disagreed with a decision of your team.',
            'Name the decision, what you did about it and how it ended. Keep to one example and say what you would do again.',
            'We were about to rewrite the billing service. I thought it too early, so I measured where the time went and showed that two queries were to blame. We fixed those and postponed the rewrite by a year.'),
        (2, 'behavioural',
            'Describe a project that did not go as planned.',
            'Choose one where you had a part in the cause. Say what you noticed, when, and what you changed.',
            'I promised a migration within a month and learned in week three that half of the data was not where we thought. I told the customer the same day, cut the scope to the accounts in use and delivered those on time.'),
        (3, 'behavioural',
            'How do you give feedback to somebody more senior than you?',
            'Show respect and directness at once: in private, about one observation, with its effect.',
            'In private and about what I saw, not about the person. I once told my director that our weekly review had become a status report; we turned it into a discussion of one problem.'),
        (4, 'behavioural',
            'When did you last learn something that changed how you work?',
            'Pick something recent and concrete, and say what is different now.',
            'Reading other teams'' incident reviews. Since then I write down what I expect before a deployment, so that I notice when it turns out otherwise.'),
        (5, 'behavioural',
            'What do you do when two deadlines collide?',
            'Priorities are a conversation: name who decides and what you bring to it.',
            'I write both down with what happens when each slips, and bring that to the two people who asked. Most of the time one of them can wait once they see it side by side.'),
        (6, 'technical',
            'What happens between typing an address into a browser and seeing the page?',
            'Go through name resolution, connection, TLS, request, rendering; offer to go deeper where they like.',
            'The name is resolved, a connection is opened and encrypted, the request is sent, and the browser builds the page from what comes back while it fetches what the page refers to. Shall I go deeper into one of these?'),
        (7, 'technical',
            'When would you choose a relational database over a document store?',
            'Relations, constraints and transactions on one side; a varying shape read as a whole on the other. Mention JSON columns.',
            'Whenever rows refer to one another and have to stay consistent. For parts that vary I would use a JSON column before I run a second database.'),
        (8, 'technical',
            'How would you find out why a query has become slow?',
            'Look before guessing: execution plan, statistics, locks, what changed.',
            'I would look at its plan with real timings, compare the estimated with the actual rows, and check whether it waits for a lock. Then I ask what changed: data, statistics or the query.'),
        (9, 'technical',
            'Explain the difference between a process and a thread.',
            'Memory is the point: separate or shared. Then cost and isolation.',
            'A process has memory of its own; threads of a process share it. Threads are cheaper to start and easier to get wrong, processes fail separately.'),
        (10, 'technical',
            'What makes an operation idempotent, and why does it matter?',
            'Define it, then name retries. A payment with a key of its own is a good example.',
            'Doing it twice has the effect of doing it once. It matters because every network call may be retried: a payment carries a key, and the second one with the same key changes nothing.'),
        (11, 'system_design',
            'Design a service that shortens links.',
            'Ask for the load first. Then key generation, storage, cache, redirects; mention abuse.',
            'How many links a day, and how many reads for each? Say a hundred million reads: a key-value table, keys from a counter in base 62, a cache in front, and permanent redirects only where nobody needs the count.'),
        (12, 'system_design',
            'How would you store the messages of a chat with a million users?',
            'Partition by conversation, order within it, page by key. Say what you would not build at first.',
            'Partitioned by conversation and ordered by a number within it, read backwards by key. Delivery is a separate path; the store stays the truth. I would begin with one database and partitions by month.'),
        (13, 'system_design',
            'Your service depends on one that fails every day. What do you do?',
            'Timeouts, retries with a limit, a circuit breaker, and an answer without it. Then talk to its owners.',
            'A short timeout, few retries with jitter, and a breaker so that we fail fast. What can be answered without it is answered from the last good copy, and says so. And I would go and find out why it fails.'),
        (14, 'system_design',
            'Design the notifications for a calendar.',
            'Separate deciding what is due from sending it. Time zones and duplicates are the traps.',
            'A table of what is due, filled when an event changes; workers claim rows with skip locked and send them once each by key. Times are kept in UTC with the zone''s name, since rules change.'),
        (15, 'system_design',
            'How do you roll out a change of the schema without downtime?',
            'Expand, migrate, contract; old and new code must both work in between.',
            'In steps: add the new column, write both, fill in the past in batches, read the new one, and drop the old one a release later. Every step works with the code before and after it.'),
        (16, 'coding',
            'Find the first character of a string that does not repeat.',
            'Two passes with a count for each character; linear time. Ask about Unicode.',
            'I count each character in one pass and look for the first with count one in a second. That is linear. For Unicode I would ask whether you mean code points or what people see as characters.'),
        (17, 'coding',
            'Merge overlapping intervals.',
            'Sort by start, then extend the last one or open a new one.',
            'Sort them by their start. Then I go through them: if the next one begins before the last one ends, I extend it, otherwise I add it. The sorting dominates.'),
        (18, 'coding',
            'How would you test the function that you just wrote?',
            'The empty case, one element, touching borders, then random input against a slow and simple version.',
            'Empty input, a single interval, two that only touch, one inside another. After that random lists against a slow version that marks every point.'),
        (19, 'coding',
            'Implement a cache that drops what was used least recently.',
            'A hash map and a doubly linked list; both operations in constant time.',
            'A map from key to node, and a doubly linked list by last use. Reading moves the node to the front, writing beyond the capacity drops the last one.'),
        (20, 'coding',
            'Is there a cycle in this linked list?',
            'Two pointers, one twice as fast. Constant memory.',
            'I let two pointers run, one step and two steps at a time. If they meet there is a cycle; if the fast one reaches the end there is none.'),
        (21, 'case',
            'A regional grocer''s profit fell by a fifth in a year. Where do you look?',
            'Split profit into revenue and cost before asking for data. State a hypothesis.',
            'I would split it into revenue and cost first. Has the number of visits changed, or the basket? My first guess would be cost of goods, since prices in the region rose faster than shelf prices.'),
        (22, 'case',
            'How many electric scooters does a city of a million need?',
            'Estimate trips, share, trips for each scooter. Say which number matters most.',
            'Say two million trips a day below five kilometres, of which three percent could be by scooter: sixty thousand. With four trips each that is fifteen thousand. The three percent is the number I would check first.'),
        (23, 'case',
            'Should our client enter the German market?',
            'Market, competition, fit, economics, risks. Ask what success would mean to them.',
            'What would success be: share, profit or a foothold? I would then look at the size and growth, at who is there, at what the client does better, and at what it costs to find out with a pilot in two cities.'),
        (24, 'case',
            'Support costs have doubled while customers grew by ten percent. Why?',
            'Contacts for each customer, minutes for each contact, cost for each minute.',
            'Either customers write more often, or each contact takes longer, or the minute costs more. A release that broke something would show in the first, new staff in the second.'),
        (25, 'case',
            'Which price would you choose for a new subscription?',
            'Cost is the floor, value the ceiling, competition between them. Offer a way to test.',
            'Cost gives the floor and the customer''s saving the ceiling. I would start at a third of the saving, offer three plans, and test the price with new customers only.'),
        (26, 'general',
            'Why do you want to work here?',
            'Connect one thing that they do with one thing that you have done. No flattery.',
            'Your public incident reviews. I introduced them at my last company, and I would like to work where they are already a habit.'),
        (27, 'general',
            'Walk me through your career so far.',
            'Two minutes, three stations, a reason for each change. End with why this is the next one.',
            'I began in support, where I learned what breaks. From there I moved into development, and for the last three years I have led a team of five. What I miss is a product with users whom I can meet, which is why I am here.'),
        (28, 'general',
            'What are you looking for in your next role?',
            'Name two things that this role has, and one that you would bring.',
            'A problem that takes longer than a quarter, and colleagues who review each other''s work seriously. What I bring is that I write things down.'),
        (29, 'general',
            'What would your last manager say that you should work on?',
            'Something true and bearable, with what you already do about it.',
            'That I take on too much before I ask for help. I now put a date on every task by which I will ask, whether I feel stuck or not.'),
        (30, 'general',
            'Do you have questions for us?',
            'Ask about the first three months and how the team decides. Leave the salary for later.',
            'Two. What should have changed three months after I start? And when the team last disagreed about something that mattered, how was it decided?')
) as r (ordinal, kind, question, hint, answer);


create temp table demo_people on commit drop as
with named as (
    select
        n,
        pg_temp.pick(array[
            'Amara', 'Anna', 'Ben', 'Carlos', 'Chiara', 'Daniel', 'Elena', 'Emeka', 'Farah', 'Felix',
            'Grace', 'Hannah', 'Hiro', 'Ines', 'Ivan', 'Jamal', 'Joana', 'Jonas', 'Kofi', 'Laila',
            'Leon', 'Lucia', 'Magnus', 'Maria', 'Mei', 'Nadia', 'Noah', 'Olga', 'Omar', 'Priya',
            'Rafael', 'Rosa', 'Samuel', 'Sofia', 'Tariq', 'Thomas', 'Vera', 'Wei', 'Yuki', 'Zara'
        ], 'first:' || n) as first_name,
        pg_temp.pick(array[
            'Abebe', 'Andersen', 'Bauer', 'Bianchi', 'Carvalho', 'Chen', 'Costa', 'Diallo', 'Dubois', 'Eriksen',
            'Fischer', 'Garcia', 'Haddad', 'Hansen', 'Ivanova', 'Jansen', 'Kaur', 'Keller', 'Kowalski', 'Lindgren',
            'Lopez', 'Mbeki', 'Meyer', 'Moreau', 'Nakamura', 'Nguyen', 'Novak', 'Okafor', 'Osei', 'Petrov',
            'Quinn', 'Rahman', 'Romano', 'Sato', 'Schmidt', 'Silva', 'Sorensen', 'Tanaka', 'Varga', 'Weber'
        ], 'last:' || n) as last_name,
        -- The first one is who lets the others in; every eighth or so is still waiting.
        n = 1 or pg_temp.roll('approved:' || n, 8) > 0 as approved,
        timestamptz '2026-01-05 09:00:00+00'
            - case
                when n = 1 then interval '400 days'
                else make_interval(days => 20 + pg_temp.roll('joined:' || n, 300), mins => pg_temp.roll('hour:' || n, 1440))
            end as created_at
    from generate_series(1, 16 * pg_temp.demo_scale()) as n
)
select
    p.n,
    pg_temp.demo_id('user:' || p.n) as id,
    p.first_name || ' ' || p.last_name as name,
    lower(p.first_name || '.' || p.last_name)
        -- Namesakes are told apart by a number, the sets of other seeds by a domain of their own.
        || case
            when row_number() over namesakes > 1 then (row_number() over namesakes)::text
            else ''
        end
        || '@'
        || case
            when pg_temp.demo_seed() = '1' then 'example.com'
            else 'set-' || left(md5(pg_temp.demo_seed()), 8) || '.example.org'
        end as email,
    p.approved,
    case
        when p.approved then p.created_at + make_interval(mins => 15 + pg_temp.roll('approval:' || p.n, 2880))
    end as approved_at,
    case
        when p.approved and p.n > 1 then pg_temp.demo_id('user:1')
    end as approved_by,
    case
        when p.approved and pg_temp.roll('seen:' || p.n, 10) > 0
            then timestamptz '2026-01-05 09:00:00+00' - make_interval(mins => pg_temp.roll('login:' || p.n, 20160))
    end as last_login,
    p.created_at,
    p.created_at + interval '3 days' as updated_at
from named p
window namesakes as (partition by p.first_name, p.last_name order by p.n);

insert into auth.users (
    id, email, encrypted_password, email_confirmed_at, last_sign_in_at,
    raw_app_meta_data, raw_user_meta_data, created_at, updated_at
)
select
    p.id,
    p.email,
    pg_temp.demo_password_hash(),
    p.created_at,
    p.last_login,
    jsonb_build_object('provider', 'email', 'providers', jsonb_build_array('email')),
    jsonb_build_object('name', p.name),
    p.created_at,
    p.created_at
from demo_people p
order by p.n
on conflict do nothing;

-- Where the identity binding is at work these rows are there already and only get what it cannot know.
insert into public.users
    (id, email, name, password_hash, approved, approved_at, approved_by, last_login, created_at, updated_at)
select
    p.id, p.email, p.name, pg_temp.demo_password_hash(),
    p.approved, p.approved_at, p.approved_by, p.last_login, p.created_at, p.updated_at
from demo_people p
order by p.n
on conflict do nothing;

-- Somebody real may have one of the addresses; then that person is left out of the set.
delete from demo_people p
where not exists (select from public.users u where u.id = p.id);

update public.users u
set approved = p.approved,
    approved_at = p.approved_at,
    approved_by = p.approved_by,
    last_login = p.last_login,
    created_at = p.created_at,
    updated_at = p.updated_at
from (
    select
        d.n, d.id, d.approved, d.approved_at, d.last_login, d.created_at, d.updated_at,
        -- Null where the approver was left out.
        (select a.id from demo_people a where a.id = d.approved_by) as approved_by
    from demo_people d
) p
where u.id = p.id
    and (u.approved, u.approved_at, u.approved_by, u.last_login, u.created_at, u.updated_at)
        is distinct from
        (p.approved, p.approved_at, p.approved_by, p.last_login, p.created_at, p.updated_at);


-- Settings and plan were made with the account; here they get their ids and contents.
insert into public.user_settings as existing
    (id, user_id, notifications, privacy, preferences, created_at, updated_at)
select
    pg_temp.demo_id('settings:' || p.n),
    p.id,
    jsonb_build_object(
        'email', pg_temp.roll('by email:' || p.n, 4) > 0,
        'push', pg_temp.roll('push:' || p.n, 2) = 0,
        'reminder_minutes', 15 * (1 + pg_temp.roll('reminder:' || p.n, 4))
    ),
    jsonb_build_object(
        'keep_transcripts', pg_temp.roll('keep:' || p.n, 5) > 0,
        'retention_days', 30 * (1 + pg_temp.roll('retention:' || p.n, 12))
    ),
    jsonb_build_object(
        'theme', pg_temp.pick(array['system', 'light', 'dark'], 'theme:' || p.n),
        'language', pg_temp.pick(array['en', 'en', 'en-GB', 'en-US'], 'language:' || p.n),
        'answer_length', pg_temp.pick(array['short', 'medium', 'long'], 'length:' || p.n)
    ),
    p.created_at,
    p.created_at + interval '10 minutes'
from demo_people p
on conflict (user_id) do update
set id = excluded.id,
    notifications = excluded.notifications,
    privacy = excluded.privacy,
    preferences = excluded.preferences,
    created_at = excluded.created_at,
    updated_at = excluded.updated_at
where (existing.id, existing.notifications, existing.privacy, existing.preferences, existing.created_at, existing.updated_at)
    is distinct from
    (excluded.id, excluded.notifications, excluded.privacy, excluded.preferences, excluded.created_at, excluded.updated_at);

with plans as (
    select
        p.*,
        case
            when not p.approved then 'free'
            else pg_temp.pick(array['free', 'free', 'free', 'pro', 'pro', 'enterprise'], 'plan:' || p.n)
        end as plan_type,
        timestamptz '2026-01-05 00:00:00+00' - make_interval(days => pg_temp.roll('period:' || p.n, 28)) as period_start,
        substr(md5(pg_temp.demo_seed() || ':stripe:' || p.n), 1, 14) as stripe_key
    from demo_people p
)
insert into public.billing_subscriptions as existing (
    id, user_id, plan_type, status, credits_remaining, stripe_customer_id, stripe_subscription_id,
    current_period_start, current_period_end, cancel_at_period_end, created_at, updated_at
)
select
    pg_temp.demo_id('billing:' || p.n),
    p.id,
    p.plan_type,
    case
        when p.plan_type = 'free' then 'active'
        else pg_temp.pick(array['active', 'active', 'active', 'active', 'trialing', 'past_due'], 'billing:' || p.n)
    end,
    case p.plan_type
        when 'free' then pg_temp.roll('credits:' || p.n, 11)
        when 'pro' then pg_temp.roll('credits:' || p.n, 301)
        else pg_temp.roll('credits:' || p.n, 2001)
    end,
    case when p.plan_type <> 'free' then 'cus_demo' || p.stripe_key end,
    case when p.plan_type <> 'free' then 'sub_demo' || p.stripe_key end,
    case when p.plan_type <> 'free' then p.period_start end,
    case when p.plan_type <> 'free' then p.period_start + interval '30 days' end,
    p.plan_type <> 'free' and pg_temp.roll('cancels:' || p.n, 8) = 0,
    p.created_at,
    p.created_at + interval '1 hour'
from plans p
on conflict (user_id) do update
set id = excluded.id,
    plan_type = excluded.plan_type,
    status = excluded.status,
    credits_remaining = excluded.credits_remaining,
    stripe_customer_id = excluded.stripe_customer_id,
    stripe_subscription_id = excluded.stripe_subscription_id,
    current_period_start = excluded.current_period_start,
    current_period_end = excluded.current_period_end,
    cancel_at_period_end = excluded.cancel_at_period_end,
    created_at = excluded.created_at,
    updated_at = excluded.updated_at
where (
        existing.id, existing.plan_type, existing.status, existing.credits_remaining,
        existing.stripe_customer_id, existing.stripe_subscription_id, existing.current_period_start,
        existing.current_period_end, existing.cancel_at_period_end, existing.created_at, existing.updated_at
    )
    is distinct from (
        excluded.id, excluded.plan_type, excluded.status, excluded.credits_remaining,
        excluded.stripe_customer_id, excluded.stripe_subscription_id, excluded.current_period_start,
        excluded.current_period_end, excluded.cancel_at_period_end, excluded.created_at, excluded.updated_at
    );


-- Up to seven interviews each, within the last four months; those who wait have none yet.
create temp table demo_interviews on commit drop as
with numbered as (
    select
        p.n || '/' || k as key,
        p.id as user_id,
        pg_temp.pick(array['behavioural', 'technical', 'system_design', 'coding', 'case', 'general'], 'kind:' || p.n || '/' || k) as kind,
        pg_temp.pick(
            case when k = 1
                then array['scheduled', 'active', 'paused', 'completed', 'completed']
                else array['completed', 'completed', 'completed', 'completed', 'scheduled', 'cancelled']
            end,
            'status:' || p.n || '/' || k
        ) as status,
        greatest(
            p.approved_at,
            timestamptz '2026-01-05 09:00:00+00'
                - make_interval(days => 8 + pg_temp.roll('day:' || p.n || '/' || k, 112), mins => pg_temp.roll('hour:' || p.n || '/' || k, 600))
        ) as created_at
    from demo_people p
    cross join lateral generate_series(1, 1 + pg_temp.roll('interviews:' || p.n, 7)) as k
    where p.approved
), timed as (
    select
        i.*,
        case
            when i.status in ('active', 'paused')
                then timestamptz '2026-01-05 09:00:00+00' - make_interval(mins => 20 + pg_temp.roll('began:' || i.key, 20))
            when i.status = 'completed'
                then i.created_at + make_interval(hours => 2 + pg_temp.roll('wait:' || i.key, 100))
        end as started_at,
        case
            when i.status = 'completed' then 3 + pg_temp.roll('rounds:' || i.key, 3)
            when i.status in ('active', 'paused') then 1 + pg_temp.roll('rounds:' || i.key, 2)
            else 0
        end as rounds
    from numbered i
)
select
    t.*,
    pg_temp.demo_id('interview:' || t.key) as id,
    case
        when t.status = 'completed' then t.started_at + make_interval(mins => 25 + pg_temp.roll('length:' || t.key, 40))
    end as ended_at
from timed t;

insert into public.interview_sessions (
    id, user_id, session_type, interview_kind, company, position, status, ai_usage,
    job_description, language, started_at, ended_at, summary, created_at, updated_at
)
select
    i.id,
    i.user_id,
    pg_temp.pick(array['live', 'mock', 'mock'], 'type:' || i.key),
    i.kind,
    c.company,
    c.position,
    i.status,
    case
        when i.rounds = 0 then '{}'::jsonb
        else jsonb_build_object(
            'calls', i.rounds,
            'input_tokens', i.rounds * (900 + pg_temp.roll('input:' || i.key, 700)),
            'output_tokens', i.rounds * (60 + pg_temp.roll('output:' || i.key, 90)),
            'seconds', i.rounds * (2 + pg_temp.roll('seconds:' || i.key, 4)),
            'cost', round(i.rounds * (0.0030 + pg_temp.roll('cost:' || i.key, 40) * 0.0001), 4)
        )
    end,
    case
        when pg_temp.roll('described:' || i.key, 4) > 0 then
            c.company || ' is looking for a ' || c.position || ' '
            || pg_temp.pick(array[
                'who takes on a product from first sketch to daily use.',
                'who makes a growing platform calmer to run.',
                'to join a team of six that talks to its users every week.',
                'who explains difficult things simply, in writing and in person.'
            ], 'task:' || i.key)
            || ' You bring '
            || pg_temp.pick(array['three', 'four', 'five', 'seven'], 'years:' || i.key)
            || ' years of practice and '
            || pg_temp.pick(array[
                'an eye for what can be left out.',
                'experience with regulated customers.',
                'the habit of measuring before changing.',
                'patience with systems older than yourself.'
            ], 'bring:' || i.key)
    end,
    pg_temp.pick(array['en', 'en', 'en-GB', 'en-US'], 'spoken:' || i.key),
    i.started_at,
    i.ended_at,
    case
        when i.status = 'completed' then jsonb_build_object(
            'score', 55 + pg_temp.roll('score:' || i.key, 43),
            'strengths', jsonb_build_array(
                pg_temp.pick(array['clear structure', 'concrete examples', 'asks before answering', 'names trade-offs'], 'strength:' || i.key)
            ),
            'gaps', jsonb_build_array(
                pg_temp.pick(array['answers run long', 'few numbers', 'no closing question', 'skips the edge cases'], 'gap:' || i.key)
            )
        )
    end,
    i.created_at,
    coalesce(i.ended_at, i.started_at, i.created_at)
from demo_interviews i
cross join lateral (
    select
        pg_temp.pick(array[
            'Northwind Analytics', 'Lumen Health', 'Harbor Freight Systems', 'Kestrel Robotics', 'Tidewater Bank',
            'Quarry & Finch', 'Solstice Energy', 'Maple Street Software', 'Brightside Insurance', 'Orbit Logistics',
            'Fernhill Education', 'Copperline Games'
        ], 'company:' || i.key) as company,
        case i.kind
            when 'case' then pg_temp.pick(array['Strategy Consultant', 'Business Analyst', 'Product Manager'], 'position:' || i.key)
            when 'general' then pg_temp.pick(array['Customer Success Manager', 'Product Manager', 'Engineering Manager'], 'position:' || i.key)
            else pg_temp.pick(array['Backend Engineer', 'Data Engineer', 'Site Reliability Engineer', 'Staff Software Engineer'], 'position:' || i.key)
        end as position
) c
on conflict do nothing;

-- Each round is a question, a hint of the assistant and the candidate's answer.
insert into public.interview_messages
    (id, interview_session_id, user_id, turn_number, role, content, created_at, updated_at)
select
    pg_temp.demo_id('message:' || i.key || ':' || t.turn_number),
    i.id,
    i.user_id,
    t.turn_number,
    t.role,
    t.content,
    i.started_at + make_interval(mins => 4 * (k - 1), secs => t.delay_seconds),
    i.started_at + make_interval(mins => 4 * (k - 1), secs => t.delay_seconds)
from demo_interviews i
cross join lateral generate_series(1, i.rounds) as k
join demo_rounds r
    on r.kind = i.kind
    and r.number = (pg_temp.roll('first question:' || i.key, 5) + k) % 5
cross join lateral (
    values
        (3 * k - 2, 'interviewer', r.question, 30),
        (3 * k - 1, 'assistant', r.hint, 36),
        (3 * k, 'candidate', r.answer, 55)
) as t (turn_number, role, content, delay_seconds)
on conflict do nothing;
