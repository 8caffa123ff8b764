-- The demonstration set: a few companies, their people, documents in every state, and chats.
--
-- The same seed gives the same rows, ids and times included; a larger scale adds to a smaller one.
-- Running it again changes nothing. Settings: tenantry.demo_seed, tenantry.demo_scale (four
-- companies each), tenantry.demo_password_hash.

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

-- An id, a whole number from 0 to below limit, and a choice from a list: each fixed by seed and key.
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


-- What the companies' documents are about: a file, two passages of it, and two questions that the
-- passages answer.
create temp table demo_topics on commit drop as
select row_number() over () - 1 as number, t.*
from (
    values
        ('Employee handbook 2026', 'pdf',
            'Full-time staff have 28 days of paid leave a year. Up to five unused days move into the next year and lapse on 31 March.',
            'Remote work is agreed with the team lead for up to three days a week. Equipment for the home office is lent by the company.',
            'How many leave days can I carry over?',
            'Up to five unused days move into the next year; they lapse on 31 March.',
            'Can I work from home on Fridays?',
            'Yes, if your team lead agrees: remote work is possible on up to three days a week.'),
        ('Travel and expense policy', 'pdf',
            'Trains are booked in second class, and in first class above four hours. Hotels are reimbursed up to 140 euros a night.',
            'Receipts are handed in within 30 days of the journey. Later claims need the approval of finance.',
            'What is the hotel limit?',
            'Hotels are reimbursed up to 140 euros a night.',
            'I forgot to hand in a receipt from two months ago. What now?',
            'Claims later than 30 days after the journey need the approval of finance, so ask them first.'),
        ('Data processing agreement', 'docx',
            'The processor tells the controller of a personal data breach without undue delay, at the latest 48 hours after learning of it.',
            'Subprocessors are listed in annex 2. A new one is announced 30 days ahead, and the controller may object within 14 days.',
            'How quickly do we have to report a breach to our customer?',
            'Without undue delay, and at the latest 48 hours after we learn of it.',
            'Can they object to a new subprocessor?',
            'Yes. A new one is announced 30 days ahead, and the controller may object within 14 days.'),
        ('Incident response runbook', 'md',
            'Severity 1 means that customers cannot work. The engineer on call opens a bridge within 15 minutes and names an incident lead.',
            'Every severity 1 or 2 incident gets a written review within five working days, without naming culprits.',
            'Who leads a severity 1 incident?',
            'The engineer on call opens the bridge within 15 minutes and names the incident lead there.',
            'When is the review due?',
            'Within five working days, for severity 1 and 2.'),
        ('Quarterly report Q3 2025', 'pdf',
            'Revenue grew by 14 percent over the same quarter of last year, carried by renewals. Churn fell from 2.9 to 2.1 percent.',
            'Cash at the end of September covers 21 months at the current rate. Hiring in support was postponed to the first quarter.',
            'How did churn develop in Q3?',
            'It fell from 2.9 to 2.1 percent.',
            'Are we still hiring in support?',
            'The report says that hiring in support was postponed to the first quarter.'),
        ('Security questionnaire answers', 'csv',
            'Data at rest is encrypted with AES-256, data in transit with TLS 1.2 or later. Keys are rotated once a year.',
            'Penetration tests are carried out every year by an outside firm; the last summary is available under a confidentiality agreement.',
            'A prospect asks whether we encrypt data at rest.',
            'Yes, with AES-256; data in transit with TLS 1.2 or later.',
            'Can I send them the penetration test?',
            'The summary of the last one is available under a confidentiality agreement, so have that signed first.'),
        ('Onboarding checklist', 'md',
            'On the first day new colleagues receive a laptop, a badge and the accounts that their team has asked for. A buddy is named beforehand.',
            'After 30, 60 and 90 days there is a talk with the team lead. The probation period ends after six months.',
            'What does a new colleague get on day one?',
            'A laptop, a badge and the accounts that the team has asked for.',
            'How long is probation?',
            'Six months, with talks after 30, 60 and 90 days.'),
        ('Master service agreement', 'docx',
            'Invoices are due within 30 days. Default interest is eight percentage points above the base rate.',
            'Either side may terminate with three months'' notice to the end of a contract year. Liability is limited to the fees of twelve months.',
            'What are the payment terms?',
            'Invoices are due within 30 days.',
            'What is our liability cap?',
            'It is limited to the fees of twelve months.'),
        ('Product requirements: search', 'html',
            'Search answers within 300 milliseconds for nine requests out of ten. Results show where in the document the words were found.',
            'Out of scope for the first release: handwriting, spreadsheets with formulas, and files above 50 megabytes.',
            'What latency do we promise for search?',
            'Within 300 milliseconds for nine requests out of ten.',
            'Will spreadsheets be searchable?',
            'Not those with formulas: they are out of scope for the first release.'),
        ('Customer interviews autumn', 'txt',
            'Eight of eleven people said that they look for the newest version of a file by asking a colleague. Two keep a list of their own.',
            'The most frequent wish was an answer that names its source, so that it can be passed on without checking again.',
            'What did customers ask for most?',
            'An answer that names its source, so that it can be passed on without checking again.',
            'How do they find the newest version today?',
            'Eight of eleven ask a colleague; two keep a list of their own.'),
        ('Price list 2026', 'csv',
            'The team plan costs 12 euros per person and month, the business plan 24. Paying yearly saves two months.',
            'Schools and registered charities pay half. The discount is granted for a year at a time.',
            'What does the business plan cost?',
            '24 euros per person and month; paying yearly saves two months.',
            'Is there a discount for charities?',
            'Registered charities pay half, granted for a year at a time.'),
        ('Sustainability statement', 'pdf',
            'Emissions from business travel fell by a third against 2023, chiefly because flights below 600 kilometres are no longer booked.',
            'The offices run on renewable electricity. Heating accounts for most of what is left.',
            'Why did travel emissions fall?',
            'Chiefly because flights below 600 kilometres are no longer booked; they fell by a third against 2023.',
            'What is the largest remaining source?',
            'Heating: it accounts for most of what is left.')
) as t (title, extension, passage_1, passage_2, question_1, answer_1, question_2, answer_2);


create temp table demo_tenants on commit drop as
with named as (
    select
        n,
        (array[
            'Brightwater', 'Northgate', 'Alder', 'Quayside', 'Lumen', 'Harrow', 'Stonebridge', 'Meridian',
            'Fernhill', 'Copperfield', 'Larkspur', 'Ironwood', 'Seabrook', 'Ashdown', 'Windmere', 'Kestrel',
            'Oakhaven', 'Redfern', 'Thornbury', 'Silverlake', 'Bluestone', 'Highmoor', 'Juniper', 'Westerly',
            'Greenfield'
        ])[1 + n % 25] as place,
        (array[
            'Legal', 'Logistics', 'Health', 'Robotics', 'Insurance', 'Energy', 'Architects', 'Analytics',
            'Foods', 'Publishing', 'Travel', 'Biotech', 'Software', 'Consulting', 'Schools', 'Textiles'
        ])[1 + n % 16] as trade,
        n / 400 as round
    from generate_series(0, 4 * pg_temp.demo_scale() - 1) as n
)
select
    n,
    pg_temp.demo_id('tenant:' || n) as id,
    place || ' ' || trade || case when round > 0 then ' ' || round + 1 else '' end as name,
    lower(place || '-' || trade)
        || case when round > 0 then '-' || round + 1 else '' end
        || case when pg_temp.demo_seed() <> '1' then '-' || left(md5(pg_temp.demo_seed()), 6) else '' end as slug,
    timestamptz '2026-01-05 09:00:00+00' - make_interval(days => 120 + pg_temp.roll('tenant age:' || n, 500)) as created_at
from named;

insert into public.tenants (id, name, slug, created_at, updated_at, suspended_at)
select
    t.id,
    t.name,
    t.slug,
    t.created_at,
    t.created_at,
    -- One in ten has not paid; never one of the first four.
    case when t.n % 10 = 9 then timestamptz '2026-01-02 08:00:00+00' end
from demo_tenants t
on conflict do nothing;


create temp table demo_users on commit drop as
with people as (
    select
        t.n as tenant_number,
        t.id as tenant_id,
        t.slug,
        t.created_at as tenant_created_at,
        k,
        t.n || '/' || k as key
    from demo_tenants t
    cross join lateral generate_series(1, 6 + pg_temp.roll('people:' || t.n, 4)) as k
    union all
    select null, null, 'mnfst', timestamptz '2024-03-01 09:00:00+00', k, 'root/' || k
    from generate_series(1, 1 + pg_temp.demo_scale() / 20) as k
), named as (
    select
        p.*,
        pg_temp.pick(array[
            'Amara', 'Anna', 'Ben', 'Carlos', 'Chiara', 'Daniel', 'Elena', 'Emeka', 'Farah', 'Felix',
            'Grace', 'Hannah', 'Hiro', 'Ines', 'Ivan', 'Jamal', 'Joana', 'Jonas', 'Kofi', 'Laila',
            'Leon', 'Lucia', 'Magnus', 'Maria', 'Mei', 'Nadia', 'Noah', 'Olga', 'Omar', 'Priya',
            'Rafael', 'Rosa', 'Samuel', 'Sofia', 'Tariq', 'Thomas', 'Vera', 'Wei', 'Yuki', 'Zara'
        ], 'first:' || p.key) as first_name,
        pg_temp.pick(array[
            'Abebe', 'Andersen', 'Bauer', 'Bianchi', 'Carvalho', 'Chen', 'Costa', 'Diallo', 'Dubois', 'Eriksen',
            'Fischer', 'Garcia', 'Haddad', 'Hansen', 'Ivanova', 'Jansen', 'Kaur', 'Keller', 'Kowalski', 'Lindgren',
            'Lopez', 'Mbeki', 'Meyer', 'Moreau', 'Nakamura', 'Nguyen', 'Novak', 'Okafor', 'Osei', 'Petrov',
            'Quinn', 'Rahman', 'Romano', 'Sato', 'Schmidt', 'Silva', 'Sorensen', 'Tanaka', 'Varga', 'Weber'
        ], 'last:' || p.key) as last_name
    from people p
)
select
    n.tenant_number,
    n.k,
    n.key,
    pg_temp.demo_id('user:' || n.key) as id,
    n.tenant_id,
    n.first_name || ' ' || n.last_name as name,
    lower(n.first_name || '.' || n.last_name)
        -- Namesakes in one company are told apart by a number.
        || case
            when row_number() over namesakes > 1 then (row_number() over namesakes)::text
            else ''
        end
        || '@' || n.slug
        || case
            when n.tenant_id is null and pg_temp.demo_seed() <> '1' then '-' || left(md5(pg_temp.demo_seed()), 6)
            else ''
        end
        || '.example.com' as email,
    case
        when n.tenant_id is null then 'superadmin'
        when n.k = 1 or n.k = 2 and pg_temp.roll('second admin:' || n.key, 2) = 0 then 'tenant_admin'
        else 'user'
    end as role,
    n.tenant_created_at + make_interval(days => n.k * 3, mins => pg_temp.roll('joined:' || n.key, 480)) as created_at,
    case
        when pg_temp.roll('seen:' || n.key, 8) > 0
            then timestamptz '2026-01-05 09:00:00+00' - make_interval(mins => pg_temp.roll('login:' || n.key, 20160))
    end as last_login
from named n
window namesakes as (partition by n.slug, n.first_name, n.last_name order by n.k);

insert into auth.users (
    id, email, encrypted_password, email_confirmed_at, last_sign_in_at,
    raw_app_meta_data, raw_user_meta_data, created_at, updated_at
)
select
    u.id,
    u.email,
    pg_temp.demo_password_hash(),
    u.created_at,
    u.last_login,
    jsonb_strip_nulls(jsonb_build_object(
        'provider', 'email',
        'providers', jsonb_build_array('email'),
        'role', u.role,
        'tenant_id', u.tenant_id
    )),
    jsonb_build_object('name', u.name),
    u.created_at,
    u.created_at
from demo_users u
order by u.tenant_number nulls first, u.k
on conflict do nothing;

-- Where the identity binding is at work these rows are there already and only get what it cannot know.
insert into public.users as existing (id, email, name, role, tenant_id, last_login, created_at, updated_at)
select u.id, u.email, u.name, u.role, u.tenant_id, u.last_login, u.created_at, u.created_at
from demo_users u
order by u.tenant_number nulls first, u.k
on conflict (id) do update
set last_login = excluded.last_login,
    created_at = excluded.created_at,
    updated_at = excluded.updated_at
where (existing.last_login, existing.created_at, existing.updated_at)
    is distinct from (excluded.last_login, excluded.created_at, excluded.updated_at);

insert into public.user_preferences as existing
    (id, user_id, language, timezone, theme, notifications, created_at, updated_at)
select
    u.id,
    u.id,
    pg_temp.pick(array['en', 'en', 'en-GB', 'de', 'fr', 'es', 'pt-BR'], 'language:' || u.key),
    pg_temp.pick(array['UTC', 'Europe/Berlin', 'Europe/London', 'America/Sao_Paulo', 'Asia/Tokyo'], 'zone:' || u.key),
    pg_temp.pick(array['system', 'light', 'dark'], 'theme:' || u.key),
    jsonb_build_object('email_digest', pg_temp.pick(array['never', 'daily', 'weekly'], 'digest:' || u.key)),
    u.created_at,
    u.created_at
from demo_users u
on conflict (user_id) do update
set language = excluded.language,
    timezone = excluded.timezone,
    theme = excluded.theme,
    notifications = excluded.notifications,
    created_at = excluded.created_at,
    updated_at = excluded.updated_at
where (existing.language, existing.timezone, existing.theme, existing.notifications, existing.created_at, existing.updated_at)
    is distinct from
    (excluded.language, excluded.timezone, excluded.theme, excluded.notifications, excluded.created_at, excluded.updated_at);


insert into public.social_links (id, url, platform, tenant_id, created_at, updated_at)
select
    pg_temp.demo_id('link:' || t.n || ':' || p.platform),
    p.address || replace(t.slug, '-', ''),
    p.platform,
    t.id,
    t.created_at + interval '2 hours',
    t.created_at + interval '2 hours'
from demo_tenants t
cross join (
    values
        ('linkedin', 'https://www.linkedin.com/company/', 10),
        ('twitter', 'https://x.com/', 6),
        ('youtube', 'https://www.youtube.com/@', 5),
        ('facebook', 'https://www.facebook.com/', 4),
        ('instagram', 'https://www.instagram.com/', 4)
) as p (platform, address, chance)
where pg_temp.roll('link:' || t.n || ':' || p.platform, 10) < p.chance
on conflict do nothing;


create temp table demo_documents on commit drop as
with numbered as (
    select
        t.n || '/' || k as key,
        k,
        t.n as tenant_number,
        t.id as tenant_id,
        pg_temp.roll('state:' || t.n || '/' || k, 20) as state_roll,
        pg_temp.roll('topic:' || t.n, 12) as first_topic
    from demo_tenants t
    cross join lateral generate_series(1, 14 + pg_temp.roll('documents:' || t.n, 14)) as k
)
select
    d.key,
    pg_temp.demo_id('document:' || d.key) as id,
    d.tenant_id,
    u.id as user_id,
    topic.number as topic_number,
    topic.title
        || case when d.k > 12 then ' (version ' || 1 + (d.k - 1) / 12 || ')' else '' end
        || '.' || topic.extension as original_name,
    topic.extension,
    case topic.extension
        when 'pdf' then 'application/pdf'
        when 'docx' then 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'
        when 'md' then 'text/markdown'
        when 'html' then 'text/html'
        when 'csv' then 'text/csv'
        else 'text/plain'
    end as mime_type,
    12000 + pg_temp.roll('size:' || d.key, 4000000) as size,
    case
        when d.k = 1 or d.state_roll < 13 then 'processed'
        when d.state_roll < 15 then 'uploaded'
        when d.state_roll < 17 then 'processing'
        else 'error'
    end as status,
    timestamptz '2026-01-05 09:00:00+00' - make_interval(mins => 60 + pg_temp.roll('uploaded:' || d.key, 129600)) as created_at
from numbered d
join demo_topics topic on topic.number = (d.first_topic + d.k) % 12
join demo_users u
    on u.tenant_number = d.tenant_number
    and u.k = 1 + pg_temp.roll('owner:' || d.key, 6);

insert into public.documents (
    id, filename, original_name, size, mime_type, status, processed_at, error,
    tenant_id, user_id, created_at, updated_at, deleted_at
)
select
    d.id,
    d.id || '.' || d.extension,
    d.original_name,
    d.size,
    d.mime_type,
    d.status,
    case when d.status = 'processed' then d.created_at + make_interval(secs => 20 + pg_temp.roll('took:' || d.key, 200)) end,
    case
        when d.status = 'error' then pg_temp.pick(array[
            'The file has no text layer: its pages are images.',
            'The file is encrypted and no password was given.',
            'The file ends before its last page; it was probably cut off while uploading.',
            'The text is in an encoding that could not be recognised.'
        ], 'error:' || d.key)
    end,
    d.tenant_id,
    d.user_id,
    d.created_at,
    d.created_at + make_interval(mins => pg_temp.roll('changed:' || d.key, 55)),
    case when pg_temp.roll('hidden:' || d.key, 25) = 0 then timestamptz '2026-01-04 16:30:00+00' end
from demo_documents d
on conflict do nothing;

insert into public.document_chunks (
    id, tenant_id, document_id, chunk_index, content, content_hash, token_count, metadata, created_at, updated_at
)
select
    pg_temp.demo_id('chunk:' || d.key || ':' || p.chunk_index),
    d.tenant_id,
    d.id,
    p.chunk_index,
    p.content,
    encode(sha256(convert_to(p.content, 'UTF8')), 'hex'),
    ceil(char_length(p.content) / 4.0)::integer,
    jsonb_build_object('page', p.chunk_index + 1, 'heading', topic.title),
    d.created_at + interval '15 seconds',
    d.created_at + interval '15 seconds'
from demo_documents d
join demo_topics topic on topic.number = d.topic_number
cross join lateral (
    values (0, topic.passage_1), (1, topic.passage_2)
) as p (chunk_index, content)
where d.status = 'processed'
on conflict do nothing;


-- The chats' months, so that the default partition stays empty.
select count(*) as partitions_made
from public.create_message_partitions(4, date '2025-10-01');

create temp table demo_sessions on commit drop as
select
    u.key || '/' || chat as key,
    pg_temp.demo_id('session:' || u.key || '/' || chat) as id,
    u.id as user_id,
    u.tenant_id,
    pg_temp.roll('talk:' || u.key || '/' || chat, 12) as topic_number,
    1 + pg_temp.roll('length:' || u.key || '/' || chat, 2) as exchanges,
    timestamptz '2026-01-05 08:00:00+00'
        - make_interval(mins => pg_temp.roll('asked:' || u.key || '/' || chat, 100000)) as created_at
from demo_users u
cross join lateral generate_series(1, pg_temp.roll('chats:' || u.key, 5)) as chat
where u.tenant_id is not null;

insert into public.sessions (id, title, user_id, tenant_id, created_at, updated_at)
select
    s.id,
    -- The newest chats have no title yet.
    case when pg_temp.roll('title:' || s.key, 8) > 0 then rtrim(topic.question_1, '?.') end,
    s.user_id,
    s.tenant_id,
    s.created_at,
    s.created_at
from demo_sessions s
join demo_topics topic on topic.number = s.topic_number
on conflict do nothing;

insert into public.messages (id, session_id, content, role, "timestamp", created_at, updated_at, tenant_id)
select
    pg_temp.demo_id('message:' || s.key || ':' || m.place),
    s.id,
    m.content,
    m.role,
    s.created_at + m.after,
    s.created_at + m.after,
    s.created_at + m.after,
    s.tenant_id
from demo_sessions s
join demo_topics topic on topic.number = s.topic_number
cross join lateral (
    values
        (1, 'user', topic.question_1, interval '4 seconds', 1),
        (2, 'assistant', topic.answer_1 || ' (Source: ' || topic.title || ', page 1)', interval '7 seconds', 1),
        (3, 'user', topic.question_2, interval '65 seconds', 2),
        (4, 'assistant', topic.answer_2 || ' (Source: ' || topic.title || ', page 2)', interval '69 seconds', 2)
) as m (place, role, content, after, exchange)
where m.exchange <= s.exchanges
on conflict do nothing;


-- One key for each company's first administrator. Nobody knows the keys: they show what a list looks like.
insert into public.api_keys (
    id, tenant_id, user_id, name, prefix, key_hash, scopes, expires_at, revoked_at, created_at, updated_at
)
select
    pg_temp.demo_id('key:' || u.key),
    u.tenant_id,
    u.id,
    pg_temp.pick(array['Nightly import', 'Intranet search', 'Reporting'], 'key name:' || u.key),
    'mnfst_' || left(md5('prefix:' || u.id), 8),
    encode(sha256(convert_to(md5('key:' || u.id), 'UTF8')), 'hex'),
    array['documents:read', 'documents:write'],
    timestamptz '2027-01-01 00:00:00+00',
    case when pg_temp.roll('revoked:' || u.key, 4) = 0 then timestamptz '2025-12-20 10:00:00+00' end,
    u.created_at + interval '1 day',
    u.created_at + interval '1 day'
from demo_users u
where u.k = 1
    and u.role = 'tenant_admin'
on conflict do nothing;

select public.refresh_usage_views();
