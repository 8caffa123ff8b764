-- What makes a media type of its own: an aggregate over rows that returns a domain named like the
-- type, or a function that returns such a domain. $1: the exposed schemas.
with
media_types as (
    select
        pg_type.oid,
        pg_type.typname::text as name,
        exists (
            with recursive layers (type, below) as (
                select pg_type.oid, pg_type.typbasetype
                union all
                select lower_type.oid, lower_type.typbasetype
                from layers
                join pg_type as lower_type on lower_type.oid = layers.below
            )
            select
            from layers
            where type = 'bytea'::regtype
        ) as is_binary
    from pg_type
    where typtype = 'd'
      and (typname ~ '^[A-Za-z0-9.-]+/[A-Za-z0-9.+-]+$' or typname = '*/*')
)
select
    true as is_aggregate,
    home.nspname::text,
    handler.proname::text,
    case when argument.typname = 'anyelement' then null else argument_schema.nspname::text end,
    case when argument.typname = 'anyelement' then null else argument.typname::text end,
    media_types.name,
    media_types.is_binary
from media_types
join pg_proc as handler on handler.prorettype = media_types.oid
join pg_aggregate on aggfnoid = handler.oid
join pg_namespace as home on home.oid = handler.pronamespace
join pg_type as argument on argument.oid = handler.proargtypes[0]
join pg_namespace as argument_schema on argument_schema.oid = argument.typnamespace
where home.nspname = any ($1)
  and handler.pronargs = 1
  and (argument.typrelid <> 0 or argument.typname = 'anyelement')
union all
select
    false,
    home.nspname::text,
    handler.proname::text,
    home.nspname::text,
    handler.proname::text,
    media_types.name,
    media_types.is_binary
from media_types
join pg_proc as handler on handler.prorettype = media_types.oid
join pg_namespace as home on home.oid = handler.pronamespace
where home.nspname = any ($1)
  and handler.prokind = 'f'
  and not handler.proretset
