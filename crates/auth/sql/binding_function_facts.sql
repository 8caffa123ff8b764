-- The functions $1.$2: the types of their arguments, and names and types of the columns they answer.
select
    array(
        select format_type(argument, null)
        from unnest(p.proargtypes) as argument
    ),
    coalesce(output.names, '{}'),
    coalesce(output.types, '{}')
from pg_catalog.pg_proc as p
join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
cross join lateral (
    select
        array_agg(argument.name) as names,
        array_agg(format_type(argument.type, null)) as types
    from unnest(p.proargnames, p.proargmodes, p.proallargtypes) as argument (name, mode, type)
    where argument.mode in ('o', 'b', 't')
) as output
where n.nspname = $1
and p.proname = $2
