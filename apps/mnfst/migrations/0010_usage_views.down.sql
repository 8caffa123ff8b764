drop function public.refresh_usage_views();
drop function public.usage_totals();
drop function public.usage_by_day(date, date);
drop materialized view public.tenant_usage_totals;
drop materialized view public.tenant_usage_daily;
