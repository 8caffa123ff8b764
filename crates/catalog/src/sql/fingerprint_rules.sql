-- What belongs to a relation or a domain: constraints, policies, triggers, rules and statistics.
-- $1: the names of the schemas to leave out.
with relations as materialized (
    select class.oid,
           format('%I.%I', space.nspname, class.relname) as identity
    from pg_class as class
    join pg_namespace as space on space.oid = class.relnamespace
    where space.nspname !~ '^pg_'
      and space.nspname <> 'information_schema'
      and space.nspname <> all ($1)
      and not exists (
          select
          from pg_depend
          where classid = 'pg_class'::regclass and objid = class.oid and deptype = 'e'
      )
),
roles as (
    select oid, rolname from pg_roles
    union all
    select 0, 'public'
)
select 'constraint' as kind,
       format('%s.%I', coalesce(relations.identity, format_type(contypid, null)), conname) as identity,
       concat_ws(
           ', ',
           pg_get_constraintdef(con.oid),
           case when condeferrable then 'deferrable' end,
           case when condeferred then 'deferred' end,
           case when not convalidated then 'not validated' end,
           case when not conislocal then 'inherited' end,
           'comment ' || quote_literal(obj_description(con.oid, 'pg_constraint'))
       ) as definition
from pg_constraint as con
left join relations on relations.oid = conrelid
left join pg_type as type on type.oid = contypid
left join pg_namespace as space on space.oid = type.typnamespace
where relations.oid is not null
   or (
       conrelid = 0
       and space.nspname !~ '^pg_'
       and space.nspname <> 'information_schema'
       and space.nspname <> all ($1)
       and not exists (
           select
           from pg_depend
           where classid = 'pg_type'::regclass and objid = contypid and deptype = 'e'
       )
   )

union all
select 'policy',
       format('%s.%I', identity, polname),
       concat_ws(
           ' ',
           case when polpermissive then 'permissive' else 'restrictive' end,
           case polcmd
               when 'r' then 'select'
               when 'a' then 'insert'
               when 'w' then 'update'
               when 'd' then 'delete'
               else 'all'
           end,
           'to ' || (
               select string_agg(quote_ident(rolname), ', ' order by rolname)
               from roles
               where roles.oid = any (polroles)
           ),
           'using (' || pg_get_expr(polqual, polrelid) || ')',
           'with check (' || pg_get_expr(polwithcheck, polrelid) || ')',
           'comment ' || quote_literal(obj_description(policy.oid, 'pg_policy'))
       )
from pg_policy as policy
join relations on relations.oid = polrelid

union all
select 'trigger',
       format('%s.%I', identity, tgname),
       concat_ws(
           ', ',
           pg_get_triggerdef(trigger.oid),
           case tgenabled when 'O' then 'enabled' when 'D' then 'disabled' when 'R' then 'on replicas' else 'always' end,
           case when tgparentid <> 0 then 'from the parent' end,
           'comment ' || quote_literal(obj_description(trigger.oid, 'pg_trigger'))
       )
from pg_trigger as trigger
join relations on relations.oid = tgrelid
where not tgisinternal

union all
select 'rule',
       format('%s.%I', identity, rulename),
       concat_ws(', ', pg_get_ruledef(rule.oid), case when ev_enabled <> 'O' then format('enabled %s', ev_enabled) end)
from pg_rewrite as rule
join relations on relations.oid = ev_class
where rulename <> '_RETURN'

union all
select 'statistics',
       format('%I.%I', space.nspname, stxname),
       format('owner %I, %s', pg_get_userbyid(stxowner), pg_get_statisticsobjdef(statistic.oid))
from pg_statistic_ext as statistic
join relations on relations.oid = stxrelid
join pg_namespace as space on space.oid = stxnamespace
