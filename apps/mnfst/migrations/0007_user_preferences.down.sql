drop trigger create_user_preferences on public.users;
drop table public.user_preferences;
drop function public.create_user_preferences();
