-- Functions from a row of one relation to rows of another: they can be embedded like relations.
select
    function_schema.nspname::text,
    function.proname::text,
    source_schema.nspname::text,
    source.relname::text,
    target_schema.nspname::text,
    target.relname::text,
    not function.proretset or function.prorows = 1
from pg_proc as function
join pg_namespace as function_schema on function_schema.oid = function.pronamespace
join pg_class as source on source.reltype = function.proargtypes[0]
join pg_namespace as source_schema on source_schema.oid = source.relnamespace
join pg_class as target on target.reltype = function.prorettype
join pg_namespace as target_schema on target_schema.oid = target.relnamespace
where function.pronargs = 1
  and function.prokind = 'f'
  and source.relkind in ('r', 'p', 'v', 'm', 'f')
  and target.relkind in ('r', 'p', 'v', 'm', 'f')
  and source_schema.nspname = any ($1)
  and function_schema.nspname not in ('pg_catalog', 'information_schema')
order by function.oid
