-- Functions of the exposed schemas ($1) that can be called: no triggers, aggregates or procedures.
select
    namespace.nspname::text,
    function.proname::text,
    function.provolatile = 'v',
    function.proretset,
    result.typtype::text,
    result.oid = 'void'::regtype,
    coalesce(result_relation.relname::text, ''),
    coalesce(result_schema.nspname::text, ''),
    coalesce(exists (
        select
        from unnest(function.proargmodes) as mode
        where mode in ('o', 'b', 't')
    ), false),
    coalesce((
        select
            json_agg(
                json_build_object(
                    'name', coalesce(function.proargnames[argument.position], ''),
                    'type', format_type(argument.type, null),
                    'variadic', coalesce(function.proargmodes[argument.position] = 'v', false)
                )
                order by argument.position
            )
        from unnest(coalesce(function.proallargtypes, function.proargtypes::oid[]))
            with ordinality as argument (type, position)
        where coalesce(function.proargmodes[argument.position], 'i') in ('i', 'b', 'v')
    ), '[]')::text,
    function.pronargdefaults::int
from pg_proc as function
join pg_namespace as namespace on namespace.oid = function.pronamespace
join pg_type as result on result.oid = function.prorettype
left join pg_class as result_relation
    on result_relation.oid = result.typrelid
    and result_relation.relkind in ('r', 'p', 'v', 'm', 'f')
left join pg_namespace as result_schema on result_schema.oid = result_relation.relnamespace
where namespace.nspname = any ($1)
  and function.prokind = 'f'
  and result.oid not in ('trigger'::regtype, 'event_trigger'::regtype)
order by 1, 2, function.oid
