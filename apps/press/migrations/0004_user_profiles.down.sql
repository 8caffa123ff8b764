drop table public.user_profiles;
