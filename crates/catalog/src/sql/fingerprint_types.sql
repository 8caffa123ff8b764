-- Types that are not a table's own row type or an array, with the labels of enums.
-- $1: the names of the schemas to leave out.
select case typtype
           when 'e' then 'enum'
           when 'd' then 'domain'
           when 'c' then 'composite type'
           when 'r' then 'range'
           when 'm' then 'multirange'
           else 'type'
       end as kind,
       format('%I.%I', space.nspname, typname) as identity,
       concat_ws(
           ', ',
           format('owner %I', pg_get_userbyid(typowner)),
           (
               select string_agg(quote_literal(enumlabel), ' ' order by enumsortorder)
               from pg_enum
               where enumtypid = type.oid
           ),
           'over ' || format_type(nullif(typbasetype, 0), typtypmod),
           case
               when typtype = 'd' and typcollation <> 0 then format('collate %s', typcollation::regcollation)
           end,
           case when typnotnull then 'not null' end,
           'default ' || typdefault,
           (
               select format(
                   'of %s, operator class %s, canonical %s, difference %s',
                   format_type(rngsubtype, null), opcname, rngcanonical, rngsubdiff
               )
               from pg_range
               join pg_opclass on pg_opclass.oid = rngsubopc
               where rngtypid = type.oid
           ),
           case when typtype = 'b' then format('input %s, output %s', typinput, typoutput) end,
           'comment ' || quote_literal(obj_description(type.oid, 'pg_type'))
       ) as definition
from pg_type as type
join pg_namespace as space on space.oid = type.typnamespace
left join pg_class as class on class.oid = typrelid
where space.nspname !~ '^pg_'
  and space.nspname <> 'information_schema'
  and space.nspname <> all ($1)
  and (typrelid = 0 or class.relkind = 'c')
  and typcategory <> 'A'
  and not exists (
      select
      from pg_depend
      where classid = 'pg_type'::regclass and objid = type.oid and deptype = 'e'
  )
