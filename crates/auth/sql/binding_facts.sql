-- The columns of the tables that a manifest names: $1 schemas, $2 tables, pair by pair.
select
    n.nspname,
    c.relname,
    a.attname,
    format_type(a.atttypid, null),
    case when a.atttypid in ('pg_catalog.varchar'::regtype, 'pg_catalog.bpchar'::regtype) and a.atttypmod > 4
        then a.atttypmod - 4
    end,
    a.attnotnull,
    pg_get_expr(d.adbin, d.adrelid),
    exists (
        select
        from pg_catalog.pg_index as i
        where i.indrelid = c.oid
        and i.indisunique
        and i.indnkeyatts = 1
        and i.indpred is null
        and pg_get_expr(i.indexprs, i.indrelid) in (
            format('lower(%I)', a.attname),
            format('lower((%I)::text)', a.attname)
        )
    )
from unnest($1::text[], $2::text[]) as wanted (schema_name, table_name)
join pg_catalog.pg_namespace as n
    on n.nspname = wanted.schema_name
join pg_catalog.pg_class as c
    on c.relnamespace = n.oid
    and c.relname = wanted.table_name
    and c.relkind in ('r', 'p')
join pg_catalog.pg_attribute as a
    on a.attrelid = c.oid
    and a.attnum > 0
    and not a.attisdropped
left join pg_catalog.pg_attrdef as d
    on d.adrelid = a.attrelid
    and d.adnum = a.attnum
