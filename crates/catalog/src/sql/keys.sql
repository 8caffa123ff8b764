-- Primary and foreign keys of all tables but the system's: views of the exposed schemas may stand on
-- tables of any. Those of partitions repeat their table's. A foreign key is one to one when a unique
-- constraint covers exactly its columns.
select
    constraint_row.conname::text,
    contype::text,
    source.oid,
    source_schema.nspname::text,
    source.relname::text,
    conkey,
    (
        select array_agg(attname::text order by position)
        from unnest(conkey) with ordinality as key (number, position)
        join pg_attribute on attrelid = conrelid and attnum = key.number
    ),
    coalesce(target.oid, 0),
    target_schema.nspname::text,
    target.relname::text,
    coalesce(confkey, '{}'),
    (
        select array_agg(attname::text order by position)
        from unnest(confkey) with ordinality as key (number, position)
        join pg_attribute on attrelid = confrelid and attnum = key.number
    ),
    exists (
        select
        from pg_constraint as other
        where other.conrelid = constraint_row.conrelid
          and other.contype in ('p', 'u')
          and other.conkey <@ constraint_row.conkey
          and other.conkey @> constraint_row.conkey
    )
from pg_constraint as constraint_row
join pg_class as source on source.oid = conrelid
join pg_namespace as source_schema on source_schema.oid = source.relnamespace
left join pg_class as target on target.oid = confrelid
left join pg_namespace as target_schema on target_schema.oid = target.relnamespace
where contype in ('p', 'f')
  and conparentid = 0
  and source_schema.nspname not in ('pg_catalog', 'information_schema')
order by conrelid, conname
