-- Schemas. $1: the names of the schemas to leave out.
select 'schema' as kind,
       format('%I', space.nspname) as identity,
       format(
           'owner %I, comment %L',
           pg_get_userbyid(space.nspowner),
           obj_description(space.oid, 'pg_namespace')
       ) as definition
from pg_namespace as space
where space.nspname !~ '^pg_'
  and space.nspname <> 'information_schema'
  and space.nspname <> all ($1)
  and not exists (
      select
      from pg_depend
      where classid = 'pg_namespace'::regclass and objid = space.oid and deptype = 'e'
  )
