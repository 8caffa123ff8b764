-- The demonstration set: a small newsroom, its readers, their posts, comments and logins.
--
-- The same seed gives the same rows, ids and times included; a larger scale adds newsrooms to those of
-- a smaller one. Running it again changes nothing. Settings: tenantry.demo_seed, tenantry.demo_scale
-- (how many newsrooms), tenantry.demo_password_hash.
--
-- A newsroom has 16 people, 240 posts and 480 comments, numbered through. Every fourth person is a
-- reader, the other twelve write.
--
-- The first four have addresses to remember: admin@example.com, editor@example.com,
-- author@example.com and reader@example.com. Seeds other than 1 have their number in every address,
-- so that two sets fit into one database.

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

-- The day on which the set was made; everything lies before it.
create or replace function pg_temp.demo_now()
returns timestamptz
language sql
stable
as $$
    select '2026-01-05 09:00:00+00'::timestamptz
$$;


-- People --------------------------------------------------------------------------------------------

create temp table demo_people on commit drop as
with named as (
    select
        number,
        pg_temp.demo_id('user:' || number) as id,
        pg_temp.pick(
            '{Amara,Björn,Carmen,Daniel,Elif,Farid,Grace,Hannah,Ingrid,Jonas,Kavita,Liam,Marta,Nadia,Oscar,Priya,Rafael,Sofia,Tomasz,Yuki}',
            'first:' || number
        ) as first_name,
        pg_temp.pick(
            '{Abara,Bergström,Castillo,Dubois,Eriksen,Fischer,Gupta,Haddad,Ito,Jansen,Kowalski,Lindqvist,Moreau,Novak,Okafor,Petrov,Rossi,Silva,Tanaka,Weber}',
            'last:' || number
        ) as last_name,
        case
            when number <= 4 then ('{admin,editor,author,reader}'::text[])[number]
            when number % 16 = 2 then 'editor'
            when number % 4 = 0 then 'reader'
            else 'author'
        end as role
    from generate_series(1, 16 * pg_temp.demo_scale()) as number
)
select
    number,
    id,
    first_name || ' ' || last_name as name,
    case
        when number <= 4 then role
        else lower(translate(first_name || '.' || last_name, 'öÖ', 'oO')) || '.' || number
    end
        || case when pg_temp.demo_seed() <> '1' then '.s' || pg_temp.demo_seed() else '' end
        || case when number > 4 and number % 3 = 0 then '@example.org' else '@example.com' end
        as email,
    -- 555 is kept for fiction.
    case
        when pg_temp.roll('phone:' || number, 3) = 0
            then '1555' || lpad(number::text, 7, '0')
                || case when pg_temp.demo_seed() <> '1' then lpad(pg_temp.roll('phones', 10000)::text, 4, '0') else '' end
    end as phone,
    role,
    -- A few have not opened their confirmation mail, a few have left.
    number <= 4 or pg_temp.roll('verified:' || number, 12) > 0 as is_verified,
    number <= 4 or pg_temp.roll('active:' || number, 25) > 0 as is_active,
    pg_temp.demo_now() - interval '400 days' + number % 16 * interval '3 days'
        + pg_temp.roll('joined:' || number, 100000) * interval '1 second' as created_at,
    pg_temp.demo_now() - pg_temp.roll('login:' || number, 2500000) * interval '1 second' as last_login,
    not exists (
        select
        from public.users
        where users.id = named.id
    ) as is_new
from named;

insert into auth.users (
    id,
    email,
    encrypted_password,
    email_confirmed_at,
    phone,
    last_sign_in_at,
    raw_app_meta_data,
    raw_user_meta_data,
    created_at,
    updated_at
)
select
    id,
    email,
    pg_temp.demo_password_hash(),
    case when is_verified then created_at + interval '10 minutes' end,
    phone,
    last_login,
    '{"provider": "email", "providers": ["email"]}',
    jsonb_build_object('name', name),
    created_at,
    created_at
from demo_people
order by number
on conflict do nothing;

-- The identity binding has made these rows already where it is installed; it does not know all of
-- their columns.
insert into public.users (
    id,
    email,
    password_hash,
    name,
    phone,
    is_active,
    is_verified,
    last_login,
    created_at,
    updated_at
)
select
    id,
    email,
    pg_temp.demo_password_hash(),
    name,
    phone,
    is_active,
    is_verified,
    last_login,
    created_at,
    last_login
from demo_people
where is_new
order by number
on conflict (id) do update
set name = excluded.name,
    phone = excluded.phone,
    is_active = excluded.is_active,
    is_verified = excluded.is_verified,
    last_login = excluded.last_login,
    created_at = excluded.created_at,
    updated_at = excluded.updated_at;

-- Everybody starts as author, as after a sign-up; the administrator then gives other roles instead.
insert into public.user_roles (user_id, role_id, assigned_at, assigned_by)
select
    person.id,
    role.id,
    person.created_at + case when person.role = 'author' then interval '0' else interval '1 day' end,
    case when person.role <> 'author' and person.number > 1 then pg_temp.demo_id('user:1') end
from demo_people as person
join public.roles as role
    on role.name = person.role
where person.is_new
order by person.number
on conflict (user_id, role_id) do update
set assigned_at = excluded.assigned_at,
    assigned_by = excluded.assigned_by;

delete from public.user_roles as held
using demo_people as person, public.roles as role
where held.user_id = person.id
and held.role_id = role.id
and role.name = 'author'
and person.role <> 'author'
and person.is_new;

insert into public.user_profiles (id, user_id, bio, avatar_url, created_at)
select
    pg_temp.demo_id('profile:' || number),
    id,
    pg_temp.pick(
        array[
            'Writes about cities, transport and the people who plan them.',
            'Former engineer, now explaining software to those who use it.',
            'Covers food, markets and small farms.',
            'Science desk. Corrections are welcome.',
            'Reads the budget so that you need not.',
            'Reports on schools, libraries and what they are short of.'
        ],
        'bio:' || number
    ) || ' ' || pg_temp.pick(
        array['Based in Lisbon.', 'Based in Gothenburg.', 'Based in Nairobi.', 'Lives by the sea.', 'Cycles to work.'],
        'place:' || number
    ),
    case
        when pg_temp.roll('avatar:' || number, 2) = 0
            then 'https://images.example.org/people/' || left(id::text, 8) || '.jpg'
    end,
    created_at + interval '2 days'
from demo_people
where role <> 'reader'
and is_new
on conflict do nothing;


-- Posts ---------------------------------------------------------------------------------------------

create temp table demo_subjects on commit drop as
select row_number() over () - 1 as number, s.*
from (
    values
        ('the night buses', 'The last bus leaves at half past midnight, and the first shift at the hospital ends at one.', 'Drivers say that two more vehicles would close the gap.'),
        ('the new library', 'The reading room opens in March, four months late and slightly under budget.', 'The children''s section has more shelves than the plans showed.'),
        ('rooftop solar', 'One roof in nine now carries panels, most of them on schools and warehouses.', 'The grid operator asks for a week''s notice before a new one is connected.'),
        ('the harbour bridge', 'Inspectors found rust where the pedestrian deck meets the eastern pier.', 'Until the repair the bridge is closed to lorries above twelve tonnes.'),
        ('school lunches', 'A third of the menu is now cooked on site, and less of it comes back uneaten.', 'The kitchen staff wrote the recipes themselves.'),
        ('open data', 'The city published its purchase orders of ten years in one spreadsheet.', 'It took an afternoon to find the same pump bought at three prices.'),
        ('the farmers'' market', 'Forty stalls, two of them new this season, and a queue for the cheese.', 'A stall costs eighteen euros a day, which has not changed since 2019.'),
        ('street trees', 'Lime trees were planted along the avenue in the autumn, and nine in ten took root.', 'Residents may adopt one; watering it twice a week is all that is asked.'),
        ('the river path', 'Cyclists and walkers share three metres of gravel, and neither is happy.', 'A second lane would need the railway''s consent.'),
        ('second-hand phones', 'A repair shop tested fifty refurbished phones and kept notes on every battery.', 'Seven of them lasted less than a working day.'),
        ('the council budget', 'The draft runs to six hundred pages, of which the museums fill four.', 'The vote is expected before the spring recess.'),
        ('community theatre', 'Rehearsals take place in a former fire station, between the hose tower and the kitchen.', 'The first night is sold out; the second is not.')
) as s (subject, opening, detail);

-- Half of a newsroom's posts come from its columnist, the third of its people; for the first newsroom
-- that is author@example.com, who has enough of them for several pages.
create temp table demo_posts on commit drop as
with numbered as (
    select
        number,
        (number - 1) / 240 as newsroom,
        case when number % 2 = 0 then 2 else pg_temp.roll('writer:' || number, 12) end as writer
    from generate_series(1, 240 * pg_temp.demo_scale()) as number
),
timed as (
    select
        numbered.number,
        numbered.newsroom,
        writer.id as user_id,
        writer.created_at + interval '5 days'
            + pg_temp.roll('post time:' || numbered.number, 28000000) * interval '1 second' as created_at,
        pg_temp.roll('status:' || numbered.number, 10) as status_roll,
        subject.subject,
        subject.opening,
        subject.detail
    from numbered
    join demo_people as writer
        -- The twelve are numbers 1, 2, 3, then 5, 6, 7, and so on: every fourth is left out.
        on writer.number = 16 * numbered.newsroom + 1 + numbered.writer + numbered.writer / 3
    join demo_subjects as subject
        on subject.number = pg_temp.roll('subject:' || numbered.number, 12)
)
select
    number,
    newsroom,
    pg_temp.demo_id('post:' || number) as id,
    user_id,
    pg_temp.pick(
        array['What we learned about %', 'A closer look at %', 'Ten questions about %', 'In defence of %', 'Notes on %', 'What % will cost', 'The slow return of %', 'Who pays for %?'],
        'title:' || number
    ) as title,
    subject,
    opening,
    detail,
    case when status_roll < 7 then 'published' when status_roll < 9 then 'draft' else 'archived' end as status,
    case when status_roll < 7 then created_at + pg_temp.roll('review:' || number, 48) * interval '1 hour' end
        as published_at,
    created_at
from timed;

insert into public.posts (id, user_id, title, content, status, published_at, created_at, updated_at)
select
    id,
    user_id,
    replace(title, '%', subject),
    concat_ws(
        E'\n\n',
        opening,
        pg_temp.pick(
            array[
                'We spoke to a dozen people who deal with it every day, and asked each of them the same three questions.',
                'The figures below come from public records; where records disagree, we say so.',
                'This is the second part of a series. The first one looked at how it came to this.',
                'Nobody we asked disputed the facts. What they make of them is another matter.'
            ],
            'middle:' || number
        ),
        detail,
        pg_temp.pick(
            array[
                'We will come back to it in the summer.',
                'If you know more, write to us: the desk reads everything.',
                'Corrections are noted at the foot of this page.',
                'The documents are linked in the first comment.'
            ],
            'ending:' || number
        )
    ),
    status,
    published_at,
    created_at,
    coalesce(published_at, created_at + interval '3 hours')
from demo_posts
order by number
on conflict do nothing;


-- Comments ------------------------------------------------------------------------------------------

with published as (
    select
        newsroom,
        row_number() over (partition by newsroom order by number) - 1 as position,
        count(*) over (partition by newsroom) as posts,
        id,
        published_at
    from demo_posts
    where status = 'published'
)
insert into public.comments (id, post_id, user_id, content, created_at)
select
    pg_temp.demo_id('comment:' || number),
    post.id,
    pg_temp.demo_id('user:' || 16 * post.newsroom + 1 + pg_temp.roll('commenter:' || number, 16)),
    pg_temp.pick(
        array['Thank you for this.', 'I see it differently.', 'Very clear, thanks.', 'This matches what I hear at work.', 'One thing is missing here.', 'Good reporting.'],
        'comment start:' || number
    ) || ' ' || pg_temp.pick(
        array[
            'The numbers for last year would be interesting too.',
            'My street has been waiting for it since 2021.',
            'Who decides it in the end?',
            'The table would be easier to read with totals.',
            'I was at the meeting, and it was livelier than this sounds.',
            'Could you publish the data behind it?',
            'Our neighbours across the river solved it years ago.'
        ],
        'comment end:' || number
    ),
    post.published_at + pg_temp.roll('comment time:' || number, 500000) * interval '1 second'
from generate_series(1, 480 * pg_temp.demo_scale()) as number
join published as post
    on post.newsroom = (number - 1) / 480
    and post.position = pg_temp.roll('commented:' || number, post.posts::integer)
order by number
on conflict do nothing;


-- Logins --------------------------------------------------------------------------------------------

-- One for each active person, for thirty days. The hashes are nobody's: no token is known whose
-- SHA-256 they are, so none of these logins can be taken over.
create temp table demo_sessions on commit drop as
select
    number,
    pg_temp.demo_id('session:' || number) as id,
    id as user_id,
    md5(pg_temp.demo_seed() || ':token:a:' || number) || md5(pg_temp.demo_seed() || ':token:b:' || number)
        as token_hash,
    ('192.0.2.' || 1 + pg_temp.roll('address:' || number, 254))::inet as ip_address,
    pg_temp.pick(
        array[
            'Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0',
            'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15',
            'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36'
        ],
        'agent:' || number
    ) as user_agent,
    last_login as created_at,
    last_login + interval '30 days' as expires_at
from demo_people
where is_active
and is_new;

insert into auth.sessions (id, user_id, created_at, updated_at, not_after, user_agent, ip)
select id, user_id, created_at, created_at, expires_at, user_agent, ip_address
from demo_sessions
order by number
on conflict do nothing;

insert into auth.refresh_tokens (token, user_id, revoked, session_id, created_at, updated_at)
select token_hash, user_id, false, id, created_at, created_at
from demo_sessions
order by number
on conflict do nothing;

insert into public.sessions (id, user_id, token_hash, ip_address, user_agent, expires_at, created_at)
select id, user_id, token_hash, ip_address, user_agent, expires_at, created_at
from demo_sessions
order by number
on conflict (id) do update
set token_hash = excluded.token_hash,
    ip_address = excluded.ip_address,
    user_agent = excluded.user_agent,
    expires_at = excluded.expires_at,
    created_at = excluded.created_at;
