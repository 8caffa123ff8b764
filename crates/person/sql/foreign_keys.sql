-- Every foreign key, once: those that partitions inherit are their table's. Columns are in pairs.
select
    k.conname::text,
    from_schema.nspname::text,
    from_table.relname::text,
    (
        select array_agg(a.attname::text order by key.place)
        from unnest(k.conkey) with ordinality as key (number, place)
        join pg_catalog.pg_attribute as a
            on a.attrelid = k.conrelid
            and a.attnum = key.number
    ),
    to_schema.nspname::text,
    to_table.relname::text,
    (
        select array_agg(a.attname::text order by key.place)
        from unnest(k.confkey) with ordinality as key (number, place)
        join pg_catalog.pg_attribute as a
            on a.attrelid = k.confrelid
            and a.attnum = key.number
    ),
    k.confdeltype::text
from pg_catalog.pg_constraint as k
join pg_catalog.pg_class as from_table
    on from_table.oid = coalesce(pg_catalog.pg_partition_root(k.conrelid), k.conrelid)
join pg_catalog.pg_namespace as from_schema
    on from_schema.oid = from_table.relnamespace
join pg_catalog.pg_class as to_table
    on to_table.oid = coalesce(pg_catalog.pg_partition_root(k.confrelid), k.confrelid)
join pg_catalog.pg_namespace as to_schema
    on to_schema.oid = to_table.relnamespace
where k.contype = 'f'
    and k.conparentid = 0
order by from_schema.nspname, from_table.relname, k.conname
