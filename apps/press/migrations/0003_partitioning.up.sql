-- tenantry: version 1.2.0
-- The audit trail by month: old months can be archived whole, and a query for last week reads one
-- or two partitions. A partitioned table's key has to hold what it is partitioned by, so the key
-- becomes (id, created_at); ids go on from the same sequence and every row is carried over.

lock table public.audit_logs in access exclusive mode;

alter table public.audit_logs rename to audit_logs_before;

create table public.audit_logs (
    id bigint
        constraint audit_logs_id_not_null not null
        default nextval('public.audit_logs_id_seq'),
    user_id uuid,
    action varchar(50)
        constraint audit_logs_action_not_null not null,
    entity_type varchar(50),
    entity_id uuid,
    old_values jsonb,
    new_values jsonb,
    ip_address inet,
    created_at timestamptz
        constraint audit_logs_created_at_not_null not null
        default current_timestamp,

    constraint audit_logs_action_check
        check (action ~ '^[a-z][a-z0-9_.:-]*$'),
    constraint audit_logs_old_values_check
        check (jsonb_typeof(old_values) = 'object'),
    constraint audit_logs_new_values_check
        check (jsonb_typeof(new_values) = 'object')
)
partition by range (created_at);


-- Partitions ----------------------------------------------------------------------------------------

-- A right on a partition would be a way around the policy of audit_logs: a partition that is asked
-- directly has only its own row security. So nobody is granted any, and each has row security on
-- without a policy, in case somebody ever is.

-- Makes the partition of the month that a time lies in and says whether it was missing. It is filled
-- before it is attached, which needs no lock on the trail that readers or writers would meet.
create function public.create_audit_log_partition(moment timestamptz)
returns boolean
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
    starts constant timestamptz := date_trunc('month', moment, 'UTC');
    ends constant timestamptz := (starts at time zone 'UTC' + interval '1 month') at time zone 'UTC';
    month constant text := to_char(starts at time zone 'UTC', '"audit_logs_y"YYYY"m"MM');
begin
    if to_regclass('public.' || month) is not null then
        return false;
    end if;

    execute format(
        'create table public.%I (like public.audit_logs including defaults including constraints including indexes)',
        month
    );
    execute format('alter table public.%I enable row level security', month);
    execute format('alter table public.%I force row level security', month);
    -- Of the triggers, only those for each row come with being a partition.
    execute format(
        'create trigger protect_audit_logs_truncate before truncate on public.%I '
            'for each statement execute function public.protect_audit_logs()',
        month
    );

    -- Rows of this month that came before their partition are in the default one; only who reads or
    -- writes that one waits. The trigger that refuses deleting steps aside for this move alone.
    lock table public.audit_logs_default in access exclusive mode;
    if exists (
        select
        from public.audit_logs_default
        where created_at >= starts
        and created_at < ends
    ) then
        alter table public.audit_logs_default disable trigger protect_audit_logs;
        execute format(
            'with moved as ('
                'delete from public.audit_logs_default where created_at >= $1 and created_at < $2 returning *'
            ') insert into public.%I select * from moved',
            month
        )
        using starts, ends;
        alter table public.audit_logs_default enable trigger protect_audit_logs;
    end if;

    execute format(
        'alter table public.audit_logs attach partition public.%I for values from (%L) to (%L)',
        month,
        to_char(starts at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS+00'),
        to_char(ends at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS+00')
    );
    return true;
end
$$;

comment on function public.create_audit_log_partition(timestamptz) is
    'Makes the partition of one month unless it exists; internal.';


-- What maintenance calls. Also empties the default partition, which is there so that a late call
-- costs nothing but this.
create function public.create_audit_log_partitions(months_ahead integer default 3)
returns integer
language plpgsql
volatile
security definer
set search_path = ''
as $$
declare
    months timestamptz[];
    month timestamptz;
    made integer := 0;
begin
    if months_ahead is null or months_ahead not between 0 and 24 then
        raise exception 'months_ahead is %, it must be from 0 to 24', months_ahead
            using errcode = 'invalid_parameter_value';
    end if;

    -- One call at a time; nobody who reads or writes the trail waits for this lock.
    lock table public.audit_logs in share update exclusive mode;

    -- A list first: a table cannot be altered while a query reads it.
    months := array(
        select date_trunc('month', created_at, 'UTC')
        from public.audit_logs_default
        union
        select (
            date_trunc('month', current_timestamp at time zone 'UTC')
            + number * interval '1 month'
        ) at time zone 'UTC'
        from generate_series(0, months_ahead) as number
        order by 1
    );

    foreach month in array months
    loop
        if public.create_audit_log_partition(month) then
            made := made + 1;
        end if;
    end loop;
    return made;
end
$$;

comment on function public.create_audit_log_partitions(integer) is
    'Makes the partitions of audit_logs for this month and the next ones, empties the default '
    'partition, and says how many it made. For the service only.';

revoke execute on function
    public.create_audit_log_partition(timestamptz),
    public.create_audit_log_partitions(integer)
    from public;
grant execute on function public.create_audit_log_partitions(integer) to service_role;


-- Rows, key, indexes, triggers, rights --------------------------------------------------------------

create table public.audit_logs_default partition of public.audit_logs default;

alter table public.audit_logs_default enable row level security;
alter table public.audit_logs_default force row level security;

create trigger protect_audit_logs_truncate
    before truncate on public.audit_logs_default
    for each statement execute function public.protect_audit_logs();

comment on table public.audit_logs_default is
    'Rows whose month has no partition yet. Empty as long as partitions are made in time.';

insert into public.audit_logs (
    id,
    user_id,
    action,
    entity_type,
    entity_id,
    old_values,
    new_values,
    ip_address,
    created_at
)
select
    id,
    user_id,
    action,
    entity_type,
    entity_id,
    old_values,
    new_values,
    ip_address,
    created_at
from public.audit_logs_before
order by id;

alter sequence public.audit_logs_id_seq owned by public.audit_logs.id;

-- Takes its indexes, triggers, policy and grants with it; their names are free then.
drop table public.audit_logs_before;

alter table public.audit_logs
    add constraint audit_logs_pkey primary key (id, created_at),
    add constraint audit_logs_user_id_fkey
        foreign key (user_id) references public.users (id) on delete set null;

create index idx_audit_logs_user_id on public.audit_logs (user_id);
create index idx_audit_logs_entity on public.audit_logs (entity_type, entity_id);
create index idx_audit_logs_created_at on public.audit_logs (created_at desc);

comment on table public.audit_logs is
    'Audit trail of critical operations. Rows are added, never changed. One partition for each month.';
comment on column public.audit_logs.user_id is
    'Who did it; null for the system, or when that person is gone.';
comment on column public.audit_logs.action is
    'insert, update, delete or login; programs with the service key may add others.';
comment on column public.audit_logs.entity_id is
    'The row''s key; for user_roles the person''s, for role_permissions the role''s.';

create trigger protect_audit_logs
    before update or delete on public.audit_logs
    for each row execute function public.protect_audit_logs();

create trigger protect_audit_logs_truncate
    before truncate on public.audit_logs
    for each statement execute function public.protect_audit_logs();

grant select on public.audit_logs to authenticated;
grant select, insert on public.audit_logs to service_role;
grant select (id, user_id, action, entity_type, entity_id, ip_address, created_at)
    on public.audit_logs to press_analyst;

alter table public.audit_logs enable row level security;
alter table public.audit_logs force row level security;

create policy audit_logs_select on public.audit_logs
    for select to authenticated
    using (
        user_id = (select auth.uid())
        or created_at between
            (select case when public.has_permission('audit_logs:read:all')
                then '-infinity'::timestamptz end)
            and 'infinity'
    );

-- Moves the rows out of the default partition into their months and makes the next months'.
select public.create_audit_log_partitions();
