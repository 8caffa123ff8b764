drop trigger create_users_settings on public.users;
drop function public.create_user_settings();
drop table public.user_settings;
