-- Who may do what: one line for each object, role and grantor. An object without an ACL has the
-- default one, so that a grant that was taken back leaves no trace. $1: schemas to leave out.
with spaces as materialized (
    select oid, nspname
    from pg_namespace
    where nspname !~ '^pg_'
      and nspname <> 'information_schema'
      and nspname <> all ($1)
),
objects as (
    select 'pg_namespace'::regclass::oid as catalog, space.oid, 'schema' as kind,
           format('%I', nspname) as identity,
           coalesce(nspacl, acldefault('n', nspowner)) as acl
    from pg_namespace as space
    join spaces using (oid, nspname)

    union all
    select 'pg_class'::regclass, class.oid,
           case relkind when 'S' then 'sequence' else 'relation' end,
           format('%I.%I', nspname, relname),
           coalesce(relacl, acldefault(case relkind when 'S' then 's' else 'r' end::"char", relowner))
    from pg_class as class
    join spaces on spaces.oid = relnamespace
    where relkind in ('r', 'p', 'v', 'm', 'f', 'S')

    union all
    select 'pg_class'::regclass, class.oid, 'column',
           format('%I.%I.%I', nspname, relname, attname),
           attacl
    from pg_class as class
    join spaces on spaces.oid = relnamespace
    join pg_attribute on attrelid = class.oid
    where attacl is not null and attnum > 0 and not attisdropped

    union all
    select 'pg_proc'::regclass, routine.oid, 'routine',
           format('%I.%I(%s)', nspname, proname, pg_get_function_identity_arguments(routine.oid)),
           coalesce(proacl, acldefault('f', proowner))
    from pg_proc as routine
    join spaces on spaces.oid = pronamespace

    union all
    select 'pg_type'::regclass, type.oid, 'type',
           format('%I.%I', nspname, typname),
           coalesce(typacl, acldefault('T', typowner))
    from pg_type as type
    join spaces on spaces.oid = typnamespace
    left join pg_class as class on class.oid = typrelid
    where (typrelid = 0 or class.relkind = 'c') and typcategory <> 'A'

    union all
    select 'pg_language'::regclass, language.oid, 'language',
           format('%I', lanname),
           coalesce(lanacl, acldefault('l', lanowner))
    from pg_language as language
    where lanispl

    union all
    select 'pg_foreign_data_wrapper'::regclass, wrapper.oid, 'foreign data wrapper',
           format('%I', fdwname),
           coalesce(fdwacl, acldefault('F', fdwowner))
    from pg_foreign_data_wrapper as wrapper

    union all
    select 'pg_foreign_server'::regclass, server.oid, 'foreign server',
           format('%I', srvname),
           coalesce(srvacl, acldefault('S', srvowner))
    from pg_foreign_server as server
)
select 'grant' as kind,
       format(
           '%s %s to %s by %I',
           objects.kind,
           identity,
           case grantee when 0 then 'PUBLIC' else quote_ident(pg_get_userbyid(grantee)) end,
           pg_get_userbyid(grantor)
       ) as identity,
       string_agg(
           privilege_type || case when is_grantable then ' with grant option' else '' end,
           ', '
           order by privilege_type
       ) as definition
from objects
cross join lateral aclexplode(acl)
where not exists (
    select
    from pg_depend
    where classid = objects.catalog and objid = objects.oid and deptype = 'e'
)
group by objects.kind, identity, grantee, grantor
