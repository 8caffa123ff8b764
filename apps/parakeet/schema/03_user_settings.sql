-- User settings: what a person has chosen about notifications, privacy and the application.
--
-- Every account has exactly one row, made together with it, so that nobody has to ask whether there
-- is one. The keys inside the three objects belong to the application.

create table public.user_settings (
    id uuid not null default gen_random_uuid(),
    user_id uuid not null,
    notifications jsonb not null default '{}',
    privacy jsonb not null default '{}',
    preferences jsonb not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint user_settings_pkey primary key (id),
    constraint user_settings_user_id_key unique (user_id),
    constraint user_settings_user_id_fkey foreign key (user_id)
        references public.users (id)
        on delete cascade,
    constraint user_settings_notifications_check check (
        jsonb_typeof(notifications) = 'object'
        and char_length(notifications::text) <= 20000
    ),
    constraint user_settings_privacy_check check (
        jsonb_typeof(privacy) = 'object'
        and char_length(privacy::text) <= 20000
    ),
    constraint user_settings_preferences_check check (
        jsonb_typeof(preferences) = 'object'
        and char_length(preferences::text) <= 20000
    )
);

comment on table public.user_settings is
    'One row per account, made with it.';
comment on column public.user_settings.notifications is
    'What to tell the person, and how.';
comment on column public.user_settings.privacy is
    'What may be kept and used.';
comment on column public.user_settings.preferences is
    'How the application looks and behaves.';


-- Definer, because whoever makes an account (sign-up, service, import) need not hold rights here.
create function public.create_user_settings()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    insert into public.user_settings (user_id)
    values (new.id)
    on conflict (user_id) do nothing;
    return null;
end
$$;

comment on function public.create_user_settings() is
    'Gives a new account its settings.';

revoke execute on function public.create_user_settings() from public;

create trigger create_users_settings
    after insert on public.users
    for each row execute function public.create_user_settings();

-- Accounts that were there before this table.
insert into public.user_settings (user_id)
select u.id
from public.users u
on conflict (user_id) do nothing;

create trigger update_user_settings_updated_at
    before update on public.user_settings
    for each row execute function public.update_updated_at();


-- People read and change their own; the row comes and goes with the account.
alter table public.user_settings enable row level security;
alter table public.user_settings force row level security;

grant
    select,
    update (notifications, privacy, preferences)
    on public.user_settings
    to authenticated;
grant select, insert, update, delete on public.user_settings to service_role;
grant
    select (id, user_id, notifications, privacy, preferences, created_at, updated_at)
    on public.user_settings
    to parakeet_analyst;

create policy user_settings_select_own on public.user_settings
    for select to authenticated
    using (user_id = (select auth.uid()));

create policy user_settings_update_own on public.user_settings
    for update to authenticated
    using (user_id = (select auth.uid()))
    with check (user_id = (select auth.uid()));
