-- The triggers that keep a trail ($1 schema, $2 table) from being changed, on it and on its
-- partitions: their tables and names, and how each is switched on.
select
    n.nspname::text,
    c.relname::text,
    t.tgname::text,
    case t.tgenabled when 'A' then 'enable always' when 'R' then 'enable replica' else 'enable' end
from pg_catalog.pg_trigger as t
join pg_catalog.pg_class as c
    on c.oid = t.tgrelid
join pg_catalog.pg_namespace as n
    on n.oid = c.relnamespace
where not t.tgisinternal
    and t.tgparentid = 0
    and t.tgenabled <> 'D'
    -- Bit 4: it fires on update.
    and t.tgtype & 16 <> 0
    and t.tgrelid in (
        select member.relid
        from pg_catalog.pg_class as trail
        join pg_catalog.pg_namespace as schema
            on schema.oid = trail.relnamespace
        cross join lateral (
            select trail.oid as relid
            union
            select partition.relid
            from pg_catalog.pg_partition_tree(trail.oid) as partition
        ) as member
        where schema.nspname = $1
            and trail.relname = $2
    )
