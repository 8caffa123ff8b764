-- tenantry: version 1.0.0
-- People, roles, login sessions, posts and comments; who may do what with them.
--
-- The document's uuid_generate_v4() is gen_random_uuid() here: the same kind of number, built into
-- PostgreSQL, and there without an extension. Its TIMESTAMP is timestamptz, since the document
-- says UTC.

grant usage on schema public to anon, authenticated, service_role, press_analyst;


-- People and their roles ----------------------------------------------------------------------------

create table public.users (
    id uuid default gen_random_uuid()
        constraint users_pkey primary key,
    email varchar(255) not null
        constraint users_email_key unique,
    password_hash varchar(255) not null,
    name varchar(100) not null,
    phone varchar(20),
    is_active boolean not null default true,
    is_verified boolean not null default false,
    last_login timestamptz,
    created_at timestamptz not null default current_timestamp,
    updated_at timestamptz not null default current_timestamp,

    constraint users_email_check
        check (email ~ '^[^@[:space:]]+@[^@[:space:]]+$'),
    constraint users_password_hash_check
        check (password_hash <> ''),
    constraint users_name_check
        check (name <> ''),
    constraint users_phone_check
        check (phone ~ '^[+(0-9][0-9 ()./-]*$')
);

create index idx_users_email on public.users (email);
create index idx_users_created_at on public.users (created_at desc);

comment on table public.users is
    'People with an account. id equals auth.users.id.';
comment on column public.users.password_hash is
    'bcrypt, or ! for a person without a password. Never readable by callers.';
comment on column public.users.is_active is
    'False: sign-in is refused and the person holds no permission.';
comment on column public.users.is_verified is
    'True once the e-mail address is confirmed.';


create table public.roles (
    id uuid default gen_random_uuid()
        constraint roles_pkey primary key,
    name varchar(50) not null
        constraint roles_name_key unique,
    description text,
    is_system boolean not null default false,
    created_at timestamptz not null default current_timestamp,

    constraint roles_name_check
        check (name ~ '^[a-z][a-z0-9_-]*$'),
    constraint roles_description_check
        check (char_length(description) <= 1000)
);

comment on table public.roles is
    'Named sets of permissions. admin, editor, author and reader are built in.';
comment on column public.roles.is_system is
    'Built in: can be neither renamed nor deleted.';


create table public.permissions (
    id uuid default gen_random_uuid()
        constraint permissions_pkey primary key,
    name varchar(100) not null
        constraint permissions_name_key unique,
    description text,

    constraint permissions_name_check
        check (name ~ '^[a-z][a-z0-9_]*:[a-z][a-z0-9_]*:(own|all)$'),
    constraint permissions_description_check
        check (char_length(description) <= 1000)
);

comment on table public.permissions is
    'What can be allowed: resource:action:scope. The policies ask for these names.';


create table public.role_permissions (
    role_id uuid not null
        constraint role_permissions_role_id_fkey
        references public.roles (id) on delete cascade,
    permission_id uuid not null
        constraint role_permissions_permission_id_fkey
        references public.permissions (id) on delete cascade,

    constraint role_permissions_pkey primary key (role_id, permission_id)
);

create index idx_role_permissions_permission_id on public.role_permissions (permission_id);

comment on table public.role_permissions is
    'Which role holds which permission.';


create table public.user_roles (
    user_id uuid not null
        constraint user_roles_user_id_fkey
        references public.users (id) on delete cascade,
    role_id uuid not null
        constraint user_roles_role_id_fkey
        references public.roles (id) on delete cascade,
    assigned_at timestamptz not null default current_timestamp,
    -- The default is the only way in for callers: they have no right to name somebody else.
    assigned_by uuid default auth.uid()
        constraint user_roles_assigned_by_fkey
        references public.users (id) on delete set null,

    constraint user_roles_pkey primary key (user_id, role_id)
);

create index idx_user_roles_role_id on public.user_roles (role_id);
create index idx_user_roles_assigned_by on public.user_roles (assigned_by);

comment on table public.user_roles is
    'Who has which role.';
comment on column public.user_roles.assigned_by is
    'Who gave the role; null for the system, or when that person is gone.';


create table public.sessions (
    id uuid default gen_random_uuid()
        constraint sessions_pkey primary key,
    user_id uuid not null
        constraint sessions_user_id_fkey
        references public.users (id) on delete cascade,
    token_hash varchar(255) not null
        constraint sessions_token_hash_key unique,
    ip_address inet,
    user_agent text,
    expires_at timestamptz not null,
    created_at timestamptz not null default current_timestamp,

    -- A hash is long; what is shorter would be a token or a mistake.
    constraint sessions_token_hash_check
        check (char_length(token_hash) >= 32),
    constraint sessions_expires_at_check
        check (expires_at >= created_at)
);

create index idx_sessions_token_hash on public.sessions (token_hash);
create index idx_sessions_expires_at on public.sessions (expires_at);
create index idx_sessions_user_id on public.sessions (user_id);

comment on table public.sessions is
    'One row per login. id equals auth.sessions.id.';
comment on column public.sessions.token_hash is
    'SHA-256 of the newest refresh token, in hex. The token itself is never stored.';


-- Posts and comments --------------------------------------------------------------------------------

create table public.posts (
    id uuid default gen_random_uuid()
        constraint posts_pkey primary key,
    user_id uuid not null
        constraint posts_user_id_fkey
        references public.users (id) on delete cascade,
    title varchar(255) not null,
    content text not null,
    status varchar(20) not null default 'draft',
    published_at timestamptz,
    created_at timestamptz not null default current_timestamp,
    updated_at timestamptz not null default current_timestamp,

    constraint posts_title_check
        check (btrim(title) <> ''),
    constraint posts_content_check
        check (char_length(content) <= 200000),
    constraint posts_status_check
        check (status in ('draft', 'published', 'archived')),
    constraint posts_published_at_check
        check ((status = 'published') = (published_at is not null))
);

-- A person's posts of one status, newest first, page by page: queries/posts_page*.sql read it in
-- order and stop. It also serves the foreign key.
create index idx_posts_user_id_status_created_at on public.posts (user_id, status, created_at desc, id);

-- The front page: everybody's published posts, newest first.
create index idx_posts_published_at on public.posts (published_at desc, id) where status = 'published';

comment on table public.posts is
    'What people write. Published posts are readable by everybody.';
comment on column public.posts.status is
    'draft, published or archived. Whoever changes it need not care for published_at.';
comment on column public.posts.published_at is
    'Set when status becomes published, cleared when it stops being so.';


create table public.comments (
    id uuid default gen_random_uuid()
        constraint comments_pkey primary key,
    post_id uuid not null
        constraint comments_post_id_fkey
        references public.posts (id) on delete cascade,
    user_id uuid not null
        constraint comments_user_id_fkey
        references public.users (id) on delete cascade,
    content text not null,
    created_at timestamptz not null default current_timestamp,

    constraint comments_content_check
        check (btrim(content) <> '' and char_length(content) <= 10000)
);

create index idx_comments_post_id_created_at on public.comments (post_id, created_at);
create index idx_comments_user_id on public.comments (user_id);

comment on table public.comments is
    'What people say about posts. Whoever can read the post can read its comments.';


-- Triggers ------------------------------------------------------------------------------------------

-- A value that a statement sets itself stands (imports, demo data). Callers have no right to set it.
create function public.update_updated_at()
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
    before update on public.users
    for each row execute function public.update_updated_at();

create trigger update_posts_updated_at
    before update on public.posts
    for each row execute function public.update_updated_at();


-- The time follows the status, so nobody has to send both.
create function public.set_published_at()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
    if new.status = 'published' then
        new.published_at := coalesce(new.published_at, current_timestamp);
    else
        new.published_at := null;
    end if;
    return new;
end
$$;

create trigger set_posts_published_at
    before insert or update on public.posts
    for each row execute function public.set_published_at();


-- Sign-up, seeds and policies rely on the built-in roles being there by name.
create function public.protect_system_roles()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
    if tg_op = 'DELETE' then
        if old.is_system then
            raise exception 'the role % is built in and cannot be deleted', old.name
                using errcode = 'restrict_violation';
        end if;
        return old;
    end if;

    if old.is_system and (new.name <> old.name or not new.is_system) then
        raise exception 'the role % is built in and cannot be renamed', old.name
            using errcode = 'restrict_violation';
    end if;
    return new;
end
$$;

create trigger protect_system_roles
    before update or delete on public.roles
    for each row execute function public.protect_system_roles();

revoke execute on function
    public.update_updated_at(),
    public.set_published_at(),
    public.protect_system_roles()
    from public;


-- Questions that the policies ask -------------------------------------------------------------------

-- Reads as the owner: the answer must not depend on what the caller may see of the tables behind it.
-- People who were deactivated hold nothing; nor does a caller who is nobody. plpgsql keeps the plan
-- for as long as the connection lives; a function of plain SQL costs four times as much per question.
create function public.has_permission(permission text)
returns boolean
language plpgsql
stable
parallel safe
security definer
set search_path = ''
as $$
begin
    return exists (
        select
        from public.users as person
        join public.user_roles as held
            on held.user_id = person.id
        join public.role_permissions as given
            on given.role_id = held.role_id
        join public.permissions as allowed
            on allowed.id = given.permission_id
        where person.id = auth.uid()
        and person.is_active
        and allowed.name = has_permission.permission
    );
end
$$;

comment on function public.has_permission(text) is
    'Whether the caller holds this permission, such as posts:write:all.';


-- Nobody hands out, changes or takes away a role that may do more than they may themselves. Without
-- this the right to manage roles would be as good as being administrator.
create function public.holds_role_permissions(role_id uuid)
returns boolean
language plpgsql
stable
parallel safe
security definer
set search_path = ''
as $$
begin
    return not exists (
        select
        from public.role_permissions as given
        join public.permissions as allowed
            on allowed.id = given.permission_id
        where given.role_id = holds_role_permissions.role_id
        and not public.has_permission(allowed.name)
    );
end
$$;

comment on function public.holds_role_permissions(uuid) is
    'Whether the caller holds every permission of this role.';


-- is_active is not among the columns that callers may write, or who was deactivated could undo it.
create function public.set_user_active(person uuid, active boolean)
returns void
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
    if not public.has_permission('users:manage:all') or person = auth.uid() then
        raise exception 'not allowed to activate or deactivate this person'
            using errcode = 'insufficient_privilege';
    end if;

    update public.users
    set is_active = active
    where id = person;

    if not found then
        raise exception 'no such person'
            using errcode = 'no_data_found';
    end if;
end
$$;

comment on function public.set_user_active(uuid, boolean) is
    'Activates or deactivates another person. Needs users:manage:all.';

revoke execute on function
    public.has_permission(text),
    public.holds_role_permissions(uuid),
    public.set_user_active(uuid, boolean)
    from public;

grant execute on function
    public.has_permission(text),
    public.holds_role_permissions(uuid),
    public.set_user_active(uuid, boolean)
    to authenticated;

grant execute on function public.has_permission(text) to service_role;


-- Bylines -------------------------------------------------------------------------------------------

-- Readers see who wrote what, but a users row also holds an e-mail address and a telephone number,
-- and row security hides whole rows only. So this view reads users with its owner's rights
-- (security_invoker = false: a caller's own policy would leave only the caller's row) and shows two
-- columns of those people who have said something in public. security_barrier keeps a caller's
-- conditions from being tried on the other rows.
create view public.authors
with (security_invoker = false, security_barrier = true)
as
select
    person.id,
    person.name
from public.users as person
where exists (
    select
    from public.posts as post
    where post.user_id = person.id
    and post.status = 'published'
)
or exists (
    select
    from public.comments as comment
    join public.posts as post
        on post.id = comment.post_id
    where comment.user_id = person.id
    and post.status = 'published'
);

comment on view public.authors is
    'Names of the people who have a published post, or a comment on one.';


-- Rights --------------------------------------------------------------------------------------------

grant select on public.posts, public.comments, public.authors to anon;

-- Columns that are not listed: secrets, and what triggers, defaults and the account itself decide.
-- There is no way to give a post or a comment to somebody else.
grant select (id, email, name, phone, is_active, is_verified, last_login, created_at, updated_at),
      update (name),
      delete
    on public.users to authenticated;

grant select,
      insert (id, name, description),
      update (name, description),
      delete
    on public.roles to authenticated;

-- A permission means something only where a policy asks for it: new ones come with revisions.
grant select on public.permissions to authenticated;

grant select,
      insert,
      delete
    on public.role_permissions to authenticated;

grant select,
      insert (user_id, role_id),
      delete
    on public.user_roles to authenticated;

grant select (id, user_id, ip_address, user_agent, expires_at, created_at),
      delete
    on public.sessions to authenticated;

grant select,
      insert (id, user_id, title, content, status),
      update (title, content, status),
      delete
    on public.posts to authenticated;

-- What was said stays as it was said: a comment is deleted, not rewritten.
grant select,
      insert (id, post_id, user_id, content),
      delete
    on public.comments to authenticated;

grant select on public.authors to authenticated;

grant select, insert, update, delete
    on public.users,
       public.roles,
       public.permissions,
       public.role_permissions,
       public.user_roles,
       public.sessions,
       public.posts,
       public.comments
    to service_role;
grant select on public.authors to service_role;

-- The analyst counts and compares; what people wrote, drafts above all, is not needed for that.
grant select (id, email, name, is_active, is_verified, last_login, created_at, updated_at)
    on public.users to press_analyst;
grant select on public.roles, public.permissions, public.role_permissions, public.user_roles
    to press_analyst;
grant select (id, user_id, ip_address, user_agent, expires_at, created_at)
    on public.sessions to press_analyst;
grant select (id, user_id, title, status, published_at, created_at, updated_at)
    on public.posts to press_analyst;
grant select (id, post_id, user_id, created_at)
    on public.comments to press_analyst;
grant select on public.authors to press_analyst;


-- Row security --------------------------------------------------------------------------------------

-- Each question stands in a subquery of its own, so PostgreSQL answers it once per statement.
--
-- "Everybody's rows, with a permission" is written as a range of keys that is everything or nothing
-- wherever people otherwise see only their own: a plain "or has_permission(...)" would make the
-- owner's index useless, and everybody's rows would be read to find one's own.

alter table public.users enable row level security;
alter table public.users force row level security;

create policy users_select on public.users
    for select to authenticated
    using (
        id = (select auth.uid())
        or id between
            (select case when public.has_permission('users:read:all')
                then '00000000-0000-0000-0000-000000000000'::uuid end)
            and 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    );

create policy users_update on public.users
    for update to authenticated
    using (
        id = (select auth.uid())
        or id between
            (select case when public.has_permission('users:manage:all')
                then '00000000-0000-0000-0000-000000000000'::uuid end)
            and 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    )
    with check (
        id = (select auth.uid())
        or (select public.has_permission('users:manage:all'))
    );

-- Administrators remove other people; their own account they close with another administrator's
-- help, so that the last one is not gone by a slip.
create policy users_delete on public.users
    for delete to authenticated
    using (
        (select public.has_permission('users:manage:all'))
        and id <> (select auth.uid())
    );


-- What roles there are and what they may do is no secret among people with an account.

alter table public.roles enable row level security;
alter table public.roles force row level security;

create policy roles_select on public.roles
    for select to authenticated
    using (true);

create policy roles_insert on public.roles
    for insert to authenticated
    with check (
        (select public.has_permission('roles:manage:all'))
        and not is_system
    );

create policy roles_update on public.roles
    for update to authenticated
    using (
        (select public.has_permission('roles:manage:all'))
        and public.holds_role_permissions(id)
    )
    with check (
        (select public.has_permission('roles:manage:all'))
        and public.holds_role_permissions(id)
    );

create policy roles_delete on public.roles
    for delete to authenticated
    using (
        (select public.has_permission('roles:manage:all'))
        and public.holds_role_permissions(id)
    );


alter table public.permissions enable row level security;
alter table public.permissions force row level security;

create policy permissions_select on public.permissions
    for select to authenticated
    using (true);


alter table public.role_permissions enable row level security;
alter table public.role_permissions force row level security;

create policy role_permissions_select on public.role_permissions
    for select to authenticated
    using (true);

create policy role_permissions_insert on public.role_permissions
    for insert to authenticated
    with check (
        (select public.has_permission('roles:manage:all'))
        and public.holds_role_permissions(role_id)
        and exists (
            select
            from public.permissions as permission
            where permission.id = role_permissions.permission_id
            and public.has_permission(permission.name)
        )
    );

create policy role_permissions_delete on public.role_permissions
    for delete to authenticated
    using (
        (select public.has_permission('roles:manage:all'))
        and public.holds_role_permissions(role_id)
    );


alter table public.user_roles enable row level security;
alter table public.user_roles force row level security;

create policy user_roles_select on public.user_roles
    for select to authenticated
    using (
        user_id = (select auth.uid())
        or user_id between
            (select case when public.has_permission('users:read:all')
                then '00000000-0000-0000-0000-000000000000'::uuid end)
            and 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    );

create policy user_roles_insert on public.user_roles
    for insert to authenticated
    with check (
        (select public.has_permission('roles:manage:all'))
        and public.holds_role_permissions(role_id)
    );

create policy user_roles_delete on public.user_roles
    for delete to authenticated
    using (
        (select public.has_permission('roles:manage:all'))
        and public.holds_role_permissions(role_id)
    );


-- Login sessions are nobody's business but the person's own; deleting one ends it.

alter table public.sessions enable row level security;
alter table public.sessions force row level security;

create policy sessions_select on public.sessions
    for select to authenticated
    using (user_id = (select auth.uid()));

create policy sessions_delete on public.sessions
    for delete to authenticated
    using (user_id = (select auth.uid()));


alter table public.posts enable row level security;
alter table public.posts force row level security;

create policy posts_select_published on public.posts
    for select to anon, authenticated
    using (status = 'published');

create policy posts_select on public.posts
    for select to authenticated
    using (
        user_id = (select auth.uid())
        or (select public.has_permission('posts:read:all'))
    );

create policy posts_insert on public.posts
    for insert to authenticated
    with check (
        user_id = (select auth.uid())
        and (select public.has_permission('posts:write:own'))
    );

create policy posts_update on public.posts
    for update to authenticated
    using (
        (
            user_id = (select auth.uid())
            and (select public.has_permission('posts:write:own'))
        )
        or (select public.has_permission('posts:write:all'))
    )
    with check (
        (
            user_id = (select auth.uid())
            and (select public.has_permission('posts:write:own'))
        )
        or (select public.has_permission('posts:write:all'))
    );

create policy posts_delete on public.posts
    for delete to authenticated
    using (
        (
            user_id = (select auth.uid())
            and (select public.has_permission('posts:delete:own'))
        )
        or (select public.has_permission('posts:delete:all'))
    );


alter table public.comments enable row level security;
alter table public.comments force row level security;

-- The subquery is itself under the policies of posts: a comment is visible where its post is.
create policy comments_select on public.comments
    for select to anon, authenticated
    using (
        exists (
            select
            from public.posts as post
            where post.id = comments.post_id
        )
    );

-- One's own words stay in reach, for deleting them, when the post is withdrawn.
create policy comments_select_own on public.comments
    for select to authenticated
    using (user_id = (select auth.uid()));

create policy comments_insert on public.comments
    for insert to authenticated
    with check (
        user_id = (select auth.uid())
        and (select public.has_permission('comments:write:own'))
        and exists (
            select
            from public.posts as post
            where post.id = comments.post_id
            and post.status = 'published'
        )
    );

create policy comments_delete on public.comments
    for delete to authenticated
    using (
        user_id = (select auth.uid())
        or (select public.has_permission('comments:delete:all'))
    );
