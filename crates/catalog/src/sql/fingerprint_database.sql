-- What belongs to the database rather than to a relation: extensions, default privileges,
-- publications, event triggers, and rarer objects. $1: the names of the schemas to leave out.
select 'extension' as kind,
       format('%I', extname) as identity,
       format('schema %I', nspname) as definition
from pg_extension
join pg_namespace as space on space.oid = extnamespace

union all
select 'default privileges',
       concat_ws(
           ' ',
           'for', quote_ident(pg_get_userbyid(defaclrole)),
           'in ' || quote_ident(nspname),
           'on ' || case defaclobjtype
               when 'r' then 'tables'
               when 'S' then 'sequences'
               when 'f' then 'functions'
               when 'T' then 'types'
               when 'n' then 'schemas'
               else defaclobjtype::text
           end
       ),
       (select string_agg(item::text, ' ' order by item::text) from unnest(defaclacl) as item)
from pg_default_acl
left join pg_namespace as space on space.oid = defaclnamespace
where nspname is null or nspname <> all ($1)

union all
select 'publication',
       format('%I', pubname),
       concat_ws(
           ', ',
           format('owner %I', pg_get_userbyid(pubowner)),
           (to_jsonb(publication) - array['oid', 'pubname', 'pubowner'])::text
       )
from pg_publication as publication

union all
select 'publication table',
       format('%I of %I.%I', pubname, space.nspname, relname),
       concat_ws(
           ' ',
           'columns ' || (
               select string_agg(quote_ident(attname), ', ' order by attname)
               from pg_attribute
               where attrelid = prrelid and attnum = any (prattrs::int2[])
           ),
           'where ' || pg_get_expr(prqual, prrelid)
       )
from pg_publication_rel
join pg_publication as publication on publication.oid = prpubid
join pg_class as class on class.oid = prrelid
join pg_namespace as space on space.oid = relnamespace

union all
select 'publication schema', format('%I of %I', pubname, nspname), ''
from pg_publication_namespace
join pg_publication as publication on publication.oid = pnpubid
join pg_namespace as space on space.oid = pnnspid

union all
select 'event trigger',
       format('%I', evtname),
       format(
           'owner %I, on %s, function %s, enabled %s, tags %s',
           pg_get_userbyid(evtowner), evtevent, evtfoid::regprocedure, evtenabled, evttags
       )
from pg_event_trigger as event
where not exists (
    select
    from pg_depend
    where classid = 'pg_event_trigger'::regclass and objid = event.oid and deptype = 'e'
)

union all
select 'cast',
       format('%s as %s', format_type(castsource, null), format_type(casttarget, null)),
       format('function %s, context %s, method %s', castfunc::regprocedure, castcontext, castmethod)
from pg_cast as conversion
where oid >= 16384
  and not exists (
      select
      from pg_depend
      where classid = 'pg_cast'::regclass and objid = conversion.oid and deptype = 'e'
  )

union all
select 'operator',
       format('%I.%s', nspname, operator.oid::regoperator),
       format(
           'owner %I, function %s, result %s, commutator %s, negator %s, restrict %s, join %s, merges %s, hashes %s',
           pg_get_userbyid(oprowner), oprcode, format_type(oprresult, null), oprcom::regoperator,
           oprnegate::regoperator, oprrest, oprjoin, oprcanmerge, oprcanhash
       )
from pg_operator as operator
join pg_namespace as space on space.oid = oprnamespace
where nspname !~ '^pg_'
  and nspname <> 'information_schema'
  and nspname <> all ($1)
  and not exists (
      select
      from pg_depend
      where classid = 'pg_operator'::regclass and objid = operator.oid and deptype = 'e'
  )

union all
select 'collation',
       format('%I.%I', nspname, collname),
       concat_ws(
           ', ',
           format('owner %I', pg_get_userbyid(collowner)),
           -- The version is the operating system's, not the schema's.
           (to_jsonb(collation_row)
               - array['oid', 'collname', 'collnamespace', 'collowner', 'collversion'])::text
       )
from pg_collation as collation_row
join pg_namespace as space on space.oid = collnamespace
where nspname !~ '^pg_'
  and nspname <> 'information_schema'
  and nspname <> all ($1)
  and not exists (
      select
      from pg_depend
      where classid = 'pg_collation'::regclass and objid = collation_row.oid and deptype = 'e'
  )

union all
select 'text search configuration',
       format('%I.%I', nspname, cfgname),
       concat_ws(
           ', ',
           format('owner %I', pg_get_userbyid(cfgowner)),
           (
               select string_agg(
                   format('%s %s %s', maptokentype, mapseqno, mapdict::regdictionary),
                   '; '
                   order by maptokentype, mapseqno
               )
               from pg_ts_config_map
               where mapcfg = configuration.oid
           )
       )
from pg_ts_config as configuration
join pg_namespace as space on space.oid = cfgnamespace
where nspname !~ '^pg_'
  and nspname <> 'information_schema'
  and nspname <> all ($1)
  and not exists (
      select
      from pg_depend
      where classid = 'pg_ts_config'::regclass and objid = configuration.oid and deptype = 'e'
  )

union all
select 'text search dictionary',
       format('%I.%I', nspname, dictname),
       format(
           'owner %I, template %s, options %s',
           pg_get_userbyid(dictowner),
           (select tmplname from pg_ts_template as template where template.oid = dicttemplate),
           dictinitoption
       )
from pg_ts_dict as dictionary
join pg_namespace as space on space.oid = dictnamespace
where nspname !~ '^pg_'
  and nspname <> 'information_schema'
  and nspname <> all ($1)
  and not exists (
      select
      from pg_depend
      where classid = 'pg_ts_dict'::regclass and objid = dictionary.oid and deptype = 'e'
  )

union all
select 'foreign server',
       format('%I', srvname),
       format(
           'owner %I, wrapper %I, type %s, version %s',
           pg_get_userbyid(srvowner), fdwname, srvtype, srvversion
       )
from pg_foreign_server
join pg_foreign_data_wrapper as wrapper on wrapper.oid = srvfdw
