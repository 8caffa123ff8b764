-- tenantry: version 1.5.0
-- Who was erased, and when. A backup may be older than an erasure, so erasures are done again after
-- a restore; for that the id has to be known. Nothing else about the person is.

create table auth.erasures (
    user_id uuid primary key,
    erased_at timestamptz not null default now(),
    counts jsonb not null default '{}' check (jsonb_typeof(counts) = 'object')
);

comment on table auth.erasures is
    'People who were erased: only the id, the time, and how many rows of which table.';
