-- Implicit casts by a function between a domain and json or text: how its values look outside.
select
    format_type(castsource, null),
    format_type(casttarget, null),
    castfunc::regproc::text
from pg_cast
join pg_type as source on source.oid = castsource
join pg_type as target on target.oid = casttarget
where castcontext = 'i'
  and castmethod = 'f'
  and (
      source.typtype = 'd' and casttarget in ('json'::regtype, 'text'::regtype)
      or target.typtype = 'd' and castsource in ('json'::regtype, 'text'::regtype)
  )
