-- What the caller may use of a schema ($1), as one JSON object.
select json_build_object(
    'comment', (
        select obj_description(oid, 'pg_namespace')
        from pg_namespace
        where nspname = $1
    ),
    'relations', (
        select coalesce(json_agg(relation.relname), '[]')
        from pg_class as relation
        join pg_namespace as namespace on namespace.oid = relation.relnamespace
        where namespace.nspname = $1
          and relation.relkind in ('r', 'p', 'v', 'm', 'f')
          and (
              pg_has_role(relation.relowner, 'usage')
              or has_table_privilege(relation.oid, 'select, insert, update, delete, truncate, references, trigger')
              or has_any_column_privilege(relation.oid, 'select, insert, update, references')
          )
    ),
    'functions', (
        select coalesce(json_agg(distinct function.proname), '[]')
        from pg_proc as function
        join pg_namespace as namespace on namespace.oid = function.pronamespace
        where namespace.nspname = $1
          and has_function_privilege(function.oid, 'execute')
    )
)::text
