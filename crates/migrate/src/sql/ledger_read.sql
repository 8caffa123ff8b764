select revision,
       name,
       identifier,
       version,
       up_checksum,
       down_checksum,
       to_char(applied_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as applied_at,
       applied_by,
       duration_ms,
       state,
       statements_done,
       statements_checksum
from tenantry.migrations
where component = $1
order by revision
