-- Every column of every table that can hold data. Partitions are their table; views hold nothing;
-- tables of extensions are nobody's.
-- A column's kind is that of what its type stands for: a domain's base, an array's element.
select
    n.nspname::text,
    c.relname::text,
    a.attname::text,
    pg_catalog.format_type(a.atttypid, null),
    case when a.atttypid in ('pg_catalog.varchar'::regtype, 'pg_catalog.bpchar'::regtype) and a.atttypmod > 4
        then a.atttypmod - 4
    end,
    coalesce(element.typname, base.typname)::text,
    coalesce(element.typcategory, base.typcategory)::text,
    element.oid is not null,
    a.attnotnull or (type.typtype = 'd' and type.typnotnull),
    a.attgenerated <> '' or a.attidentity = 'a',
    exists (
        select
        from pg_catalog.pg_index as i
        where i.indrelid = c.oid
            and i.indisprimary
            and a.attnum = any (i.indkey)
    )
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n
    on n.oid = c.relnamespace
join pg_catalog.pg_attribute as a
    on a.attrelid = c.oid
    and a.attnum > 0
    and not a.attisdropped
join pg_catalog.pg_type as type
    on type.oid = a.atttypid
join pg_catalog.pg_type as base
    on base.oid = case when type.typtype = 'd' then type.typbasetype else type.oid end
left join pg_catalog.pg_type as element
    on element.oid = base.typelem
    and base.typcategory = 'A'
where c.relkind in ('r', 'p')
    and not c.relispartition
    and c.relpersistence <> 't'
    and n.nspname <> 'information_schema'
    and n.nspname not like 'pg\_%'
    and not exists (
        select
        from pg_catalog.pg_depend as d
        where d.classid = 'pg_catalog.pg_class'::regclass
            and d.objid = c.oid
            and d.deptype = 'e'
    )
order by n.nspname, c.relname, a.attnum
