-- Functions of the exposed schemas ($1) that can be called by name: no triggers, aggregates or
-- procedures, and at most one argument without a name, of a type that a request's body can be.
select
    namespace.nspname::text,
    function.proname::text,
    obj_description(function.oid, 'pg_proc'),
    function.provolatile::text,
    function.proretset,
    innermost.type = 'void'::regtype,
    result.typtype = 'c'
        or exists (
            select
            from unnest(function.proargmodes) as mode
            where mode in ('o', 'b', 't')
        ),
    coalesce(result_relation.relname::text, result.typname::text),
    coalesce((
        select
            json_agg(
                json_build_object(
                    'name', coalesce(function.proargnames[argument.position], ''),
                    'type', format_type(argument.type, null),
                    -- Without their length these types take one character only.
                    'widest_type', case argument.type
                        when 'bit'::regtype then 'bit varying'
                        when 'bit[]'::regtype then 'bit varying[]'
                        when 'character'::regtype then 'character varying'
                        when 'character[]'::regtype then 'character varying[]'
                        else format_type(argument.type, null)
                    end,
                    'variadic', coalesce(function.proargmodes[argument.position] = 'v', false)
                )
                order by argument.position
            )
        from unnest(coalesce(function.proallargtypes, function.proargtypes::oid[]))
            with ordinality as argument (type, position)
        where coalesce(function.proargmodes[argument.position], 'i') in ('i', 'b', 'v')
    ), '[]')::text,
    function.pronargdefaults::int,
    coalesce(function.proconfig, '{}'),
    format_type(function.prorettype, null)
from pg_proc as function
join pg_namespace as namespace on namespace.oid = function.pronamespace
cross join lateral (
    with recursive layers (type, below) as (
        select oid, typbasetype
        from pg_type
        where oid = function.prorettype
        union all
        select pg_type.oid, pg_type.typbasetype
        from layers
        join pg_type on pg_type.oid = layers.below
    )
    select type
    from layers
    where below = 0
) as innermost
join pg_type as result on result.oid = innermost.type
left join pg_class as result_relation on result_relation.oid = result.typrelid
where namespace.nspname = any ($1)
  and function.prokind = 'f'
  and result.oid not in ('trigger'::regtype, 'event_trigger'::regtype)
order by 1, 2, function.oid
