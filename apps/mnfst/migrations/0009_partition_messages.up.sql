-- messages grows without end, so it becomes a table partitioned by month (UTC) on created_at: old
-- months can be detached and archived, and vacuum works on one month at a time.
--
-- The primary key has to contain created_at. Columns, policies, triggers, grants and index are those
-- that messages had; the rows move over. Nothing is granted on a partition: whoever reached one
-- directly would pass by the policies of messages.

alter table public.messages rename to messages_unpartitioned;
alter table public.messages_unpartitioned drop constraint messages_pkey;
drop index public.idx_messages_session_id;

create table public.messages (
    id uuid not null default gen_random_uuid(),
    session_id uuid not null,
    content text not null,
    role varchar(20) not null,
    "timestamp" timestamptz not null default now(),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    tenant_id uuid not null,
    constraint messages_pkey primary key (id, created_at),
    constraint messages_session_id_fkey
        foreign key (tenant_id, session_id) references public.sessions (tenant_id, id) on delete cascade,
    constraint messages_content_check check (char_length(content) between 1 and 100000),
    constraint messages_role_check check (role in ('user', 'assistant'))
) partition by range (created_at);

-- Takes what no month's partition covers. It should stay empty: rows in it mean that partitions
-- were not made ahead.
create table public.messages_default partition of public.messages default;
alter table public.messages_default enable row level security;
alter table public.messages_default force row level security;

comment on table public.messages_default is 'Messages of months that have no partition; empty when all is well.';

-- Makes the partitions of so many months, beginning with the month of first_day (UTC); returns the
-- names of those that it made. Rows that wait in the default partition move into theirs.
create function public.create_message_partitions(
    months integer default 4,
    first_day date default (now() at time zone 'UTC')::date
)
returns setof text
language plpgsql
security definer
set search_path = ''
as $$
declare
    month date;
    lower_bound timestamptz;
    upper_bound timestamptz;
    partition text;
    waiting boolean;
begin
    if months is null or months not between 1 and 1200 or first_day is null then
        raise exception 'months must be between 1 and 1200'
            using errcode = 'invalid_parameter_value';
    end if;
    perform pg_advisory_xact_lock(hashtextextended('public.create_message_partitions', 0));

    for number in 0 .. months - 1 loop
        month := (date_trunc('month', first_day::timestamp) + make_interval(months => number))::date;
        lower_bound := month::timestamp at time zone 'UTC';
        upper_bound := (month::timestamp + interval '1 month') at time zone 'UTC';
        partition := 'messages_' || to_char(month, 'YYYY_MM');
        continue when to_regclass(format('public.%I', partition)) is not null;

        -- Made beside the table and attached afterwards, which keeps readers and writers of the
        -- other months going.
        execute format(
            'create table public.%I (like public.messages including defaults including constraints including storage)',
            partition
        );
        execute format('alter table public.%I enable row level security', partition);
        execute format('alter table public.%I force row level security', partition);

        select exists (
            select
            from public.messages_default d
            where d.created_at >= lower_bound
                and d.created_at < upper_bound
        )
        into waiting;
        if waiting then
            -- Moving is no change of a message, so it leaves no trace in the trail.
            alter table public.messages_default disable trigger audit_messages;
            execute format(
                'with moved as ('
                '    delete from public.messages_default where created_at >= $1 and created_at < $2 returning *'
                ') insert into public.%I select * from moved',
                partition
            )
            using lower_bound, upper_bound;
            alter table public.messages_default enable trigger audit_messages;
        end if;

        execute format(
            'alter table public.messages attach partition public.%I for values from (%L) to (%L)',
            partition,
            lower_bound,
            upper_bound
        );
        return next partition;
    end loop;
end
$$;

comment on function public.create_message_partitions(integer, date) is 'Makes monthly partitions of messages ahead of time; for the maintenance job.';

revoke execute on function public.create_message_partitions(integer, date) from public;
grant execute on function public.create_message_partitions(integer, date) to service_role;

-- The months of the rows that there are (five years back at most, older ones stay in the default
-- partition), this month and the next three.
do $$
declare
    this_month constant timestamp := date_trunc('month', now() at time zone 'UTC');
    first_month timestamp;
begin
    select greatest(
        least(date_trunc('month', min(m.created_at) at time zone 'UTC'), this_month),
        this_month - interval '5 years'
    )
    into first_month
    from public.messages_unpartitioned m;

    perform public.create_message_partitions(
        (extract(year from age(this_month, first_month)) * 12 + extract(month from age(this_month, first_month)))::integer + 4,
        first_month::date
    );
end
$$;

insert into public.messages (id, session_id, content, role, "timestamp", created_at, updated_at, tenant_id)
select id, session_id, content, role, "timestamp", created_at, updated_at, tenant_id
from public.messages_unpartitioned;

drop table public.messages_unpartitioned;

create index idx_messages_session_id on public.messages (session_id, tenant_id, "timestamp");

comment on table public.messages is 'What was said in a chat, by the person and by the assistant.';
comment on column public.messages."timestamp" is 'When it was said; an import may set it, created_at is when the row was written.';
comment on column public.messages.tenant_id is 'The chat''s tenant; filled by a trigger.';

-- After the copy, so that moving the rows leaves no trace in the trail.
create trigger fill_messages_tenant_id
    before insert on public.messages
    for each row execute function public.fill_tenant_id_from_session();

create trigger update_messages_updated_at
    before update on public.messages
    for each row execute function public.update_updated_at();

create trigger audit_messages
    after insert or update or delete on public.messages
    for each row execute function public.write_audit_log('messages', 'content');

alter table public.messages enable row level security;
alter table public.messages force row level security;

grant select, insert, update, delete on public.messages to service_role;
grant select (id, session_id, role, "timestamp", tenant_id, created_at, updated_at)
    on public.messages
    to mnfst_analyst;
grant
    select,
    insert (id, session_id, content, role),
    update (content),
    delete
    on public.messages
    to authenticated;

create policy messages_select_own on public.messages
    for select to authenticated
    using (session_id = any (array(select s.id from public.sessions s where s.user_id = (select auth.uid()))));

-- What the assistant says is written by service_role only.
create policy messages_insert_own on public.messages
    for insert to authenticated
    with check (
        role = 'user'
        and session_id = any (array(select s.id from public.sessions s where s.user_id = (select auth.uid())))
    );

create policy messages_update_own on public.messages
    for update to authenticated
    using (
        role = 'user'
        and session_id = any (array(select s.id from public.sessions s where s.user_id = (select auth.uid())))
    )
    with check (
        role = 'user'
        and session_id = any (array(select s.id from public.sessions s where s.user_id = (select auth.uid())))
    );

create policy messages_delete_own on public.messages
    for delete to authenticated
    using (session_id = any (array(select s.id from public.sessions s where s.user_id = (select auth.uid()))));
