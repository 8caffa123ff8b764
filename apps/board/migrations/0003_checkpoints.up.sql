-- tenantry: version 1.2.0
-- State of a running deliberation, in the layout of LangGraph's PostgreSQL checkpointer
-- (langgraph-checkpoint-postgres 3.2.0, its migrations 0 to 9), so that a LangGraph program can
-- read and continue one. Names, types and defaults are that library's. Ours are three things:
-- thread_id references a deliberation, so that no state outlives it; expires_at, which the
-- library's statements never name and which therefore has a default; and the rights.

create table public.checkpoint_migrations (
    v integer primary key
);

-- The library runs what is newer than the highest number here. All of it is in this revision.
insert into public.checkpoint_migrations (v)
select generate_series(0, 9);

create table public.checkpoints (
    thread_id text not null
        references public.sessions (id) on delete cascade,
    checkpoint_ns text not null default '',
    checkpoint_id text not null,
    parent_checkpoint_id text,
    type text,
    checkpoint jsonb not null,
    metadata jsonb not null default '{}',
    expires_at timestamptz default (now() + interval '30 days'),
    primary key (thread_id, checkpoint_ns, checkpoint_id)
);

create index checkpoints_thread_id_idx on public.checkpoints (thread_id);
create index checkpoints_expires_at_idx on public.checkpoints (expires_at);

create table public.checkpoint_blobs (
    thread_id text not null
        references public.sessions (id) on delete cascade,
    checkpoint_ns text not null default '',
    channel text not null,
    version text not null,
    type text not null,
    blob bytea,
    primary key (thread_id, checkpoint_ns, channel, version)
);

create index checkpoint_blobs_thread_id_idx on public.checkpoint_blobs (thread_id);

create table public.checkpoint_writes (
    thread_id text not null
        references public.sessions (id) on delete cascade,
    checkpoint_ns text not null default '',
    checkpoint_id text not null,
    task_id text not null,
    idx integer not null,
    channel text not null,
    type text,
    blob bytea not null,
    task_path text not null default '',
    primary key (thread_id, checkpoint_ns, checkpoint_id, task_id, idx)
);

create index checkpoint_writes_thread_id_idx on public.checkpoint_writes (thread_id);

comment on table public.checkpoints is
    'One state of a deliberation per step, as LangGraph writes it. thread_id = sessions.id.';
comment on column public.checkpoints.expires_at is
    'When this state may go; null keeps it. A deliberation''s state goes as a whole, once its last checkpoint has expired.';
comment on table public.checkpoint_blobs is
    'Values of a state''s channels, shared by the checkpoints that name their version.';
comment on table public.checkpoint_writes is
    'What the tasks of a step wrote before the step was complete.';
comment on table public.checkpoint_migrations is
    'The migrations of LangGraph''s checkpointer that this schema contains.';

-- Blobs are shared between a thread's checkpoints, so a thread goes whole or not at all.
create function public.purge_expired_checkpoints()
returns integer
language plpgsql
set search_path = ''
as $$
declare
    expired text[];
begin
    select array_agg(threads.thread_id)
    into expired
    from (
        select distinct checkpoints.thread_id
        from public.checkpoints
        where checkpoints.expires_at <= now()
    ) as threads
    where not exists (
        select
        from public.checkpoints
        where checkpoints.thread_id = threads.thread_id
            and (checkpoints.expires_at is null or checkpoints.expires_at > now())
    );

    delete from public.checkpoint_writes where thread_id = any (expired);
    delete from public.checkpoint_blobs where thread_id = any (expired);
    delete from public.checkpoints where thread_id = any (expired);
    return coalesce(cardinality(expired), 0);
end
$$;

comment on function public.purge_expired_checkpoints() is
    'Deletes the state of deliberations whose checkpoints have all expired; says of how many.';

alter table public.checkpoint_migrations enable row level security;
alter table public.checkpoint_migrations force row level security;
alter table public.checkpoints enable row level security;
alter table public.checkpoints force row level security;
alter table public.checkpoint_blobs enable row level security;
alter table public.checkpoint_blobs force row level security;
alter table public.checkpoint_writes enable row level security;
alter table public.checkpoint_writes force row level security;

revoke execute on function public.purge_expired_checkpoints() from public;
grant execute on function public.purge_expired_checkpoints() to service_role;

-- State holds what people asked and every persona's prompt: the service's only. Forced row
-- security without a policy keeps it so even if somebody grants more by mistake.
grant select, insert, update, delete
    on public.checkpoint_migrations,
       public.checkpoints,
       public.checkpoint_blobs,
       public.checkpoint_writes
    to service_role;
