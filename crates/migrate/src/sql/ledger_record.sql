insert into tenantry.migrations as ledger
    (component, revision, name, identifier, version, up_checksum, down_checksum, duration_ms, state)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (component, revision) do update
set name = excluded.name,
    identifier = excluded.identifier,
    version = excluded.version,
    up_checksum = excluded.up_checksum,
    down_checksum = excluded.down_checksum,
    applied_at = excluded.applied_at,
    applied_by = excluded.applied_by,
    duration_ms = ledger.duration_ms + excluded.duration_ms,
    state = excluded.state
