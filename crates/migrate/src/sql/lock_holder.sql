select coalesce(
           string_agg(
               format(
                   'process %s, %s, connected since %s',
                   activity.pid,
                   coalesce(nullif(activity.application_name, ''), 'a program without a name'),
                   to_char(activity.backend_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
               ),
               '; '
           ),
           'which has just let go'
       )
from pg_locks as locks
join pg_stat_activity as activity on activity.pid = locks.pid
join pg_database as database on database.oid = locks.database
where locks.locktype = 'advisory'
  and locks.granted
  and locks.objsubid = 1
  and database.datname = current_database()
  and ((locks.classid::bigint << 32) | locks.objid::bigint) = $1
