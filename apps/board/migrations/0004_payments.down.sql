-- Undoes 0004. What Stripe collected is then known to Stripe only.

drop table public.payments;
drop function public.audit_payments();
