-- Foreign keys between relations of the exposed schemas ($1). Those of partitions repeat their table's.
select
    constraint_row.conname::text,
    source_schema.nspname::text,
    source.relname::text,
    target_schema.nspname::text,
    target.relname::text,
    (
        select array_agg(attname::text order by position)
        from unnest(conkey) with ordinality as key (number, position)
        join pg_attribute on attrelid = conrelid and attnum = key.number
    ),
    (
        select array_agg(attname::text order by position)
        from unnest(confkey) with ordinality as key (number, position)
        join pg_attribute on attrelid = confrelid and attnum = key.number
    ),
    exists (
        select
        from pg_index
        where indrelid = conrelid
          and indisunique
          and indpred is null
          and (indkey::int2[])[0:indnkeyatts - 1] <@ conkey
    )
from pg_constraint as constraint_row
join pg_class as source on source.oid = conrelid
join pg_namespace as source_schema on source_schema.oid = source.relnamespace
join pg_class as target on target.oid = confrelid
join pg_namespace as target_schema on target_schema.oid = target.relnamespace
where contype = 'f'
  and not source.relispartition
  and not target.relispartition
  and source_schema.nspname = any ($1)
  and target_schema.nspname = any ($1)
order by 1, 2, 3
