-- Interview sessions: interviews, planned, running and past, and what was said in them.
--
-- An interview session is an interview, never a login. People manage their own; how much help of
-- the model an interview has used is metered, so only the service writes that.

create table public.interview_sessions (
    id uuid not null default gen_random_uuid(),
    user_id uuid not null,
    session_type varchar(50) not null default 'live',
    interview_kind varchar(50),
    company varchar(255),
    position varchar(255),
    status varchar(20) not null default 'scheduled',
    ai_usage jsonb not null default '{}',
    job_description text,
    language varchar(10),
    started_at timestamptz,
    ended_at timestamptz,
    summary jsonb,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint interview_sessions_pkey primary key (id),
    -- So that a message can name the interview together with its owner.
    constraint interview_sessions_id_user_id_key unique (id, user_id),
    constraint interview_sessions_user_id_fkey foreign key (user_id)
        references public.users (id)
        on delete cascade,
    constraint interview_sessions_session_type_check check (session_type in ('live', 'mock')),
    constraint interview_sessions_interview_kind_check check (
        interview_kind in ('behavioural', 'technical', 'system_design', 'coding', 'case', 'general')
    ),
    constraint interview_sessions_status_check check (
        status in ('scheduled', 'active', 'paused', 'completed', 'cancelled')
    ),
    -- Further keys are free; these five are sums, so they are numbers and never negative.
    constraint interview_sessions_ai_usage_check check (
        jsonb_typeof(ai_usage) = 'object'
        and not jsonb_path_exists(
            ai_usage,
            '$.keyvalue() ? (
                @.key like_regex "^(calls|input_tokens|output_tokens|seconds|cost)$"
                && (@.value.type() != "number" || @.value < 0)
            )',
            '{}',
            true
        )
    ),
    constraint interview_sessions_job_description_check check (char_length(job_description) <= 50000),
    constraint interview_sessions_language_check check (language ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$'),
    constraint interview_sessions_ended_at_check check (ended_at >= started_at),
    constraint interview_sessions_summary_check check (
        jsonb_typeof(summary) = 'object'
        and char_length(summary::text) <= 100000
    )
);

create index idx_interview_sessions_user_id on public.interview_sessions (user_id, created_at desc);
create index idx_interview_sessions_status on public.interview_sessions (status);

comment on table public.interview_sessions is
    'One row per interview. Login sessions are auth.sessions.';
comment on column public.interview_sessions.session_type is
    'live: with a real employer; mock: for practice.';
comment on column public.interview_sessions.interview_kind is
    'What the interview is about: behavioural, technical, system_design, coding, case or general.';
comment on column public.interview_sessions.ai_usage is
    'Sums of the meter: {calls, input_tokens, output_tokens, seconds, cost in USD}. Written by the service only.';
comment on column public.interview_sessions.language is
    'The language of the help, such as en or pt-BR.';
comment on column public.interview_sessions.summary is
    'What was made of the interview afterwards: strengths, gaps, a score.';


create table public.interview_messages (
    id uuid not null default gen_random_uuid(),
    interview_session_id uuid not null,
    user_id uuid not null,
    turn_number integer not null,
    role varchar(20) not null,
    content text not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint interview_messages_pkey primary key (id),
    constraint interview_messages_turn_number_key unique (interview_session_id, user_id, turn_number),
    -- The owner stands here too, so that row security needs no second table; this keeps it true.
    constraint interview_messages_interview_session_id_fkey foreign key (interview_session_id, user_id)
        references public.interview_sessions (id, user_id)
        on update cascade
        on delete cascade,
    constraint interview_messages_turn_number_check check (turn_number >= 1),
    constraint interview_messages_role_check check (role in ('interviewer', 'candidate', 'assistant')),
    constraint interview_messages_content_check check (
        btrim(content) <> ''
        and char_length(content) <= 100000
    )
);

create index idx_interview_messages_user_id on public.interview_messages (user_id, created_at desc);

comment on table public.interview_messages is
    'The turns of an interview: the question, what the candidate said, what the assistant suggested.';
comment on column public.interview_messages.user_id is
    'The interview''s owner; filled in from it.';
comment on column public.interview_messages.turn_number is
    'Counts from 1 within the interview; the next free one is filled in.';
comment on column public.interview_messages.role is
    'Who speaks: interviewer, candidate or assistant.';


-- Fills in owner and number, as the caller: whoever does not see the interview finds no owner and
-- is turned away by the policy. The lock lets two turns at the same moment get two numbers.
create function public.complete_interview_message()
returns trigger
language plpgsql
set search_path = ''
as $$
declare
    owner uuid;
begin
    if new.user_id is not null and new.turn_number is not null then
        return new;
    end if;

    select s.user_id
    into owner
    from public.interview_sessions s
    where s.id = new.interview_session_id
    for no key update;

    new.user_id := coalesce(new.user_id, owner);
    new.turn_number := coalesce(
        new.turn_number,
        (
            select max(m.turn_number) + 1
            from public.interview_messages m
            where m.interview_session_id = new.interview_session_id
        ),
        1
    );
    return new;
end
$$;

comment on function public.complete_interview_message() is
    'Fills in an interview message''s owner and turn number where they are missing.';

revoke execute on function public.complete_interview_message() from public;

create trigger complete_interview_messages
    before insert on public.interview_messages
    for each row execute function public.complete_interview_message();

create trigger update_interview_sessions_updated_at
    before update on public.interview_sessions
    for each row execute function public.update_updated_at();

create trigger update_interview_messages_updated_at
    before update on public.interview_messages
    for each row execute function public.update_updated_at();


-- People manage their own interviews and turns, but neither hand them to somebody else (user_id is
-- not theirs to update) nor write what the meter writes (ai_usage).
alter table public.interview_sessions enable row level security;
alter table public.interview_sessions force row level security;
alter table public.interview_messages enable row level security;
alter table public.interview_messages force row level security;

grant
    select,
    insert (
        id, user_id, session_type, interview_kind, company, position, status,
        job_description, language, started_at, ended_at, summary
    ),
    update (
        session_type, interview_kind, company, position, status,
        job_description, language, started_at, ended_at, summary
    ),
    delete
    on public.interview_sessions
    to authenticated;
grant
    select,
    insert (id, interview_session_id, user_id, turn_number, role, content),
    update (role, content),
    delete
    on public.interview_messages
    to authenticated;
grant select, insert, update, delete
    on public.interview_sessions, public.interview_messages
    to service_role;
-- Analysts count interviews; what people wrote and said in them is not theirs to read.
grant
    select (
        id, user_id, session_type, interview_kind, company, position, status, ai_usage,
        language, started_at, ended_at, created_at, updated_at
    )
    on public.interview_sessions
    to parakeet_analyst;
grant
    select (id, interview_session_id, user_id, turn_number, role, created_at, updated_at)
    on public.interview_messages
    to parakeet_analyst;

create policy interview_sessions_select_own on public.interview_sessions
    for select to authenticated
    using (user_id = (select auth.uid()));

create policy interview_sessions_insert_own on public.interview_sessions
    for insert to authenticated
    with check (user_id = (select auth.uid()));

create policy interview_sessions_update_own on public.interview_sessions
    for update to authenticated
    using (user_id = (select auth.uid()))
    with check (user_id = (select auth.uid()));

create policy interview_sessions_delete_own on public.interview_sessions
    for delete to authenticated
    using (user_id = (select auth.uid()));

create policy interview_messages_select_own on public.interview_messages
    for select to authenticated
    using (user_id = (select auth.uid()));

create policy interview_messages_insert_own on public.interview_messages
    for insert to authenticated
    with check (user_id = (select auth.uid()));

create policy interview_messages_update_own on public.interview_messages
    for update to authenticated
    using (user_id = (select auth.uid()))
    with check (user_id = (select auth.uid()));

create policy interview_messages_delete_own on public.interview_messages
    for delete to authenticated
    using (user_id = (select auth.uid()));
