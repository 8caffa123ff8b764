-- tenantry: version 1.3.0
-- What people tell about themselves: the worked example of the document's migration template.

create table public.user_profiles (
    id uuid default gen_random_uuid()
        constraint user_profiles_pkey primary key,
    user_id uuid not null
        constraint user_profiles_user_id_fkey
        references public.users (id) on delete cascade,
    bio text,
    avatar_url varchar(500),
    created_at timestamptz not null default current_timestamp,

    constraint user_profiles_bio_check
        check (char_length(bio) <= 5000),
    -- Pages show it as an image; anything but a web address has no business there.
    constraint user_profiles_avatar_url_check
        check (avatar_url ~ '^https?://[^[:space:]]+$')
);

-- Unique: a person has one profile.
create unique index idx_user_profiles_user_id on public.user_profiles (user_id);

comment on table public.user_profiles is
    'What people tell about themselves; shown beside their bylines.';

grant select on public.user_profiles to anon;
grant select,
      insert (id, user_id, bio, avatar_url),
      update (bio, avatar_url),
      delete
    on public.user_profiles to authenticated;
grant select, insert, update, delete on public.user_profiles to service_role;
grant select (id, user_id, created_at) on public.user_profiles to press_analyst;

alter table public.user_profiles enable row level security;
alter table public.user_profiles force row level security;

-- Public is the profile of who has said something in public; see the view authors.
create policy user_profiles_select_authors on public.user_profiles
    for select to anon, authenticated
    using (
        exists (
            select
            from public.authors as author
            where author.id = user_profiles.user_id
        )
    );

create policy user_profiles_select on public.user_profiles
    for select to authenticated
    using (
        user_id = (select auth.uid())
        or (select public.has_permission('users:read:all'))
    );

create policy user_profiles_insert on public.user_profiles
    for insert to authenticated
    with check (user_id = (select auth.uid()));

create policy user_profiles_update on public.user_profiles
    for update to authenticated
    using (user_id = (select auth.uid()))
    with check (user_id = (select auth.uid()));

create policy user_profiles_delete on public.user_profiles
    for delete to authenticated
    using (
        user_id = (select auth.uid())
        or (select public.has_permission('users:manage:all'))
    );
