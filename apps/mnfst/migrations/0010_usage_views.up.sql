-- How much each tenant uses, per day (UTC) and in all.
--
-- Materialised views have no row security. So they are granted to no caller of the API, and read
-- through functions that return the caller's own tenant, or all of them to a superadmin.

create materialized view public.tenant_usage_daily as
with counted as (
    select d.tenant_id, (d.created_at at time zone 'UTC')::date as day,
        count(*) as documents, sum(d.size::bigint) as bytes, 0::bigint as sessions, 0::bigint as messages
    from public.documents d
    group by 1, 2
    union all
    select s.tenant_id, (s.created_at at time zone 'UTC')::date, 0, 0, count(*), 0
    from public.sessions s
    group by 1, 2
    union all
    select m.tenant_id, (m.created_at at time zone 'UTC')::date, 0, 0, 0, count(*)
    from public.messages m
    group by 1, 2
)
select
    c.tenant_id,
    c.day,
    sum(c.documents)::bigint as documents,
    sum(c.bytes)::bigint as bytes,
    sum(c.sessions)::bigint as sessions,
    sum(c.messages)::bigint as messages
from counted c
group by c.tenant_id, c.day;

-- Refreshing concurrently needs a unique index.
create unique index tenant_usage_daily_tenant_id_day_key on public.tenant_usage_daily (tenant_id, day);

comment on materialized view public.tenant_usage_daily is 'Documents and their bytes, chats and messages made per tenant and day. No row security: never grant it to callers.';

create materialized view public.tenant_usage_totals as
select
    t.id as tenant_id,
    coalesce(sum(u.documents), 0)::bigint as documents,
    coalesce(sum(u.bytes), 0)::bigint as bytes,
    coalesce(sum(u.sessions), 0)::bigint as sessions,
    coalesce(sum(u.messages), 0)::bigint as messages,
    max(u.day) as last_day
from public.tenants t
left join public.tenant_usage_daily u on u.tenant_id = t.id
group by t.id;

create unique index tenant_usage_totals_tenant_id_key on public.tenant_usage_totals (tenant_id);

comment on materialized view public.tenant_usage_totals is 'The sums of tenant_usage_daily. No row security: never grant it to callers.';

grant select on public.tenant_usage_daily, public.tenant_usage_totals to service_role, mnfst_analyst;


create function public.usage_by_day(first_day date default null, last_day date default null)
returns table (tenant_id uuid, day date, documents bigint, bytes bigint, sessions bigint, messages bigint)
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
    return query
    select u.tenant_id, u.day, u.documents, u.bytes, u.sessions, u.messages
    from public.tenant_usage_daily u
    where (
            u.tenant_id = any ((select public.readable_tenant_ids())::uuid[])
            or (select public.caller_is_trusted())
        )
        and (first_day is null or u.day >= first_day)
        and (last_day is null or u.day <= last_day)
    order by u.tenant_id, u.day;
end
$$;

create function public.usage_totals()
returns table (tenant_id uuid, documents bigint, bytes bigint, sessions bigint, messages bigint, last_day date)
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
    return query
    select u.tenant_id, u.documents, u.bytes, u.sessions, u.messages, u.last_day
    from public.tenant_usage_totals u
    where u.tenant_id = any ((select public.readable_tenant_ids())::uuid[])
        or (select public.caller_is_trusted())
    order by u.tenant_id;
end
$$;

-- Readers go on reading the old figures while the new ones are counted.
create function public.refresh_usage_views()
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
    refresh materialized view concurrently public.tenant_usage_daily;
    refresh materialized view concurrently public.tenant_usage_totals;
end
$$;

comment on function public.usage_by_day(date, date) is 'Use per day of the caller''s tenant, or of all tenants for a superadmin; as of the last refresh.';
comment on function public.usage_totals() is 'Use in all of the caller''s tenant, or of all tenants for a superadmin; as of the last refresh.';
comment on function public.refresh_usage_views() is 'Counts use anew; for the maintenance job.';

revoke execute on function public.usage_by_day(date, date) from public;
revoke execute on function public.usage_totals() from public;
revoke execute on function public.refresh_usage_views() from public;
grant execute on function public.usage_by_day(date, date) to authenticated, service_role;
grant execute on function public.usage_totals() to authenticated, service_role;
grant execute on function public.refresh_usage_views() to service_role;
