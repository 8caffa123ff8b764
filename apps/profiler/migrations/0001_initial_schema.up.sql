-- tenantry: version 1.0.0
-- Profiler's twelve tables, their indexes and their triggers.
--
-- Row security is switched on here, with the tables; the policies come with the next revision.
-- Between the two nobody but the owner and the service sees a row.
--
-- The document's uuid_generate_v4() is gen_random_uuid() here: the same kind of number, built into
-- PostgreSQL, and there without an extension.

create schema profiler_schema;

comment on schema profiler_schema is
    'Professional profiles built from a questionnaire and from documents.';


-- People and what they may do ---------------------------------------------------------------------

create table profiler_schema.users (
    user_id uuid default gen_random_uuid()
        constraint users_pkey primary key,
    username varchar(255) not null
        constraint users_username_key unique,
    email varchar(255) not null
        constraint users_email_key unique,
    password_hash varchar(512) not null,
    password_salt varchar(128) not null,
    first_name varchar(255),
    last_name varchar(255),
    created_at timestamptz not null default current_timestamp,
    updated_at timestamptz not null default current_timestamp,
    last_login timestamptz,
    is_active boolean not null default true,
    is_locked boolean not null default false,
    login_attempts integer not null default 0,

    -- People sign in by username or by e-mail; with an @ in it, a username could pass for the
    -- address of somebody else.
    constraint users_username_check
        check (username <> '' and username = btrim(username) and position('@' in username) = 0),
    constraint users_email_check
        check (email ~ '^[^@[:space:]]+@[^@[:space:]]+$'),
    constraint users_login_attempts_check
        check (login_attempts >= 0)
);

create index idx_users_username on profiler_schema.users (username);
create index idx_users_email on profiler_schema.users (email);

comment on table profiler_schema.users is
    'People with an account. user_id equals auth.users.id.';
comment on column profiler_schema.users.password_hash is
    'PHC string (Argon2id), or ! for a person without a password. Never readable by callers.';
comment on column profiler_schema.users.password_salt is
    'The salt within password_hash, kept because the document has the column. Nothing reads it.';
comment on column profiler_schema.users.is_active is
    'False: sign-in is refused and the person holds no permission.';
comment on column profiler_schema.users.is_locked is
    'True: the account is locked and the person holds no permission.';
comment on column profiler_schema.users.login_attempts is
    'Failed sign-ins since the last good one. Five lock the account.';


create table profiler_schema.roles (
    role_id uuid default gen_random_uuid()
        constraint roles_pkey primary key,
    role_name varchar(50) not null
        constraint roles_role_name_key unique,
    description text,
    created_at timestamptz not null default current_timestamp,
    updated_at timestamptz not null default current_timestamp,

    constraint roles_role_name_check
        check (role_name ~ '^[a-z][a-z0-9_-]*$'),
    constraint roles_description_check
        check (char_length(description) <= 1000)
);

comment on table profiler_schema.roles is
    'Named sets of permissions. admin, manager and user are built in.';


create table profiler_schema.permissions (
    permission_id uuid default gen_random_uuid()
        constraint permissions_pkey primary key,
    permission_name varchar(100) not null
        constraint permissions_permission_name_key unique,
    description text,
    created_at timestamptz not null default current_timestamp,

    constraint permissions_permission_name_check
        check (permission_name ~ '^[a-z][a-z0-9_]*:[a-z][a-z0-9_]*:(own|all)$'),
    constraint permissions_description_check
        check (char_length(description) <= 1000)
);

comment on table profiler_schema.permissions is
    'What can be allowed: resource:action:scope. The policies ask for these names.';


create table profiler_schema.user_roles (
    user_id uuid not null
        constraint user_roles_user_id_fkey
        references profiler_schema.users (user_id) on delete cascade,
    role_id uuid not null
        constraint user_roles_role_id_fkey
        references profiler_schema.roles (role_id) on delete cascade,
    created_at timestamptz not null default current_timestamp,

    constraint user_roles_pkey primary key (user_id, role_id)
);

create index idx_user_roles_role_id on profiler_schema.user_roles (role_id);

comment on table profiler_schema.user_roles is
    'Who has which role.';


create table profiler_schema.role_permissions (
    role_id uuid not null
        constraint role_permissions_role_id_fkey
        references profiler_schema.roles (role_id) on delete cascade,
    permission_id uuid not null
        constraint role_permissions_permission_id_fkey
        references profiler_schema.permissions (permission_id) on delete cascade,
    created_at timestamptz not null default current_timestamp,

    constraint role_permissions_pkey primary key (role_id, permission_id)
);

create index idx_role_permissions_permission_id on profiler_schema.role_permissions (permission_id);

comment on table profiler_schema.role_permissions is
    'Which role holds which permission. admin holds each one by a row of its own.';


-- Profiles ----------------------------------------------------------------------------------------

create table profiler_schema.profiles (
    profile_id uuid default gen_random_uuid()
        constraint profiles_pkey primary key,
    user_id uuid not null
        constraint profiles_user_id_fkey
        references profiler_schema.users (user_id) on delete cascade,
    title varchar(255) not null,
    description text,
    current_section varchar(50),
    status varchar(20) not null default 'in_progress',
    created_at timestamptz not null default current_timestamp,
    updated_at timestamptz not null default current_timestamp,
    completed_at timestamptz,
    metadata jsonb,

    constraint profiles_title_check
        check (btrim(title) <> ''),
    constraint profiles_description_check
        check (char_length(description) <= 10000),
    constraint profiles_status_check
        check (status in ('in_progress', 'completed', 'archived')),
    -- An archived profile may have been completed before, or not.
    constraint profiles_completed_at_check
        check (
            case status
                when 'completed' then completed_at is not null
                when 'in_progress' then completed_at is null
                else true
            end
        ),
    constraint profiles_metadata_check
        check (jsonb_typeof(metadata) = 'object')
);

create index idx_profiles_user_id on profiler_schema.profiles (user_id);
create index idx_profiles_status on profiler_schema.profiles (status);

comment on table profiler_schema.profiles is
    'A profile of one person. A person may have several, for different purposes.';
comment on column profiler_schema.profiles.current_section is
    'section_key of the section in work.';


create table profiler_schema.sections (
    section_id uuid default gen_random_uuid()
        constraint sections_pkey primary key,
    profile_id uuid not null
        constraint sections_profile_id_fkey
        references profiler_schema.profiles (profile_id) on delete cascade,
    section_key varchar(50) not null,
    title varchar(255) not null,
    description text,
    status varchar(20) not null default 'not_started',
    order_index integer not null,
    created_at timestamptz not null default current_timestamp,
    updated_at timestamptz not null default current_timestamp,
    completed_at timestamptz,
    data jsonb,

    constraint sections_profile_id_section_key_key unique (profile_id, section_key),
    constraint sections_section_key_check
        check (section_key ~ '^[a-z][a-z0-9_]*$'),
    constraint sections_title_check
        check (btrim(title) <> ''),
    constraint sections_description_check
        check (char_length(description) <= 10000),
    constraint sections_status_check
        check (status in ('not_started', 'in_progress', 'completed')),
    constraint sections_completed_at_check
        check ((status = 'completed') = (completed_at is not null)),
    constraint sections_order_index_check
        check (order_index >= 0),
    constraint sections_data_check
        check (jsonb_typeof(data) = 'object')
);

create index idx_sections_profile_id on profiler_schema.sections (profile_id);
create index idx_sections_section_key on profiler_schema.sections (section_key);

comment on table profiler_schema.sections is
    'The parts of a profile, in order.';


create table profiler_schema.answers (
    answer_id uuid default gen_random_uuid()
        constraint answers_pkey primary key,
    profile_id uuid not null
        constraint answers_profile_id_fkey
        references profiler_schema.profiles (profile_id) on delete cascade,
    section_key varchar(50) not null,
    question_key varchar(50) not null,
    answer_text text,
    answer_data jsonb,
    created_at timestamptz not null default current_timestamp,
    updated_at timestamptz not null default current_timestamp,

    -- Its index also serves the foreign key to sections.
    constraint answers_profile_id_section_key_question_key_key
        unique (profile_id, section_key, question_key),
    constraint answers_profile_id_section_key_fkey
        foreign key (profile_id, section_key)
        references profiler_schema.sections (profile_id, section_key)
        on delete cascade
        on update cascade,
    constraint answers_question_key_check
        check (question_key ~ '^[a-z][a-z0-9_]*$'),
    constraint answers_answer_text_check
        check (char_length(answer_text) <= 20000)
);

create index idx_answers_profile_id on profiler_schema.answers (profile_id);
create index idx_answers_section_key on profiler_schema.answers (section_key);
create index idx_answers_question_key on profiler_schema.answers (question_key);

comment on table profiler_schema.answers is
    'One answer for each question of a section.';
comment on column profiler_schema.answers.answer_text is
    'The answer in words: what is shown and searched.';
comment on column profiler_schema.answers.answer_data is
    'The answer as a value, where the question has more than words: choices, a scale, a list.';


-- Documents ---------------------------------------------------------------------------------------

create table profiler_schema.documents (
    document_id uuid default gen_random_uuid()
        constraint documents_pkey primary key,
    user_id uuid not null
        constraint documents_user_id_fkey
        references profiler_schema.users (user_id) on delete cascade,
    profile_id uuid
        constraint documents_profile_id_fkey
        references profiler_schema.profiles (profile_id) on delete set null,
    filename varchar(255) not null,
    file_path varchar(512) not null,
    file_size bigint not null,
    mime_type varchar(100) not null,
    status varchar(20) not null default 'processing',
    processed_at timestamptz,
    created_at timestamptz not null default current_timestamp,
    updated_at timestamptz not null default current_timestamp,
    metadata jsonb,

    constraint documents_filename_check
        check (btrim(filename) <> ''),
    constraint documents_file_path_check
        check (btrim(file_path) <> ''),
    constraint documents_file_size_check
        check (file_size >= 0),
    constraint documents_mime_type_check
        check (mime_type ~ '^[^/[:space:]]+/[^/[:space:]]+'),
    constraint documents_status_check
        check (status in ('processing', 'processed', 'failed')),
    -- A failed document may say when it was given up, or not.
    constraint documents_processed_at_check
        check (
            case status
                when 'processed' then processed_at is not null
                when 'processing' then processed_at is null
                else true
            end
        ),
    constraint documents_metadata_check
        check (jsonb_typeof(metadata) = 'object')
);

create index idx_documents_user_id on profiler_schema.documents (user_id);
create index idx_documents_profile_id on profiler_schema.documents (profile_id);
create index idx_documents_status on profiler_schema.documents (status);

comment on table profiler_schema.documents is
    'Uploaded files: what they are and how far they have been read.';
comment on column profiler_schema.documents.profile_id is
    'A profile of the same person, or null: the document then belongs to all of them.';


create table profiler_schema.document_chunks (
    chunk_id uuid default gen_random_uuid()
        constraint document_chunks_pkey primary key,
    document_id uuid not null
        constraint document_chunks_document_id_fkey
        references profiler_schema.documents (document_id) on delete cascade,
    chunk_index integer not null,
    chunk_text text not null,
    -- No vector index: a search looks at one person's chunks, and an exact scan of those is both
    -- quicker and complete.
    embedding extensions.vector(1536),
    created_at timestamptz not null default current_timestamp,
    metadata jsonb,

    constraint document_chunks_document_id_chunk_index_key unique (document_id, chunk_index),
    constraint document_chunks_chunk_index_check
        check (chunk_index >= 0),
    constraint document_chunks_chunk_text_check
        check (char_length(chunk_text) between 1 and 100000),
    constraint document_chunks_metadata_check
        check (jsonb_typeof(metadata) = 'object')
);

create index idx_document_chunks_document_id on profiler_schema.document_chunks (document_id);

comment on table profiler_schema.document_chunks is
    'Passages of a document, in order, with what a search needs to find them.';
comment on column profiler_schema.document_chunks.embedding is
    'Null until computed. Shorter vectors are filled up with zeros; metadata names the model.';


create table profiler_schema.recommendations (
    recommendation_id uuid default gen_random_uuid()
        constraint recommendations_pkey primary key,
    profile_id uuid not null
        constraint recommendations_profile_id_fkey
        references profiler_schema.profiles (profile_id) on delete cascade,
    section_key varchar(50),
    question_key varchar(50),
    recommendation_text text not null,
    source_document_id uuid
        constraint recommendations_source_document_id_fkey
        references profiler_schema.documents (document_id) on delete set null,
    source_chunk_id uuid
        constraint recommendations_source_chunk_id_fkey
        references profiler_schema.document_chunks (chunk_id) on delete set null,
    created_at timestamptz not null default current_timestamp,
    relevance_score double precision,
    status varchar(20) not null default 'active',
    metadata jsonb,

    constraint recommendations_recommendation_text_check
        check (char_length(recommendation_text) between 1 and 20000),
    constraint recommendations_relevance_score_check
        check (relevance_score between 0 and 1),
    constraint recommendations_status_check
        check (status in ('active', 'accepted', 'dismissed', 'superseded')),
    constraint recommendations_metadata_check
        check (jsonb_typeof(metadata) = 'object')
);

create index idx_recommendations_profile_id on profiler_schema.recommendations (profile_id);
create index idx_recommendations_section_key on profiler_schema.recommendations (section_key);
create index idx_recommendations_question_key on profiler_schema.recommendations (question_key);
create index idx_recommendations_status on profiler_schema.recommendations (status);
create index idx_recommendations_source_document_id
    on profiler_schema.recommendations (source_document_id);
create index idx_recommendations_source_chunk_id
    on profiler_schema.recommendations (source_chunk_id);

comment on table profiler_schema.recommendations is
    'Suggestions for a profile, with the passage that supports each.';
comment on column profiler_schema.recommendations.section_key is
    'The section meant; null for a suggestion about the profile as a whole.';


-- Login sessions ----------------------------------------------------------------------------------

create table profiler_schema.sessions (
    session_id uuid default gen_random_uuid()
        constraint sessions_pkey primary key,
    user_id uuid not null
        constraint sessions_user_id_fkey
        references profiler_schema.users (user_id) on delete cascade,
    profile_id uuid
        constraint sessions_profile_id_fkey
        references profiler_schema.profiles (profile_id) on delete set null,
    token varchar(512)
        constraint sessions_token_key unique,
    refresh_token varchar(512)
        constraint sessions_refresh_token_key unique,
    ip_address varchar(45),
    user_agent text,
    created_at timestamptz not null default current_timestamp,
    expires_at timestamptz not null,
    last_activity timestamptz not null default current_timestamp,
    is_active boolean not null default true,

    constraint sessions_expires_at_check
        check (expires_at >= created_at)
);

create index idx_sessions_user_id on profiler_schema.sessions (user_id);
create index idx_sessions_profile_id on profiler_schema.sessions (profile_id);
create index idx_sessions_token on profiler_schema.sessions (token);
create index idx_sessions_refresh_token on profiler_schema.sessions (refresh_token);

comment on table profiler_schema.sessions is
    'One row per login. session_id equals auth.sessions.id.';
comment on column profiler_schema.sessions.token is
    'SHA-256 of the session token, in hex. The token itself is never stored.';
comment on column profiler_schema.sessions.refresh_token is
    'SHA-256 of the refresh token, in hex. The token itself is never stored.';
comment on column profiler_schema.sessions.profile_id is
    'The profile in work during this login, a profile of the same person.';


-- Triggers ----------------------------------------------------------------------------------------

-- A value that a statement sets itself stands (imports, demo data). Callers have no right to set it.
create function profiler_schema.update_updated_at()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
    if new.updated_at is not distinct from old.updated_at then
        new.updated_at := current_timestamp;
    end if;
    return new;
end
$$;

create trigger update_users_updated_at
    before update on profiler_schema.users
    for each row execute function profiler_schema.update_updated_at();

create trigger update_roles_updated_at
    before update on profiler_schema.roles
    for each row execute function profiler_schema.update_updated_at();

create trigger update_profiles_updated_at
    before update on profiler_schema.profiles
    for each row execute function profiler_schema.update_updated_at();

create trigger update_sections_updated_at
    before update on profiler_schema.sections
    for each row execute function profiler_schema.update_updated_at();

create trigger update_answers_updated_at
    before update on profiler_schema.answers
    for each row execute function profiler_schema.update_updated_at();

create trigger update_documents_updated_at
    before update on profiler_schema.documents
    for each row execute function profiler_schema.update_updated_at();


-- The time of completion follows the status, so nobody has to send both.
create function profiler_schema.set_completed_at()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
    if new.status = 'completed' then
        new.completed_at := coalesce(new.completed_at, current_timestamp);
    elsif new.status <> 'archived' then
        new.completed_at := null;
    end if;
    return new;
end
$$;

create trigger set_profiles_completed_at
    before insert or update on profiler_schema.profiles
    for each row execute function profiler_schema.set_completed_at();

create trigger set_sections_completed_at
    before insert or update on profiler_schema.sections
    for each row execute function profiler_schema.set_completed_at();


create function profiler_schema.set_processed_at()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
    if new.status = 'processed' then
        new.processed_at := coalesce(new.processed_at, current_timestamp);
    elsif new.status = 'processing' then
        new.processed_at := null;
    end if;
    return new;
end
$$;

create trigger set_documents_processed_at
    before insert or update on profiler_schema.documents
    for each row execute function profiler_schema.set_processed_at();


-- Documents and login sessions name a profile of the same person, and that stays true only if a
-- profile never changes hands.
create function profiler_schema.keep_profile_owner()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
    if new.user_id is distinct from old.user_id then
        raise exception 'a profile stays with its person'
            using errcode = 'check_violation',
                  hint = 'Start a profile for the other person instead.';
    end if;
    return new;
end
$$;

create trigger keep_profile_owner
    before update of user_id on profiler_schema.profiles
    for each row execute function profiler_schema.keep_profile_owner();


-- Reads as the owner, so that the answer does not depend on what the caller may see, and says the
-- same of a stranger's profile as of none, so that nobody can probe for profiles.
create function profiler_schema.check_profile_of_user()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    if new.profile_id is not null
        and not exists (
            select
            from profiler_schema.profiles
            where profile_id = new.profile_id
            and user_id = new.user_id
        )
    then
        raise exception 'profile_id names no profile of this person'
            using errcode = 'foreign_key_violation';
    end if;
    return new;
end
$$;

revoke execute on function profiler_schema.check_profile_of_user() from public;

create trigger check_documents_profile
    before insert or update of user_id, profile_id on profiler_schema.documents
    for each row execute function profiler_schema.check_profile_of_user();

create trigger check_sessions_profile
    before insert or update of user_id, profile_id on profiler_schema.sessions
    for each row execute function profiler_schema.check_profile_of_user();


-- A recommendation cites its own person's documents only, and a chunk of the document it names.
-- An update checks only what it names anew: when a source is deleted, its two columns turn null one
-- after the other, and between the two the row would not pass.
create function profiler_schema.check_recommendation_source()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
    moved boolean := tg_op = 'INSERT';
    other_document boolean := tg_op = 'INSERT';
    other_chunk boolean := tg_op = 'INSERT';
begin
    if tg_op = 'UPDATE' then
        moved := new.profile_id is distinct from old.profile_id;
        other_document := moved or new.source_document_id is distinct from old.source_document_id;
        other_chunk := moved
            or new.source_chunk_id is distinct from old.source_chunk_id
            or (other_document and new.source_document_id is not null);
    end if;

    if other_document
        and new.source_document_id is not null
        and not exists (
            select
            from profiler_schema.documents as document
            join profiler_schema.profiles as profile on profile.user_id = document.user_id
            where document.document_id = new.source_document_id
            and profile.profile_id = new.profile_id
        )
    then
        raise exception 'source_document_id names no document of this profile''s person'
            using errcode = 'foreign_key_violation';
    end if;

    if other_chunk
        and new.source_chunk_id is not null
        and not exists (
            select
            from profiler_schema.document_chunks as chunk
            join profiler_schema.documents as document on document.document_id = chunk.document_id
            join profiler_schema.profiles as profile on profile.user_id = document.user_id
            where chunk.chunk_id = new.source_chunk_id
            and chunk.document_id = coalesce(new.source_document_id, chunk.document_id)
            and profile.profile_id = new.profile_id
        )
    then
        raise exception 'source_chunk_id names no passage of this recommendation''s source'
            using errcode = 'foreign_key_violation';
    end if;
    return new;
end
$$;

revoke execute on function profiler_schema.check_recommendation_source() from public;

create trigger check_recommendation_source
    before insert or update of profile_id, source_document_id, source_chunk_id
    on profiler_schema.recommendations
    for each row execute function profiler_schema.check_recommendation_source();


-- Sign-up, seeds and policies rely on the three built-in roles being there by name.
create function profiler_schema.protect_built_in_roles()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
    if old.role_name in ('admin', 'manager', 'user') then
        if tg_op = 'DELETE' then
            raise exception 'the role % is built in and cannot be deleted', old.role_name
                using errcode = 'restrict_violation';
        elsif new.role_name is distinct from old.role_name then
            raise exception 'the role % is built in and cannot be renamed', old.role_name
                using errcode = 'restrict_violation';
        end if;
    end if;
    if tg_op = 'DELETE' then
        return old;
    end if;
    return new;
end
$$;

create trigger protect_built_in_roles
    before update or delete on profiler_schema.roles
    for each row execute function profiler_schema.protect_built_in_roles();


-- admin holds everything, and holds it as rows: a new permission is given to it at once.
create function profiler_schema.give_permission_to_admin()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    insert into profiler_schema.role_permissions (role_id, permission_id)
    select role_id, new.permission_id
    from profiler_schema.roles
    where role_name = 'admin'
    on conflict do nothing;
    return null;
end
$$;

revoke execute on function profiler_schema.give_permission_to_admin() from public;

create trigger give_permission_to_admin
    after insert on profiler_schema.permissions
    for each row execute function profiler_schema.give_permission_to_admin();

revoke execute on function
    profiler_schema.update_updated_at(),
    profiler_schema.set_completed_at(),
    profiler_schema.set_processed_at(),
    profiler_schema.keep_profile_owner(),
    profiler_schema.protect_built_in_roles()
    from public;


-- Row security: on for all, also for the tables' owner --------------------------------------------

alter table profiler_schema.users enable row level security;
alter table profiler_schema.users force row level security;
alter table profiler_schema.roles enable row level security;
alter table profiler_schema.roles force row level security;
alter table profiler_schema.permissions enable row level security;
alter table profiler_schema.permissions force row level security;
alter table profiler_schema.user_roles enable row level security;
alter table profiler_schema.user_roles force row level security;
alter table profiler_schema.role_permissions enable row level security;
alter table profiler_schema.role_permissions force row level security;
alter table profiler_schema.profiles enable row level security;
alter table profiler_schema.profiles force row level security;
alter table profiler_schema.sections enable row level security;
alter table profiler_schema.sections force row level security;
alter table profiler_schema.answers enable row level security;
alter table profiler_schema.answers force row level security;
alter table profiler_schema.documents enable row level security;
alter table profiler_schema.documents force row level security;
alter table profiler_schema.document_chunks enable row level security;
alter table profiler_schema.document_chunks force row level security;
alter table profiler_schema.recommendations enable row level security;
alter table profiler_schema.recommendations force row level security;
alter table profiler_schema.sessions enable row level security;
alter table profiler_schema.sessions force row level security;


-- Nothing is everybody's. This also writes the owner's rights down, so that taking a later grant back
-- leaves exactly what was here before.
revoke all on schema profiler_schema from public;
revoke all on all tables in schema profiler_schema from public;
