-- Materialised views with data, in the order in which they may be filled again: those that others
-- read come first.
with recursive views as (
    select c.oid, 0 as depth
    from pg_catalog.pg_class as c
    where c.relkind = 'm'
        and c.relispopulated

    union

    select upper.oid, views.depth + 1
    from views
    join pg_catalog.pg_depend as d
        on d.classid = 'pg_catalog.pg_rewrite'::regclass
        and d.refclassid = 'pg_catalog.pg_class'::regclass
        and d.refobjid = views.oid
    join pg_catalog.pg_rewrite as r
        on r.oid = d.objid
        and r.ev_class <> views.oid
    join pg_catalog.pg_class as upper
        on upper.oid = r.ev_class
        and upper.relkind in ('m', 'v')
)
select n.nspname::text, c.relname::text
from views
join pg_catalog.pg_class as c
    on c.oid = views.oid
    and c.relkind = 'm'
    and c.relispopulated
join pg_catalog.pg_namespace as n
    on n.oid = c.relnamespace
group by n.nspname, c.relname
order by max(views.depth), n.nspname, c.relname
