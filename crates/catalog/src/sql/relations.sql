-- Tables and views of the exposed schemas ($1) with their columns, one row each. Partitions are
-- hidden: they are reached through their table. Without a search path, every type is written with
-- its schema.
select
    relation.oid,
    namespace.nspname::text,
    relation.relname::text,
    relation.relkind::text,
    obj_description(relation.oid, 'pg_class'),
    coalesce(columns.list, '[]')::text,
    -- The bits are PostgreSQL's numbers of commands: 2 update, 3 insert, 4 delete.
    case when relation.relkind in ('r', 'p') then 28 else pg_relation_is_updatable(relation.oid, true) end,
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
                'name', attribute.attname,
                'type', format_type(attribute.atttypid, attribute.atttypmod),
                'general_type', case
                    when own_type.typtype = 'd' and base.typnamespace = 'pg_catalog'::regnamespace
                        then format_type(own_type.typbasetype, null)
                    when own_type.typtype <> 'd' and own_type.typnamespace = 'pg_catalog'::regnamespace
                        then format_type(attribute.atttypid, null)
                    else format_type(attribute.atttypid, attribute.atttypmod)
                end,
                'base_type', format_type(innermost.type, null),
                'nullable', not (attribute.attnotnull or own_type.typtype = 'd' and own_type.typnotnull),
                'default', case
                    when own_type.typbasetype <> 0 and adbin is null then pg_get_expr(own_type.typdefaultbin, 0)
                    when attribute.attidentity = 'd' then (
                        select format('nextval(%L)', format('%I.%I', namespace.nspname, sequence.relname))
                        from pg_depend as dependency
                        join pg_class as sequence on sequence.oid = dependency.objid
                        where dependency.classid = 'pg_class'::regclass
                          and dependency.refclassid = 'pg_class'::regclass
                          and dependency.refobjid = relation.oid
                          and dependency.refobjsubid = attribute.attnum
                          and dependency.deptype = 'i'
                          and sequence.relkind = 'S'
                    )
                    when attribute.attgenerated <> '' then null
                    else pg_get_expr(adbin, adrelid)
                end,
                'longest', case
                    when attribute.atttypid in ('varchar'::regtype, 'bpchar'::regtype)
                        and attribute.atttypmod > 4
                        then attribute.atttypmod - 4
                    when own_type.typtype = 'd'
                        and own_type.typbasetype in ('varchar'::regtype, 'bpchar'::regtype)
                        and own_type.typtypmod > 4
                        then own_type.typtypmod - 4
                end,
                'labels', coalesce((
                    select json_agg(enumlabel order by enumsortorder)
                    from pg_enum
                    where enumtypid = innermost.type
                ), '[]'),
                'generated', attribute.attgenerated <> '' or attribute.attidentity = 'a',
                'comment', col_description(relation.oid, attribute.attnum)
            )
            order by attribute.attnum
        ) as list
    from pg_attribute as attribute
    join pg_type as own_type on own_type.oid = attribute.atttypid
    left join pg_type as base on base.oid = own_type.typbasetype
    left join pg_attrdef on adrelid = attrelid and adnum = attnum
    cross join lateral (
        with recursive layers (type, below) as (
            select own_type.oid, own_type.typbasetype
            union all
            select pg_type.oid, pg_type.typbasetype
            from layers
            join pg_type on pg_type.oid = layers.below
        )
        select type
        from layers
        where below = 0
    ) as innermost
    where attribute.attrelid = relation.oid
      and attribute.attnum > 0
      and not attribute.attisdropped
) as columns on true
where namespace.nspname = any ($1)
  and relation.relkind in ('r', 'p', 'v', 'm', 'f')
  and not relation.relispartition
order by 2, 3
