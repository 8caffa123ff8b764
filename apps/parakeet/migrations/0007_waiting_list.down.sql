drop function public.withdraw_approval(uuid);
drop function public.decline_user(uuid);
drop function public.approve_user(uuid);
drop function public.waiting_users();
drop function public.require_administrator();
