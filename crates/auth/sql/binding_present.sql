-- What stands of a binding: its functions and its triggers, one text each.
select format('%s %s', p.proname, p.prosrc)
from pg_catalog.pg_proc as p
where p.pronamespace = 'auth'::regnamespace
and (p.proname like 'bind\_%' or p.proname = 'tenant_id')
union all
select format('%s.%s %s %s', n.nspname, c.relname, t.tgname, p.proname)
from pg_catalog.pg_trigger as t
join pg_catalog.pg_proc as p on p.oid = t.tgfoid
join pg_catalog.pg_class as c on c.oid = t.tgrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where p.pronamespace = 'auth'::regnamespace
and p.proname like 'bind\_%'
and not t.tgisinternal
and t.tgenabled = 'O'
