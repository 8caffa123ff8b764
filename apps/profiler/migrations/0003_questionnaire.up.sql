-- tenantry: version 1.2.0
-- The questionnaire: the catalogue of sections and questions that a profile is made from.
--
-- A profile gets its sections as copies, so that it stays as it was begun when the questionnaire is
-- revised. Answers name a question by its key and do not refer to the catalogue: a question that is
-- taken out later takes no answer with it.

create table profiler_schema.questionnaire_sections (
    section_key varchar(50)
        constraint questionnaire_sections_pkey primary key,
    title varchar(255) not null,
    help_text text,
    order_index integer not null,
    created_at timestamptz not null default current_timestamp,
    updated_at timestamptz not null default current_timestamp,

    constraint questionnaire_sections_section_key_check
        check (section_key ~ '^[a-z][a-z0-9_]*$'),
    constraint questionnaire_sections_title_check
        check (btrim(title) <> ''),
    constraint questionnaire_sections_help_text_check
        check (char_length(help_text) <= 2000),
    constraint questionnaire_sections_order_index_check
        check (order_index >= 0)
);

comment on table profiler_schema.questionnaire_sections is
    'The sections that a new profile starts with, in order.';


create table profiler_schema.questionnaire_questions (
    section_key varchar(50) not null
        constraint questionnaire_questions_section_key_fkey
        references profiler_schema.questionnaire_sections (section_key)
        on delete cascade
        on update cascade,
    question_key varchar(50) not null,
    title varchar(500) not null,
    help_text text,
    order_index integer not null,
    answer_kind varchar(20) not null,
    options jsonb,
    required boolean not null default false,
    created_at timestamptz not null default current_timestamp,
    updated_at timestamptz not null default current_timestamp,

    constraint questionnaire_questions_pkey primary key (section_key, question_key),
    constraint questionnaire_questions_question_key_check
        check (question_key ~ '^[a-z][a-z0-9_]*$'),
    constraint questionnaire_questions_title_check
        check (btrim(title) <> ''),
    constraint questionnaire_questions_help_text_check
        check (char_length(help_text) <= 2000),
    constraint questionnaire_questions_order_index_check
        check (order_index >= 0),
    constraint questionnaire_questions_answer_kind_check
        check (
            answer_kind in (
                'short_text', 'long_text', 'list', 'single_choice', 'multiple_choice',
                'scale', 'number', 'date', 'yes_no', 'url'
            )
        ),
    -- A choice has a list to choose from, a scale has its two ends, the rest need nothing.
    constraint questionnaire_questions_options_check
        check (
            case
                when answer_kind in ('single_choice', 'multiple_choice') then
                    options is not null
                    and jsonb_typeof(options) = 'array'
                    and jsonb_array_length(options) >= 2
                    and not jsonb_path_exists(
                        options,
                        '$[*] ? (@.value.type() != "string" || @.label.type() != "string"
                            || !(exists (@.value)) || !(exists (@.label)))'
                    )
                when answer_kind = 'scale' then
                    options is not null
                    and jsonb_typeof(options) = 'object'
                    and coalesce(
                        jsonb_path_match(
                            options,
                            '$.min.type() == "number" && $.max.type() == "number" && $.min < $.max'
                        ),
                        false
                    )
                else options is null
            end
        )
);

comment on table profiler_schema.questionnaire_questions is
    'The questions of each section, in order.';
comment on column profiler_schema.questionnaire_questions.answer_kind is
    'What an answer is. Text kinds fill answers.answer_text, the others answers.answer_data as well.';
comment on column profiler_schema.questionnaire_questions.options is
    'Choices: [{"value", "label"}, ...]. Scales: {"min", "max", "min_label", "max_label"}. Else null.';

create trigger update_questionnaire_sections_updated_at
    before update on profiler_schema.questionnaire_sections
    for each row execute function profiler_schema.update_updated_at();

create trigger update_questionnaire_questions_updated_at
    before update on profiler_schema.questionnaire_questions
    for each row execute function profiler_schema.update_updated_at();

alter table profiler_schema.questionnaire_sections enable row level security;
alter table profiler_schema.questionnaire_sections force row level security;
alter table profiler_schema.questionnaire_questions enable row level security;
alter table profiler_schema.questionnaire_questions force row level security;

-- The same for everybody who has signed in; there is nothing of anybody's in it.
create policy questionnaire_sections_select on profiler_schema.questionnaire_sections
    for select to authenticated
    using ((select auth.uid()) is not null);

create policy questionnaire_questions_select on profiler_schema.questionnaire_questions
    for select to authenticated
    using ((select auth.uid()) is not null);

grant select on
    profiler_schema.questionnaire_sections,
    profiler_schema.questionnaire_questions
    to authenticated, profiler_analyst;

grant select, insert, update, delete on
    profiler_schema.questionnaire_sections,
    profiler_schema.questionnaire_questions
    to service_role;


-- The two statements run as the caller: whoever may not write profiles or sections starts none.
create function profiler_schema.start_profile(title text)
returns profiler_schema.profiles
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
    started profiler_schema.profiles;
begin
    insert into profiler_schema.profiles (user_id, title, current_section)
    values (
        auth.uid(),
        btrim(start_profile.title),
        (
            select section_key
            from profiler_schema.questionnaire_sections
            order by order_index, section_key
            limit 1
        )
    )
    returning * into started;

    insert into profiler_schema.sections (profile_id, section_key, title, description, order_index)
    select started.profile_id, section.section_key, section.title, section.help_text,
           section.order_index
    from profiler_schema.questionnaire_sections as section;

    return started;
end
$$;

comment on function profiler_schema.start_profile(text) is
    'Starts a profile for the caller, with the sections of the questionnaire.';

revoke execute on function profiler_schema.start_profile(text) from public;
grant execute on function profiler_schema.start_profile(text) to authenticated;
