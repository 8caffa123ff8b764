-- A foreign key is served by an index whose first columns are the key's, in any order.
select format('%s.%s', conrelid::regclass, conname)
from pg_constraint
where contype = 'f'
  and connamespace::regnamespace::text not in ('auth', 'tenantry')
  and conparentid = 0
  and not exists (
      select
      from pg_index
      where indrelid = conrelid
        and indisvalid
        and indpred is null
        and (indkey::int2[])[0:cardinality(conkey) - 1] @> conkey
  )
order by 1
