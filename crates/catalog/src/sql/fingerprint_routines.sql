-- Functions, procedures and aggregates. $1: the names of the schemas to leave out.
select case routine.prokind
           when 'a' then 'aggregate'
           when 'p' then 'procedure'
           when 'w' then 'window function'
           else 'function'
       end as kind,
       format(
           '%I.%I(%s)',
           space.nspname,
           routine.proname,
           pg_get_function_identity_arguments(routine.oid)
       ) as identity,
       concat_ws(
           ', ',
           format('owner %I', pg_get_userbyid(routine.proowner)),
           'comment ' || quote_literal(obj_description(routine.oid, 'pg_proc')),
           case
               when routine.prokind <> 'a' then pg_get_functiondef(routine.oid)
               else concat_ws(
                   ' ',
                   'returns ' || pg_get_function_result(routine.oid),
                   'transition', aggtransfn::text, format_type(aggtranstype, null), aggtransspace,
                   'final', aggfinalfn::text, aggfinalmodify, aggfinalextra,
                   'combine', aggcombinefn::text,
                   'serial', aggserialfn::text, aggdeserialfn::text,
                   'moving', aggmtransfn::text, aggminvtransfn::text, aggmfinalfn::text,
                   format_type(nullif(aggmtranstype, 0), null), aggmtransspace, aggmfinalmodify, aggmfinalextra,
                   'initial', quote_nullable(agginitval), quote_nullable(aggminitval),
                   'sort operator', aggsortop::regoperator::text,
                   'kind', aggkind, aggnumdirectargs,
                   'parallel', routine.proparallel
               )
           end
       ) as definition
from pg_proc as routine
join pg_namespace as space on space.oid = routine.pronamespace
left join pg_aggregate on aggfnoid = routine.oid
where space.nspname !~ '^pg_'
  and space.nspname <> 'information_schema'
  and space.nspname <> all ($1)
  and not exists (
      select
      from pg_depend
      where classid = 'pg_proc'::regclass and objid = routine.oid and deptype = 'e'
  )
