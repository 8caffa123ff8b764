-- Demo data: people who fill in the questionnaire, with documents and recommendations.
--
-- The same seed gives the same rows, ids and times included; running it again changes nothing.
-- Settings: tenantry.demo_seed (default 1), tenantry.demo_scale (default 1: sixteen people),
-- tenantry.demo_password_hash (empty: nobody can sign in by password).

create or replace function pg_temp.demo_seed()
returns text
language sql
stable
as $$
    select coalesce(nullif(current_setting('tenantry.demo_seed', true), ''), '1')
$$;

create or replace function pg_temp.demo_id(what text)
returns uuid
language sql
stable
as $$
    select md5(pg_temp.demo_seed() || ':profiler:' || what)::uuid
$$;

-- A number from 0 to below the limit, always the same for the same question.
create or replace function pg_temp.choose(what text, below integer)
returns integer
language sql
stable
as $$
    select (('x' || substr(md5(pg_temp.demo_seed() || ':choose:' || what), 1, 8))::bit(32)::bigint
        % below)::integer
$$;

-- {role} becomes the person's role, {Role} the same with a capital letter.
create or replace function pg_temp.fill(template text, words jsonb)
returns text
language plpgsql
immutable
as $$
declare
    word record;
begin
    for word in select * from jsonb_each_text(words) loop
        template := replace(template, '{' || word.key || '}', word.value);
        template := replace(
            template,
            '{' || upper(left(word.key, 1)) || substr(word.key, 2) || '}',
            upper(left(word.value, 1)) || substr(word.value, 2)
        );
    end loop;
    return template;
end
$$;


-- What people say ---------------------------------------------------------------------------------

create temp table demo_professions (
    number integer,
    code text,
    words jsonb
) on commit drop;

insert into demo_professions (number, code, words)
values
    (0, 'supply', '{
        "code": "supply",
        "role": "supply chain manager",
        "org": "a maker of bicycle components",
        "industry": "manufacturing",
        "field": "industrial engineering",
        "skill1": "negotiating framework contracts",
        "skill2": "demand planning",
        "skill3": "supplier audits",
        "tool1": "SAP",
        "tool2": "Power BI",
        "tool3": "Kanban boards",
        "result": "cut late deliveries from 18 to 4 percent in one year",
        "figure": "stock value from 9.2 to 6.8 million in 14 months",
        "problem": "a single supplier for forged parts that could stop the whole line",
        "customers": "plant managers and purchasing teams",
        "next": "head of operations",
        "cert": "CPIM certificate",
        "learning": "multi-echelon inventory planning",
        "trend": "suppliers moving closer to the plants"
    }'),
    (1, 'nurse', '{
        "code": "nurse",
        "role": "ward manager in intensive care",
        "org": "a university hospital",
        "industry": "health",
        "field": "nursing science",
        "skill1": "leading shift teams under pressure",
        "skill2": "introducing care standards",
        "skill3": "training new staff",
        "tool1": "the patient data system",
        "tool2": "rota planning",
        "tool3": "case reviews",
        "result": "halved the turnover of nursing staff within two years",
        "figure": "pressure ulcers from 6.1 to 2.3 percent of patients",
        "problem": "a rota that burned out the most experienced people first",
        "customers": "patients, families and physicians",
        "next": "director of nursing",
        "cert": "intensive care specialisation",
        "learning": "health economics",
        "trend": "monitoring of patients at home after discharge"
    }'),
    (2, 'backend', '{
        "code": "backend",
        "role": "backend engineer",
        "org": "a payments company",
        "industry": "technology",
        "field": "computer science",
        "skill1": "designing reliable services",
        "skill2": "database performance",
        "skill3": "reviewing other peoples designs",
        "tool1": "PostgreSQL",
        "tool2": "Rust",
        "tool3": "Kubernetes",
        "result": "brought failed settlements down from 40 a week to one a month",
        "figure": "95th percentile latency from 900 to 120 milliseconds",
        "problem": "double bookings that appeared only under load",
        "customers": "product teams and the finance department",
        "next": "principal engineer",
        "cert": "cloud architect certificate",
        "learning": "formal specification of protocols",
        "trend": "instant payments becoming the default"
    }'),
    (3, 'teacher', '{
        "code": "teacher",
        "role": "head of a vocational school department",
        "org": "a school for technical trades",
        "industry": "public_sector",
        "field": "vocational education",
        "skill1": "building curricula with companies",
        "skill2": "coaching young teachers",
        "skill3": "moderating difficult meetings",
        "tool1": "Moodle",
        "tool2": "competence grids",
        "tool3": "classroom observation",
        "result": "raised the share of apprentices who pass at the first attempt from 71 to 88 percent",
        "figure": "partner companies from 12 to 45 in four years",
        "problem": "a workshop full of machines that no company used any more",
        "customers": "apprentices and the companies that train them",
        "next": "school principal",
        "cert": "state examination for teaching",
        "learning": "grant applications at European level",
        "trend": "shorter training modules beside the full apprenticeship"
    }'),
    (4, 'controller', '{
        "code": "controller",
        "role": "financial controller",
        "org": "a regional energy supplier",
        "industry": "energy",
        "field": "business administration",
        "skill1": "building forecasts that people trust",
        "skill2": "explaining figures to engineers",
        "skill3": "closing the books quickly",
        "tool1": "Excel",
        "tool2": "SAP FI/CO",
        "tool3": "SQL",
        "result": "shortened the monthly close from nine to four working days",
        "figure": "forecast error from 11 to 4 percent",
        "problem": "three departments that each counted the same customer differently",
        "customers": "the management board and department heads",
        "next": "finance director",
        "cert": "IFRS certificate",
        "learning": "modelling of energy prices",
        "trend": "customers who produce their own electricity"
    }'),
    (5, 'marketing', '{
        "code": "marketing",
        "role": "brand manager",
        "org": "a family-owned food company",
        "industry": "retail",
        "field": "communication and marketing",
        "skill1": "positioning products",
        "skill2": "briefing agencies",
        "skill3": "reading panel data",
        "tool1": "Google Analytics",
        "tool2": "Nielsen panel data",
        "tool3": "Figma",
        "result": "won back two retail chains that had delisted the brand",
        "figure": "repeat purchases from 23 to 34 percent",
        "problem": "a recipe that regular buyers loved and new buyers did not try",
        "customers": "households and category buyers of retail chains",
        "next": "marketing director",
        "cert": "diploma in brand management",
        "learning": "pricing experiments",
        "trend": "private labels of retailers becoming brands"
    }'),
    (6, 'architect', '{
        "code": "architect",
        "role": "construction project manager",
        "org": "an engineering office for public buildings",
        "industry": "professional_services",
        "field": "civil engineering",
        "skill1": "keeping schedules honest",
        "skill2": "claims management",
        "skill3": "coordinating twenty trades",
        "tool1": "MS Project",
        "tool2": "BIM models",
        "tool3": "site diaries",
        "result": "handed over a school on the agreed day and 3 percent below budget",
        "figure": "open defects at handover from 210 to 35",
        "problem": "ground water where the survey had promised clay",
        "customers": "municipalities and site crews",
        "next": "head of project management",
        "cert": "PMP certificate",
        "learning": "contracts with shared risk",
        "trend": "renovation instead of new buildings"
    }'),
    (7, 'hr', '{
        "code": "hr",
        "role": "people and culture lead",
        "org": "a software company of 180 people",
        "industry": "technology",
        "field": "organisational psychology",
        "skill1": "structured interviewing",
        "skill2": "mediating conflicts",
        "skill3": "designing salary systems",
        "tool1": "Personio",
        "tool2": "engagement surveys",
        "tool3": "workshop facilitation",
        "result": "introduced a salary system that everybody can read, without losing anybody over it",
        "figure": "time to hire from 74 to 41 days",
        "problem": "two teams that no longer spoke to each other after a merger",
        "customers": "team leads and applicants",
        "next": "chief people officer",
        "cert": "mediator training",
        "learning": "labour law across borders",
        "trend": "teams that are distributed from the first day"
    }'),
    (8, 'logistics', '{
        "code": "logistics",
        "role": "warehouse operations lead",
        "org": "a wholesaler for medical supplies",
        "industry": "logistics",
        "field": "logistics management",
        "skill1": "planning shifts by order volume",
        "skill2": "lean methods on the floor",
        "skill3": "introducing scanners and robots",
        "tool1": "a warehouse management system",
        "tool2": "value stream maps",
        "tool3": "daily stand-ups",
        "result": "doubled picks per hour without a single additional accident",
        "figure": "wrong deliveries from 1.4 to 0.2 percent",
        "problem": "peaks on Mondays that nobody could staff",
        "customers": "pharmacies and clinics",
        "next": "site manager",
        "cert": "Six Sigma green belt",
        "learning": "simulation of material flows",
        "trend": "orders that must arrive on the same day"
    }'),
    (9, 'consultant', '{
        "code": "consultant",
        "role": "independent data protection consultant",
        "org": "my own practice",
        "industry": "professional_services",
        "field": "law",
        "skill1": "explaining law to developers",
        "skill2": "auditing processors",
        "skill3": "writing policies that are read",
        "tool1": "process interviews",
        "tool2": "records of processing",
        "tool3": "risk matrices",
        "result": "led eleven companies through inspections without a fine",
        "figure": "answers to data requests from 26 to 6 days",
        "problem": "a customer database that had grown for twenty years without deletion",
        "customers": "mid-sized companies without a legal department",
        "next": "partner in a specialised firm",
        "cert": "certified data protection officer",
        "learning": "regulation of artificial intelligence",
        "trend": "customers who ask for proof before they sign"
    }');

create temp table demo_phrases (
    section_key text,
    question_key text,
    variant integer,
    phrase text
) on commit drop;

insert into demo_phrases (section_key, question_key, variant, phrase)
values
    ('about_you', 'headline', 0,
     '{Role} who {result}.'),
    ('about_you', 'headline', 1,
     '{Role} with a hand for {skill1}.'),
    ('about_you', 'summary', 0,
     'I am a {role} at {org}. People call me when it comes to {skill1} and {skill2}. Last year we {result}.'),
    ('about_you', 'summary', 1,
     'My field is {field}; my daily work is {skill1}. What I bring is patience with details and the courage to say no early. I work best with {customers}.'),
    ('about_you', 'current_role', 0,
     '{Role}, {org}'),
    ('about_you', 'location', 0,
     'Hamburg, hybrid'),
    ('about_you', 'location', 1,
     'Lyon, on site and with some travel'),
    ('about_you', 'location', 2,
     'Rotterdam, remote or on site'),
    ('about_you', 'location', 3,
     'Vienna, hybrid, three days on site'),
    ('about_you', 'languages', 0,
     '["English: fluent", "German: native"]'),
    ('about_you', 'languages', 1,
     '["English: native", "Spanish: working knowledge"]'),
    ('about_you', 'languages', 2,
     '["French: native", "English: fluent", "Italian: basic"]'),
    ('experience', 'career_story', 0,
     'I began with {field} because I wanted to know how things really work. The turn came when I was asked to help with {problem}; since then I have worked on {skill1}, and became {role} at {org}.'),
    ('experience', 'career_story', 1,
     'Three employers in twelve years, each change for a larger task. From the first I took {skill3}, from the second {skill2}, and here I was given responsibility as {role}.'),
    ('experience', 'current_responsibilities', 0,
     'I answer for {skill1} and {skill2} at {org}. Without me, agreements with {customers} would slip first.'),
    ('experience', 'current_responsibilities', 1,
     'Day to day: {skill2}, {skill3} and the reports that go to management. I decide on priorities when there is not enough time for everything.'),
    ('experience', 'previous_roles', 0,
     '["Junior {role}, 2012 to 2015: ask before you plan", "Deputy team lead, 2015 to 2019: {skill3}"]'),
    ('experience', 'previous_roles', 1,
     '["Trainee, 2014 to 2016: how an organisation hangs together", "Specialist for {skill2}, 2016 to 2021: figures need a story"]'),
    ('experience', 'international_experience', 0,
     'Two years with a team in three countries. I learned to write decisions down, because a nod means something else everywhere.'),
    ('experience', 'international_experience', 1,
     'Short assignments in Poland and Portugal, each of them about {skill2}.'),
    ('experience', 'typical_project', 0,
     'We had {problem}. I first spent two weeks with {customers} to see it for myself, then proposed a small trial. In the end we {result}.'),
    ('experience', 'typical_project', 1,
     'The task was to improve {skill2}. I started with the figures, found that half of them were not comparable, and agreed on one definition. The result: {figure}.'),
    ('skills', 'core_skills', 0,
     '["{Skill1}", "{Skill2}", "{Skill3}", "Writing clear decisions", "Listening before proposing"]'),
    ('skills', 'core_skills', 1,
     '["{Skill2}", "{Skill1}", "Planning with uncertainty", "{Skill3}", "Presenting to sceptics"]'),
    ('skills', 'skill_evidence', 0,
     'The best proof of {skill1} is {figure}. The method is now used by two other departments.'),
    ('skills', 'skill_evidence', 1,
     'Since last spring, questions about {skill1} are left to me without further approval. We {result}.'),
    ('skills', 'tools', 0,
     '["{Tool1}: daily", "{Tool2}: advanced", "{Tool3}: solid"]'),
    ('skills', 'tools', 1,
     '["{Tool2}", "{Tool1}", "{Tool3}", "A notebook and a pencil"]'),
    ('skills', 'learning_now', 0,
     'At the moment {learning}: the next task will need it.'),
    ('skills', 'learning_now', 1,
     '{Learning}, on Thursday evenings, because I kept asking others about it.'),
    ('education', 'field_of_study', 0,
     '{Field}, University of Applied Sciences, 2011'),
    ('education', 'field_of_study', 1,
     '{Field}, completed in 2014 alongside work'),
    ('education', 'certificates', 0,
     '["{Cert}, 2019", "First aid and fire protection, 2023, valid until 2026"]'),
    ('education', 'certificates', 1,
     '["{Cert}, 2021"]'),
    ('education', 'continuing_education', 0,
     'A course on negotiation: I now prepare the other sides best argument before my own.'),
    ('education', 'continuing_education', 1,
     'A book on checklists in surgery. Since then every handover in my area has one.'),
    ('achievements', 'proudest_result', 0,
     'We {result}. At the start hardly anybody believed in it; what made the difference was to begin with {problem}.'),
    ('achievements', 'proudest_result', 1,
     'In figures: {figure}. For the team it mattered more that nobody had to work weekends for it.'),
    ('achievements', 'measurable_impact', 0,
     '["{Figure}", "Complaints down by a third in one year"]'),
    ('achievements', 'measurable_impact', 1,
     '["{Figure}", "Satisfaction of {customers} from 3.4 to 4.3 out of 5"]'),
    ('achievements', 'hardest_problem', 0,
     'It was {problem}. Others had treated the symptoms; we changed the agreement behind it.'),
    ('achievements', 'hardest_problem', 1,
     '{Problem}. Nobody had put all who were concerned at one table.'),
    ('achievements', 'failure', 0,
     'I introduced {tool1} without asking those who would use it. After three months we started again, this time together.'),
    ('achievements', 'failure', 1,
     'I held on to a plan for too long because it was mine. Today I write down beforehand what would change my mind.'),
    ('achievements', 'recognition', 0,
     '["Employee award, 2022, for the work on {skill2}", "Promotion to {role}, 2021"]'),
    ('achievements', 'recognition', 1,
     '["Invited talk on {skill1}, 2023"]'),
    ('goals', 'next_role', 0,
     '{Next}, in a company that grows'),
    ('goals', 'next_role', 1,
     '{Next}'),
    ('goals', 'five_year_picture', 0,
     'In the morning with the team, in the afternoon with {customers}. I decide on direction and no longer on details.'),
    ('goals', 'five_year_picture', 1,
     'I lead as {next}, and somebody else has become better at {skill1} than I am.'),
    ('goals', 'motivation_for_change', 0,
     'Scope: decisions about {skill1} are taken two levels above me.'),
    ('goals', 'motivation_for_change', 1,
     'I enjoy the work, but in this organisation it cannot become larger.'),
    ('goals', 'skills_to_build', 0,
     '["{Learning}", "Leading leaders", "Working with a supervisory board"]'),
    ('goals', 'skills_to_build', 1,
     '["Budget responsibility", "{Learning}"]'),
    ('working_style', 'decision_making', 0,
     'When we had {problem}, half of the facts were missing. I set a date, collected what could be known until then, and chose the step that could be undone.'),
    ('working_style', 'decision_making', 1,
     'I ask what a wrong decision would cost and who would bear it. If that is little, I decide at once.'),
    ('working_style', 'conflict', 0,
     'I repeat the other position until they agree that I have understood it. With {customers} this solved more than any argument.'),
    ('working_style', 'conflict', 1,
     'First I look for the fact that would settle it. If there is none, it is a question of priorities, and those belong to whoever answers for the result.'),
    ('values', 'energy', 0,
     'Energy comes from {skill1} and from days with {customers}. It goes into reports that nobody reads.'),
    ('values', 'energy', 1,
     'I gain from teaching others and from solving {problem}; I lose in meetings without a question.'),
    ('values', 'employer_criteria', 0,
     '["Honest figures", "Freedom in how the work is done", "Time for {learning}"]'),
    ('values', 'employer_criteria', 1,
     '["A manager who decides", "Work that is of use to {customers}", "Hybrid work"]'),
    ('values', 'red_lines', 0,
     'I would not present figures that I know to be wrong, whoever asks for them.'),
    ('values', 'red_lines', 1,
     'Products that harm those who buy them, and teams that are led by fear.'),
    ('values', 'purpose', 0,
     'For {customers}: they notice at once when my work is missing.'),
    ('values', 'purpose', 1,
     'For the colleagues who come after me and find order instead of chaos.'),
    ('business', 'offer', 0,
     '{Customers} have too little time for {skill2}. I take it on, from the first analysis to the day it runs without me.'),
    ('business', 'offer', 1,
     '{Skill1} for organisations that cannot employ a specialist for it.'),
    ('business', 'target_customers', 0,
     '["{Customers}: reliability", "Management: no surprises"]'),
    ('business', 'target_customers', 1,
     '["{Customers}: quick answers in plain words"]'),
    ('business', 'competitive_edge', 0,
     'I have done the work myself before advising on it. We {result}.'),
    ('business', 'competitive_edge', 1,
     'Because I say what does not work before I am paid for it.'),
    ('business', 'market_trends', 0,
     '{Trend}. I am preparing with {learning}.'),
    ('business', 'market_trends', 1,
     'The largest change is {trend}; we have begun a trial with two partners.'),
    ('business', 'network', 0,
     '["Professional association, regional board", "Mentor for newcomers in {field}"]'),
    ('business', 'network', 1,
     '["Working group on {skill2}"]'),
    ('about_you', 'public_profile', 0,
     'https://www.example.com/portfolio/{code}'),
    ('about_you', 'public_profile', 1,
     'https://www.example.org/people/{code}');

create temp table demo_passages (
    number integer,
    phrase text
) on commit drop;

insert into demo_passages (number, phrase)
values
    (0, '{Role} at {org}, responsible for {skill1} and {skill2}.'),
    (1, 'In this period the team {result}.'),
    (2, 'Key figure: {figure}.'),
    (3, 'The starting point was {problem}. A first analysis took two weeks and involved {customers}.'),
    (4, 'Tools in daily use: {tool1}, {tool2} and {tool3}. Further qualification: {cert}.'),
    (5, 'Colleagues describe a person who listens first, decides in time and stands by the decision.');

-- What each passage is good for.
create temp table demo_suggestions (
    passage integer,
    variant integer,
    section_key text,
    question_key text,
    phrase text
) on commit drop;

insert into demo_suggestions (passage, variant, section_key, question_key, phrase)
values
    (0, 0, 'skills', 'core_skills',
     'Name {skill2} among your core skills: your document gives it as part of your daily responsibility.'),
    (0, 1, 'experience', 'current_responsibilities',
     'Start your answer with what the document says: you answer for {skill1} and {skill2}.'),
    (1, 0, 'achievements', 'proudest_result',
     'Use the result that your document reports: you {result}.'),
    (1, 1, 'about_you', 'headline',
     'Your document suggests a stronger headline: "{Role} who {result}."'),
    (2, 0, 'achievements', 'measurable_impact',
     'Add this figure, which your document supports: {figure}.'),
    (3, 0, 'achievements', 'hardest_problem',
     'Describe the case from your document: {problem}.'),
    (3, 1, 'experience', 'typical_project',
     'The project that begins with {problem} would make a good example here.'),
    (4, 0, 'skills', 'tools',
     'Your document shows daily use of {tool1} and {tool2}; add both with your level.'),
    (4, 1, 'education', 'certificates',
     'The document mentions your {cert}; add issuer and year.'),
    (5, 0, null, null,
     'What colleagues say about you in this document deserves a place near the top of the profile.');

-- Each phrase in each profession's words, once: what follows only picks.
create temp table demo_texts on commit drop as
select profession.number as profession, phrase.section_key, phrase.question_key, phrase.variant,
       pg_temp.fill(phrase.phrase, profession.words) as words,
       count(*) over (partition by profession.number, phrase.section_key, phrase.question_key)::integer
           as variants
from demo_phrases as phrase
cross join demo_professions as profession;


-- People ------------------------------------------------------------------------------------------
-- One administrator, and for each step of the scale fifteen people, one of them a manager.

create temp table demo_people on commit drop as
with numbered as (
    select n,
           (array[
               'Amara', 'Jonas', 'Leila', 'Mateo', 'Ingrid', 'Tomasz', 'Priya', 'Samuel', 'Chiara',
               'Yusuf', 'Hanna', 'Diego', 'Aiko', 'Pieter', 'Fatima', 'Liam', 'Elena', 'Kofi',
               'Sofia', 'Andrei', 'Maren', 'Rafael', 'Nadia', 'Viktor', 'Zoe', 'Emeka', 'Clara',
               'Henrik', 'Mei', 'Oscar', 'Ruth', 'Stefan', 'Amina', 'Paul', 'Greta', 'Luca'
           ])[1 + pg_temp.choose('first:' || n, 36)] as first_name,
           (array[
               'Okafor', 'Lindqvist', 'Haddad', 'Moreno', 'Berg', 'Nowak', 'Raman', 'Weber', 'Conti',
               'Demir', 'Keller', 'Vargas', 'Tanaka', 'Visser', 'Rahmani', 'Murphy', 'Petrova',
               'Mensah', 'Almeida', 'Ionescu', 'Petersen', 'Costa', 'Karimi', 'Novak', 'Laurent',
               'Adeyemi', 'Schmidt', 'Dahl', 'Chen', 'Martin', 'Cohen', 'Bauer', 'Diallo', 'Rossi'
           ])[1 + pg_temp.choose('last:' || n, 34)] as last_name
    from generate_series(
        0,
        15 * coalesce(nullif(current_setting('tenantry.demo_scale', true), '')::integer, 1)
    ) as n
)
select n,
       pg_temp.demo_id('user:' || n) as user_id,
       person.first_name,
       person.last_name,
       name.username,
       name.username || case when n % 2 = 0 then '@example.com' else '@example.org' end as email,
       case when n = 0 then 'admin' when n % 15 = 0 then 'manager' else 'user' end as role_name,
       pg_temp.choose('profession:' || n, 10) as profession,
       n % 40 <> 39 as is_active,
       timestamptz '2026-01-05 09:00:00+00'
           - make_interval(days => 20 + pg_temp.choose('joined:' || n, 300),
                           mins => pg_temp.choose('joined minute:' || n, 600)) as joined_at,
       timestamptz '2026-01-05 09:00:00+00'
           - make_interval(hours => pg_temp.choose('seen:' || n, 300),
                           mins => pg_temp.choose('seen minute:' || n, 60)) as seen_at
from numbered as person
cross join lateral (
    -- Another seed makes other people, so their names differ from those of the first.
    select case
               when n = 0 then 'demo.admin'
               else lower(person.first_name || '.' || person.last_name) || n
           end
           || case when pg_temp.demo_seed() = '1' then '' else '.' || pg_temp.demo_seed() end
           as username
) as name;

-- Whoever already has the name or the address keeps it.
delete from demo_people as person
using profiler_schema.users as other
where other.user_id <> person.user_id
and (other.username = person.username or lower(other.email) = person.email);

delete from demo_people as person
using auth.users as other
where other.id <> person.user_id
and lower(other.email) = person.email;

analyze demo_people;

insert into auth.users (
    id, email, encrypted_password, email_confirmed_at, raw_app_meta_data, raw_user_meta_data,
    last_sign_in_at, created_at, updated_at
)
select user_id, email,
       coalesce(nullif(current_setting('tenantry.demo_password_hash', true), ''), '!'),
       joined_at,
       '{"provider": "email", "providers": ["email"]}',
       jsonb_build_object(
           'username', username,
           'first_name', first_name,
           'last_name', last_name,
           'name', first_name || ' ' || last_name
       ),
       seen_at, joined_at, joined_at
from demo_people
order by n
on conflict do nothing;

-- The row may be there already, made from the account by the identity binding, without what only
-- this application knows.
insert into profiler_schema.users (
    user_id, username, email, password_hash, password_salt, first_name, last_name,
    created_at, updated_at, last_login, is_active
)
select user_id, username, email,
       coalesce(nullif(current_setting('tenantry.demo_password_hash', true), ''), '!'),
       coalesce(
           nullif(split_part(current_setting('tenantry.demo_password_hash', true), '$', 5), ''),
           '!'
       ),
       first_name, last_name, joined_at, joined_at, seen_at, is_active
from demo_people
order by n
on conflict (user_id) do update
set username = excluded.username,
    first_name = excluded.first_name,
    last_name = excluded.last_name,
    created_at = excluded.created_at,
    updated_at = excluded.updated_at,
    last_login = excluded.last_login,
    is_active = excluded.is_active
where users.created_at is distinct from excluded.created_at;

insert into profiler_schema.user_roles (user_id, role_id, created_at)
select person.user_id, role.role_id, person.joined_at
from demo_people as person
join profiler_schema.roles as role on role.role_name in (person.role_name, 'user')
on conflict (user_id, role_id) do update
set created_at = excluded.created_at
where user_roles.created_at is distinct from excluded.created_at;


-- Profiles ----------------------------------------------------------------------------------------
-- Everybody but the administrator has one, every fourth person a second.

create temp table demo_profiles on commit drop as
select person.user_id,
       person.n,
       profile.k,
       person.profession,
       pg_temp.demo_id('profile:' || key.name) as profile_id,
       key.name,
       case
           when chance.percent < 55 then 'in_progress'
           when chance.percent < 90 then 'completed'
           else 'archived'
       end as status,
       -- How many sections are done.
       case
           when chance.percent between 55 and 89 then 1000
           else pg_temp.choose('progress:' || key.name, 8)
       end as done,
       person.joined_at
           + make_interval(hours => 2 + 36 * (profile.k - 1),
                           mins => pg_temp.choose('begun:' || key.name, 50)) as begun_at
from demo_people as person
cross join lateral generate_series(
    1,
    case
        when person.role_name = 'admin' then 0
        when pg_temp.choose('second:' || person.n, 4) = 0 then 2
        else 1
    end
) as profile (k)
cross join lateral (select person.n || ':' || profile.k as name) as key
cross join lateral (select pg_temp.choose('status:' || key.name, 100) as percent) as chance;

analyze demo_profiles;

create temp table demo_sections on commit drop as
select profile.*,
       pg_temp.demo_id('section:' || profile.name || ':' || section.section_key) as section_id,
       section.section_key,
       section.title as section_title,
       section.help_text,
       section.order_index,
       section.place,
       case
           when section.place <= profile.done then 'completed'
           when section.place = profile.done + 1 then 'in_progress'
           else 'not_started'
       end as section_status,
       profile.begun_at + make_interval(hours => 20 * section.place::integer) as worked_at
from demo_profiles as profile
cross join (
    select *, row_number() over (order by order_index, section_key) as place
    from profiler_schema.questionnaire_sections
) as section;

analyze demo_sections;

insert into profiler_schema.profiles (
    profile_id, user_id, title, description, current_section, status, created_at, updated_at,
    completed_at, metadata
)
select profile.profile_id, profile.user_id,
       case
           when profile.k = 1 then 'Profile as ' || (profession.words ->> 'role')
           else 'Application: ' || (profession.words ->> 'next')
       end,
       case
           when profile.k = 1 then 'For general use, in conversations and on paper.'
           else 'The same experience, seen from the next step.'
       end,
       (
           select section.section_key
           from demo_sections as section
           where section.profile_id = profile.profile_id
           and section.section_status = 'in_progress'
       ),
       profile.status,
       profile.begun_at,
       coalesce(last.worked_at, profile.begun_at),
       case when profile.status = 'completed' then coalesce(last.worked_at, profile.begun_at) end,
       jsonb_build_object('language', 'en', 'audience',
                          case when profile.k = 1 then 'general' else 'employer' end)
from demo_profiles as profile
join demo_professions as profession on profession.number = profile.profession
left join (
    select profile_id, max(worked_at) as worked_at
    from demo_sections
    where section_status <> 'not_started'
    group by profile_id
) as last on last.profile_id = profile.profile_id
on conflict do nothing;

insert into profiler_schema.sections (
    section_id, profile_id, section_key, title, description, status, order_index, created_at,
    updated_at, completed_at
)
select section_id, profile_id, section_key, section_title, help_text, section_status, order_index,
       begun_at,
       case when section_status = 'not_started' then begun_at else worked_at end,
       case when section_status = 'completed' then worked_at end
from demo_sections
on conflict do nothing;

-- All required questions of a finished section and most of the others; half of the one in work.
insert into profiler_schema.answers (
    answer_id, profile_id, section_key, question_key, answer_text, answer_data, created_at,
    updated_at
)
select pg_temp.demo_id('answer:' || said.name),
       said.profile_id, said.section_key, said.question_key,
       said.answer_text, said.answer_data, said.answered_at, said.answered_at
from (
    select section.profile_id, section.section_key, question.question_key, key.name,
           section.worked_at - make_interval(mins => 90 - 3 * question.order_index) as answered_at,
           case question.answer_kind
               when 'list' then (
                   select string_agg(line, e'\n' order by place)
                   from jsonb_array_elements_text(text.words::jsonb)
                       with ordinality as item (line, place)
               )
               when 'single_choice' then question.options -> chosen.index ->> 'label'
               when 'multiple_choice' then (
                   select string_agg(choice ->> 'label', ', ' order by place)
                   from jsonb_array_elements(question.options)
                       with ordinality as item (choice, place)
                   where (place + chosen.index) % 3 = 0
               )
               when 'scale' then chosen.scale::text
               when 'number' then chosen.years::text
               when 'date' then chosen.day::text
               when 'yes_no' then case when chosen.scale > 2 then 'Yes' else 'No' end
               else text.words
           end as answer_text,
           case question.answer_kind
               when 'list' then text.words::jsonb
               when 'single_choice' then question.options -> chosen.index -> 'value'
               when 'multiple_choice' then (
                   select jsonb_agg(choice -> 'value' order by place)
                   from jsonb_array_elements(question.options)
                       with ordinality as item (choice, place)
                   where (place + chosen.index) % 3 = 0
               )
               when 'scale' then to_jsonb(chosen.scale)
               when 'number' then to_jsonb(chosen.years)
               when 'date' then to_jsonb(chosen.day)
               when 'yes_no' then to_jsonb(chosen.scale > 2)
           end as answer_data
    from demo_sections as section
    join profiler_schema.questionnaire_questions as question
        on question.section_key = section.section_key
    join demo_professions as profession on profession.number = section.profession
    cross join lateral (select section.name || ':' || question.question_key as name) as key
    cross join lateral (
        select coalesce(
                   -- The industry is that of the profession.
                   (
                       select place::integer - 1
                       from jsonb_array_elements(
                           case when question.question_key = 'industry' then question.options end
                       ) with ordinality as item (choice, place)
                       where choice ->> 'value' = profession.words ->> 'industry'
                   ),
                   pg_temp.choose(
                       'option:' || key.name,
                       case jsonb_typeof(question.options)
                           when 'array' then jsonb_array_length(question.options)
                       end
                   ),
                   0
               ) as index,
               2 + pg_temp.choose('scale:' || key.name, 4) as scale,
               3 + pg_temp.choose('years:' || key.name, 27) as years,
               date '2026-01-05' + pg_temp.choose('day:' || key.name, 300)
                   * case when question.section_key = 'goals' then 1 else -2 end as day
    ) as chosen
    left join demo_texts as text
        on text.profession = section.profession
        and text.section_key = question.section_key
        and text.question_key = question.question_key
        and text.variant = pg_temp.choose('variant:' || key.name, text.variants)
    where (
        section.section_status = 'completed'
        and (question.required or pg_temp.choose('answered:' || key.name, 100) < 75)
    )
    or (
        section.section_status = 'in_progress'
        and pg_temp.choose('answered:' || key.name, 100) < 50
    )
) as said
where said.answer_text is not null
on conflict do nothing;


-- Documents ---------------------------------------------------------------------------------------

create temp table demo_documents on commit drop as
select profile.*,
       document.d,
       key.document_name,
       pg_temp.demo_id('document:' || key.document_name) as document_id,
       kind.title as kind,
       kind.mime_type,
       lower(replace(person.last_name, ' ', '_')) || '_' || kind.filename as filename,
       case
           when chance.percent < 85 then 'processed'
           when chance.percent < 95 then 'processing'
           else 'failed'
       end as document_status,
       profile.begun_at + make_interval(mins => 30 + 7 * document.d) as uploaded_at
from demo_profiles as profile
join demo_people as person on person.n = profile.n
cross join lateral generate_series(1, pg_temp.choose('documents:' || profile.name, 4)) as document (d)
cross join lateral (select profile.name || ':' || document.d as document_name) as key
cross join lateral (
    select pg_temp.choose('document status:' || key.document_name, 100) as percent
) as chance
join (
    values
        (1, 'Curriculum vitae', 'cv.pdf', 'application/pdf'),
        (2, 'Letter of reference', 'reference.docx',
         'application/vnd.openxmlformats-officedocument.wordprocessingml.document'),
        (3, 'Project report', 'project_report.pdf', 'application/pdf')
) as kind (number, title, filename, mime_type) on kind.number = document.d;

analyze demo_documents;

-- The third kind is kept for the person and not for one profile.
insert into profiler_schema.documents (
    document_id, user_id, profile_id, filename, file_path, file_size, mime_type, status,
    processed_at, created_at, updated_at, metadata
)
select document_id, user_id,
       case when d < 3 then profile_id end,
       filename,
       user_id || '/' || document_id || '/' || filename,
       20000 + pg_temp.choose('size:' || document_name, 900000),
       mime_type,
       document_status,
       case when document_status = 'processed' then uploaded_at + interval '40 seconds' end,
       uploaded_at,
       case
           when document_status = 'processing' then uploaded_at
           else uploaded_at + interval '40 seconds'
       end,
       jsonb_build_object('title', kind, 'pages', 1 + pg_temp.choose('pages:' || document_name, 12))
           || case
                  when document_status = 'failed' then '{"error": "The file contains no text."}'::jsonb
                  else '{}'::jsonb
              end
from demo_documents
on conflict do nothing;

create temp table demo_chunks on commit drop as
select document.*,
       passage.number as chunk_index,
       pg_temp.demo_id('chunk:' || document.document_name || ':' || passage.number) as chunk_id,
       pg_temp.fill(passage.phrase, profession.words) as chunk_text
from demo_documents as document
join demo_professions as profession on profession.number = document.profession
join demo_passages as passage
    on passage.number <= 2 + pg_temp.choose('passages:' || document.document_name, 4)
where document.document_status = 'processed';

analyze demo_chunks;

insert into profiler_schema.document_chunks (
    chunk_id, document_id, chunk_index, chunk_text, created_at, metadata
)
select chunk_id, document_id, chunk_index, chunk_text, uploaded_at + interval '35 seconds',
       jsonb_build_object('page', 1 + chunk_index / 3)
from demo_chunks
on conflict do nothing;

insert into profiler_schema.recommendations (
    recommendation_id, profile_id, section_key, question_key, recommendation_text,
    source_document_id, source_chunk_id, created_at, relevance_score, status, metadata
)
select pg_temp.demo_id('recommendation:' || key.name || ':' || suggestion.variant),
       chunk.profile_id, suggestion.section_key, suggestion.question_key,
       pg_temp.fill(suggestion.phrase, profession.words),
       chunk.document_id, chunk.chunk_id,
       chunk.uploaded_at + interval '2 minutes',
       round((0.45 + pg_temp.choose('score:' || key.name || suggestion.variant, 50) / 100.0)::numeric, 2),
       (array['active', 'active', 'active', 'accepted', 'accepted', 'dismissed', 'superseded'])[
           1 + pg_temp.choose('taken:' || key.name || suggestion.variant, 7)
       ],
       '{"method": "extractive"}'
from demo_chunks as chunk
join demo_professions as profession on profession.number = chunk.profession
cross join lateral (select chunk.document_name || ':' || chunk.chunk_index as name) as key
join demo_suggestions as suggestion
    on suggestion.passage = chunk.chunk_index
    and suggestion.variant <= pg_temp.choose('suggestions:' || key.name, 3) - 1
on conflict do nothing;


-- Login sessions ----------------------------------------------------------------------------------
-- The hashes are those of nothing: no token leads into a demo session.

create temp table demo_sessions on commit drop as
select person.user_id,
       pg_temp.demo_id('session:' || person.n) as session_id,
       md5(pg_temp.demo_seed() || ':a:' || person.n) || md5(pg_temp.demo_seed() || ':b:' || person.n)
           as token,
       md5(pg_temp.demo_seed() || ':c:' || person.n) || md5(pg_temp.demo_seed() || ':d:' || person.n)
           as refresh_token,
       '192.0.2.' || 1 + pg_temp.choose('address:' || person.n, 250) as ip_address,
       (array[
           'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
           'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Safari/605.1.15',
           'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36'
       ])[1 + pg_temp.choose('agent:' || person.n, 3)] as user_agent,
       person.seen_at,
       profile.profile_id
from demo_people as person
left join demo_profiles as profile on profile.n = person.n and profile.k = 1
where person.is_active;

insert into auth.sessions (id, user_id, created_at, updated_at, not_after, user_agent, ip)
select session_id, user_id, seen_at, seen_at, seen_at + interval '30 days', user_agent,
       ip_address::inet
from demo_sessions
on conflict do nothing;

insert into profiler_schema.sessions (
    session_id, user_id, profile_id, token, refresh_token, ip_address, user_agent, created_at,
    expires_at, last_activity
)
select session_id, user_id, profile_id, token, refresh_token, ip_address, user_agent, seen_at,
       seen_at + interval '30 days', seen_at + interval '25 minutes'
from demo_sessions
on conflict (session_id) do update
set profile_id = excluded.profile_id,
    token = excluded.token,
    refresh_token = excluded.refresh_token,
    ip_address = excluded.ip_address,
    user_agent = excluded.user_agent,
    created_at = excluded.created_at,
    expires_at = excluded.expires_at,
    last_activity = excluded.last_activity
where sessions.token is distinct from excluded.token;
