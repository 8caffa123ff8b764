-- Tables and views of the exposed schemas ($1) with their columns and keys, one row each. Partitions
-- are hidden: they are reached through their table.
select
    namespace.nspname::text,
    relation.relname::text,
    relation.relkind::text,
    coalesce(columns.list, '[]')::text,
    coalesce(keys.list, '[]')::text,
    relation.relkind in ('r', 'p')
        and not exists (
            select
            from pg_policy as policy
            join pg_depend as dependency
                on dependency.classid = 'pg_policy'::regclass
                and dependency.objid = policy.oid
                and dependency.refclassid = 'pg_proc'::regclass
            join pg_proc as called on called.oid = dependency.refobjid
            join pg_namespace as home on home.oid = called.pronamespace
            where policy.polrelid = relation.oid
              and (home.nspname not in ('pg_catalog', 'auth') or called.provolatile = 'v')
        ) as shareable
from pg_class as relation
join pg_namespace as namespace on namespace.oid = relation.relnamespace
left join lateral (
    select
        json_agg(
            json_build_object(
                'name', attname,
                'type', format_type(atttypid, atttypmod),
                'nullable', not attnotnull,
                'default', pg_get_expr(adbin, adrelid),
                'generated', attgenerated <> '',
                'identity', attidentity <> ''
            )
            order by attnum
        ) as list
    from pg_attribute
    left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where attrelid = relation.oid
      and attnum > 0
      and not attisdropped
) as columns on true
left join lateral (
    select
        json_agg(
            json_build_object(
                'primary', contype = 'p',
                'columns', (
                    select json_agg(attname order by position)
                    from unnest(conkey) with ordinality as key (number, position)
                    join pg_attribute on attrelid = conrelid and attnum = key.number
                )
            )
            order by contype, conname
        ) as list
    from pg_constraint
    where conrelid = relation.oid
      and contype in ('p', 'u')
) as keys on true
where namespace.nspname = any ($1)
  and relation.relkind in ('r', 'p', 'v', 'm', 'f')
  and not relation.relispartition
order by 1, 2
