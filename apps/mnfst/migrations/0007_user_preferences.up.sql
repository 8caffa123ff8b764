-- A person's settings: one row each, made together with the person.
--
-- They belong to the person, not to the tenant, so there is no tenant_id.

create table public.user_preferences (
    id uuid not null default gen_random_uuid(),
    user_id uuid not null,
    language varchar(35) not null default 'en',
    timezone varchar(64) not null default 'UTC',
    theme varchar(10) not null default 'system',
    notifications jsonb not null default '{}',
    preferences jsonb not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint user_preferences_pkey primary key (id),
    constraint user_preferences_user_id_key unique (user_id),
    constraint user_preferences_user_id_fkey
        foreign key (user_id) references public.users (id) on delete cascade,
    constraint user_preferences_language_check check (language ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$'),
    constraint user_preferences_timezone_check check (timezone ~ '^[A-Za-z][A-Za-z0-9_+/-]*$'),
    constraint user_preferences_theme_check check (theme in ('system', 'light', 'dark')),
    constraint user_preferences_notifications_check check (jsonb_typeof(notifications) = 'object'),
    constraint user_preferences_preferences_check check (jsonb_typeof(preferences) = 'object'),
    constraint user_preferences_size_check
        check (octet_length(notifications::text) + octet_length(preferences::text) <= 16384)
);

comment on table public.user_preferences is 'Settings of a person; the row is made with the person and carries the same id.';

create function public.create_user_preferences()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    insert into public.user_preferences (id, user_id)
    values (new.id, new.id)
    on conflict (user_id) do nothing;
    return null;
end
$$;

revoke execute on function public.create_user_preferences() from public;

insert into public.user_preferences (id, user_id)
select u.id, u.id
from public.users u;

create trigger create_user_preferences
    after insert on public.users
    for each row execute function public.create_user_preferences();

create trigger update_user_preferences_updated_at
    before update on public.user_preferences
    for each row execute function public.update_updated_at();

create trigger audit_user_preferences
    after insert or update or delete on public.user_preferences
    for each row execute function public.write_audit_log('user_preferences');

alter table public.user_preferences enable row level security;
alter table public.user_preferences force row level security;

grant select, update (language, timezone, theme, notifications, preferences) on public.user_preferences to authenticated;
grant select, insert, update, delete on public.user_preferences to service_role;
grant select on public.user_preferences to mnfst_analyst;

create policy user_preferences_select_own on public.user_preferences
    for select to authenticated
    using (user_id = (select auth.uid() where public.current_user_role() is not null));

-- A superadmin reads them by the users that it can see.
create policy user_preferences_select_superadmin on public.user_preferences
    for select to authenticated
    using (
        user_id = any (
            array(select u.id from public.users u where (select public.current_user_role()) = 'superadmin')
        )
    );

create policy user_preferences_update_own on public.user_preferences
    for update to authenticated
    using (user_id = (select auth.uid() where public.current_user_role() is not null))
    with check (user_id = (select auth.uid() where public.current_user_role() is not null));
