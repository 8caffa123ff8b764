-- mnfst: organisations ("tenants") that upload documents and talk with them.
--
-- Six tables. Row security is switched on and forced here already, before there is any policy:
-- until 0002 has run nobody but the owner and service_role sees a row.
--
-- A row can never mix two tenants. Whatever belongs to a person or to a chat carries the tenant's
-- id beside it, and its foreign key covers both columns.
--
-- Ids come from gen_random_uuid(): uuidv7() would cluster better, but PostgreSQL 15 has to do too.

-- Sets updated_at on every change, unless the statement sets it itself (an import, a restore);
-- people who call the API do not hold the right to do that.
create function public.update_updated_at()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
    if new.updated_at is not distinct from old.updated_at then
        new.updated_at := now();
    end if;
    return new;
end
$$;

comment on function public.update_updated_at() is 'Stamps updated_at unless the statement sets it.';


create table public.tenants (
    id uuid not null default gen_random_uuid(),
    name varchar(200) not null,
    slug varchar(63) not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint tenants_pkey primary key (id),
    constraint tenants_slug_key unique (slug),
    constraint tenants_name_check check (btrim(name) <> ''),
    constraint tenants_slug_check check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$')
);

comment on table public.tenants is 'Organisations. Everything else hangs on one and goes with it.';
comment on column public.tenants.slug is 'The name in URLs: lower-case letters and digits, single hyphens between them.';


create table public.users (
    id uuid not null default gen_random_uuid(),
    email varchar(255) not null,
    name varchar(200) not null,
    role varchar(20) not null default 'user',
    tenant_id uuid,
    last_login timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint users_pkey primary key (id),
    constraint users_email_key unique (email),
    -- What composite foreign keys point at. The id comes first because idx_users_tenant_id already
    -- answers for the tenant.
    constraint users_id_tenant_id_key unique (id, tenant_id),
    constraint users_tenant_id_fkey
        foreign key (tenant_id) references public.tenants (id) on delete cascade,
    constraint users_email_check check (email ~ '^[^@[:space:]]+@[^@[:space:].]+(\.[^@[:space:].]+)+$'),
    constraint users_name_check check (btrim(name) <> ''),
    constraint users_role_check check (role in ('superadmin', 'tenant_admin', 'user')),
    constraint users_superadmin_tenant_check check ((role = 'superadmin') = (tenant_id is null))
);

create unique index users_email_lower_key on public.users (lower(email));
create index idx_users_tenant_id on public.users (tenant_id);

comment on table public.users is 'People. The id equals the one of auth.users, where passwords are kept.';
comment on column public.users.tenant_id is 'Null for superadmins, and for them only.';


create table public.documents (
    id uuid not null default gen_random_uuid(),
    filename varchar(255) not null,
    original_name varchar(255) not null,
    size integer not null,
    mime_type varchar(127) not null,
    status varchar(20) not null default 'uploaded',
    processed_at timestamptz,
    error varchar(2000),
    tenant_id uuid not null,
    user_id uuid not null default auth.uid(),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint documents_pkey primary key (id),
    constraint documents_id_tenant_id_key unique (id, tenant_id),
    constraint documents_tenant_id_fkey
        foreign key (tenant_id) references public.tenants (id) on delete cascade,
    -- A person who still owns documents cannot be deleted. NO ACTION says so at the end of the
    -- statement; RESTRICT would say it too early when a whole tenant goes, people and documents alike.
    constraint documents_user_id_fkey
        foreign key (tenant_id, user_id) references public.users (tenant_id, id) on delete no action,
    constraint documents_filename_check check (btrim(filename) <> ''),
    constraint documents_original_name_check check (btrim(original_name) <> ''),
    constraint documents_size_check check (size >= 0),
    constraint documents_mime_type_check
        check (mime_type ~* '^[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*( *;[ -~]*)?$'),
    constraint documents_status_check check (status in ('uploaded', 'processing', 'processed', 'error')),
    constraint documents_processed_at_check check (status <> 'processed' or processed_at is not null),
    constraint documents_error_check check ((status = 'error') = (error is not null))
);

create index idx_documents_tenant_id on public.documents (tenant_id, created_at desc);
create index idx_documents_user_id on public.documents (user_id, tenant_id);

comment on table public.documents is 'Uploaded files: what they are and how far their processing has come.';
comment on column public.documents.filename is 'The name the system gave; original_name is the one the person knows.';
comment on column public.documents.processed_at is 'When processing last ended well; kept while the document is processed again.';
comment on column public.documents.error is 'Why processing failed: there exactly while the status is error.';


create table public.social_links (
    id uuid not null default gen_random_uuid(),
    url varchar(2048) not null,
    platform varchar(20) not null,
    tenant_id uuid not null default auth.tenant_id(),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint social_links_pkey primary key (id),
    constraint social_links_tenant_id_fkey
        foreign key (tenant_id) references public.tenants (id) on delete cascade,
    constraint social_links_platform_check
        check (platform in ('twitter', 'facebook', 'linkedin', 'instagram', 'youtube')),
    -- After the host only a path, a query, a fragment or nothing may follow, so that neither
    -- https://x.com.evil.example nor https://x.com@evil.example gets through.
    constraint social_links_url_host_check check (
        url ~* case platform
            when 'twitter' then '^https://((www|m)\.)?(twitter|x)\.com([/?#][^[:space:][:cntrl:]]*)?$'
            when 'facebook' then '^https://((www|m)\.)?facebook\.com([/?#][^[:space:][:cntrl:]]*)?$'
            when 'linkedin' then '^https://((www|m|[a-z]{2})\.)?linkedin\.com([/?#][^[:space:][:cntrl:]]*)?$'
            when 'instagram' then '^https://((www|m)\.)?instagram\.com([/?#][^[:space:][:cntrl:]]*)?$'
            when 'youtube' then '^https://((www|m)\.)?(youtube\.com|youtu\.be)([/?#][^[:space:][:cntrl:]]*)?$'
        end
    )
);

create index idx_social_links_tenant_id on public.social_links (tenant_id);

comment on table public.social_links is 'A tenant''s pages on social networks.';


create table public.sessions (
    id uuid not null default gen_random_uuid(),
    title varchar(255),
    user_id uuid not null default auth.uid(),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    tenant_id uuid not null,
    constraint sessions_pkey primary key (id),
    constraint sessions_id_tenant_id_key unique (id, tenant_id),
    constraint sessions_user_id_fkey
        foreign key (tenant_id, user_id) references public.users (tenant_id, id) on delete cascade
);

create index idx_sessions_user_id on public.sessions (user_id, tenant_id);

comment on table public.sessions is 'Chats. (Login sessions are auth.sessions.)';
comment on column public.sessions.tenant_id is 'The owner''s tenant; filled by a trigger.';


create table public.messages (
    id uuid not null default gen_random_uuid(),
    session_id uuid not null,
    content text not null,
    role varchar(20) not null,
    "timestamp" timestamptz not null default now(),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    tenant_id uuid not null,
    constraint messages_pkey primary key (id),
    constraint messages_session_id_fkey
        foreign key (tenant_id, session_id) references public.sessions (tenant_id, id) on delete cascade,
    constraint messages_content_check check (char_length(content) between 1 and 100000),
    constraint messages_role_check check (role in ('user', 'assistant'))
);

create index idx_messages_session_id on public.messages (session_id, tenant_id, "timestamp");

comment on table public.messages is 'What was said in a chat, by the person and by the assistant.';
comment on column public.messages."timestamp" is 'When it was said; an import may set it, created_at is when the row was written.';
comment on column public.messages.tenant_id is 'The chat''s tenant; filled by a trigger.';


-- The tenant of a new row, from the person or the chat that it belongs to, so that the documented
-- columns suffice. A tenant that is given is kept, and the foreign key judges it.
create function public.fill_tenant_id_from_user()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    if new.tenant_id is null then
        select u.tenant_id
        into new.tenant_id
        from public.users u
        where u.id = new.user_id;
    end if;
    return new;
end
$$;

create function public.fill_tenant_id_from_session()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    if new.tenant_id is null then
        select s.tenant_id
        into new.tenant_id
        from public.sessions s
        where s.id = new.session_id;
    end if;
    return new;
end
$$;

revoke execute on function public.update_updated_at() from public;
revoke execute on function public.fill_tenant_id_from_user() from public;
revoke execute on function public.fill_tenant_id_from_session() from public;

create trigger fill_documents_tenant_id
    before insert on public.documents
    for each row execute function public.fill_tenant_id_from_user();

create trigger fill_sessions_tenant_id
    before insert on public.sessions
    for each row execute function public.fill_tenant_id_from_user();

create trigger fill_messages_tenant_id
    before insert on public.messages
    for each row execute function public.fill_tenant_id_from_session();

create trigger update_tenants_updated_at
    before update on public.tenants
    for each row execute function public.update_updated_at();

create trigger update_users_updated_at
    before update on public.users
    for each row execute function public.update_updated_at();

create trigger update_documents_updated_at
    before update on public.documents
    for each row execute function public.update_updated_at();

create trigger update_social_links_updated_at
    before update on public.social_links
    for each row execute function public.update_updated_at();

create trigger update_sessions_updated_at
    before update on public.sessions
    for each row execute function public.update_updated_at();

create trigger update_messages_updated_at
    before update on public.messages
    for each row execute function public.update_updated_at();


alter table public.tenants enable row level security;
alter table public.tenants force row level security;
alter table public.users enable row level security;
alter table public.users force row level security;
alter table public.documents enable row level security;
alter table public.documents force row level security;
alter table public.social_links enable row level security;
alter table public.social_links force row level security;
alter table public.sessions enable row level security;
alter table public.sessions force row level security;
alter table public.messages enable row level security;
alter table public.messages force row level security;


grant usage on schema public to anon, authenticated, service_role, mnfst_analyst;

grant select, insert, update, delete
    on public.tenants, public.users, public.documents, public.social_links, public.sessions, public.messages
    to service_role;

-- The analyst bypasses row security, so these columns are its only limit: no chat is among them.
grant select on public.tenants, public.users, public.documents, public.social_links to mnfst_analyst;
grant select (id, user_id, tenant_id, created_at, updated_at) on public.sessions to mnfst_analyst;
grant select (id, session_id, role, "timestamp", tenant_id, created_at, updated_at)
    on public.messages
    to mnfst_analyst;
