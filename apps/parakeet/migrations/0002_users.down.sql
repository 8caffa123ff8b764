drop table public.users;
drop function public.stamp_approval();
