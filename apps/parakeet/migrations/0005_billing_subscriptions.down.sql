drop trigger create_users_billing_subscription on public.users;
drop function public.create_billing_subscription();
drop table public.billing_subscriptions;
