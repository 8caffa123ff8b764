-- Tables, indexes, views, sequences and composite types as relations, their columns, and the
-- definitions of views, indexes and sequences. $1: the names of the schemas to leave out.
with relations as materialized (
    select class.*,
           format('%I.%I', space.nspname, class.relname) as identity
    from pg_class as class
    join pg_namespace as space on space.oid = class.relnamespace
    where space.nspname !~ '^pg_'
      and space.nspname <> 'information_schema'
      and space.nspname <> all ($1)
      and not exists (
          select
          from pg_depend
          where classid = 'pg_class'::regclass
            and objid = coalesce(
                (select indrelid from pg_index where indexrelid = class.oid),
                class.oid
            )
            and deptype = 'e'
      )
)
select 'relation' as kind,
       identity,
       concat_ws(
           ', ',
           case relkind
               when 'r' then 'table'
               when 'p' then 'partitioned table'
               when 'i' then 'index'
               when 'I' then 'partitioned index'
               when 'v' then 'view'
               when 'm' then 'materialized view'
               when 'S' then 'sequence'
               when 'f' then 'foreign table'
               when 'c' then 'composite type'
               else relkind::text
           end,
           format('owner %I', pg_get_userbyid(relowner)),
           case relpersistence when 'u' then 'unlogged' when 't' then 'temporary' end,
           case when relrowsecurity then 'row security' end,
           case when relforcerowsecurity then 'forced row security' end,
           case when relkind = 'm' and not relispopulated then 'not populated' end,
           'options ' || (select string_agg(option, ' ' order by option) from unnest(reloptions) as option),
           'replica identity ' || nullif(relreplident::text, case when relkind in ('r', 'p') then 'd' else 'n' end),
           'of type ' || format_type(nullif(reloftype, 0), null),
           'tablespace ' || (select quote_ident(spcname) from pg_tablespace where oid = reltablespace),
           'partitioned by ' || pg_get_partkeydef(oid),
           'partition ' || pg_get_expr(relpartbound, oid),
           'inherits ' || (
               select string_agg(format('%I.%I', space.nspname, parent.relname), ' ' order by inhseqno)
               from pg_inherits
               join pg_class as parent on parent.oid = inhparent
               join pg_namespace as space on space.oid = parent.relnamespace
               where inhrelid = relations.oid
           ),
           'comment ' || quote_literal(obj_description(oid, 'pg_class'))
       ) as definition
from relations

union all
select 'column',
       format('%s.%I', identity, attribute.attname),
       concat_ws(
           ', ',
           -- Counted without dropped columns, which leave holes in attnum.
           'number ' || row_number() over (partition by attrelid order by attnum),
           format_type(atttypid, atttypmod),
           case when attcollation <> type.typcollation then format('collate %s', attcollation::regcollation) end,
           case when attnotnull then 'not null' end,
           case attidentity when 'a' then 'identity always' when 'd' then 'identity by default' end,
           case attgenerated
               when 's' then 'generated stored '
               when 'v' then 'generated virtual '
               else 'default '
           end || pg_get_expr(adbin, adrelid),
           case when attstorage <> typstorage then format('storage %s', attstorage) end,
           'compression ' || nullif(attcompression::text, ''),
           case when not attislocal then 'inherited' end,
           'options ' || array_to_string(attoptions, ' '),
           case when attstattarget >= 0 then format('statistics %s', attstattarget) end,
           'comment ' || quote_literal(col_description(attrelid, attnum))
       )
from relations
join pg_attribute as attribute on attrelid = relations.oid and attnum > 0 and not attisdropped
join pg_type as type on type.oid = atttypid
left join pg_attrdef on adrelid = attrelid and adnum = attnum
where relkind in ('r', 'p', 'v', 'm', 'f', 'c')

union all
select 'view', identity, pg_get_viewdef(oid)
from relations
where relkind in ('v', 'm')

union all
select 'index',
       identity,
       concat_ws(
           ', ',
           pg_get_indexdef(indexrelid),
           case when not indisvalid then 'invalid' end,
           case when not indisready then 'not ready' end,
           case when indisclustered then 'clustered' end,
           case when indisreplident then 'replica identity' end
       )
from relations
join pg_index on indexrelid = oid

union all
select 'sequence',
       identity,
       format(
           '%s start %s min %s max %s increment %s cache %s cycle %s owned by %s',
           format_type(seqtypid, null), seqstart, seqmin, seqmax, seqincrement, seqcache, seqcycle,
           coalesce(
               (
                   select pg_describe_object(refclassid, refobjid, refobjsubid)
                   from pg_depend
                   where classid = 'pg_class'::regclass and objid = seqrelid and deptype in ('a', 'i')
                     and refclassid = 'pg_class'::regclass and refobjsubid > 0
               ),
               'nothing'
           )
       )
from relations
join pg_sequence on seqrelid = oid
