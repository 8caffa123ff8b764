-- The rules behind all views, as PostgreSQL stores them, with the views' column names.
select
    relation.oid,
    namespace.nspname::text,
    relation.relname::text,
    rule.ev_action::text,
    (
        select array_agg(attname::text order by attnum)
        from pg_attribute
        where attrelid = relation.oid
          and attnum > 0
    )
from pg_rewrite as rule
join pg_class as relation on relation.oid = rule.ev_class
join pg_namespace as namespace on namespace.oid = relation.relnamespace
where relation.relkind in ('v', 'm')
  and rule.ev_type = '1'
  and namespace.nspname not in ('pg_catalog', 'information_schema')
order by 2, 3
