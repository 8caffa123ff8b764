-- The ledger: one row for each applied revision of each component. Whoever finds it missing makes
-- it; the lock keeps two components of one database from doing so at the same moment.
do $$
begin
    perform pg_advisory_xact_lock(hashtextextended('tenantry.migrations', 0));
    if to_regclass('tenantry.migrations') is not null then
        return;
    end if;
    if to_regnamespace('tenantry') is null then
        create schema tenantry;
        comment on schema tenantry is 'What tenantry itself keeps about this database.';
    end if;
    create table tenantry.migrations (
        component text not null,
        revision integer not null check (revision > 0),
        name text not null,
        identifier text,
        version text,
        up_checksum text not null,
        down_checksum text,
        applied_at timestamptz not null default now(),
        applied_by text not null default session_user,
        duration_ms bigint not null check (duration_ms >= 0),
        -- A file without a transaction notes here how far it came.
        state text not null default 'applied' check (state in ('applied', 'applying', 'reverting')),
        statements_done integer not null default 0 check (statements_done >= 0),
        statements_checksum text,
        primary key (component, revision)
    );
    comment on table tenantry.migrations is
        'Applied revisions; checksums are the SHA-256 of the files in hex. Written by migrations only.';
end
$$;
