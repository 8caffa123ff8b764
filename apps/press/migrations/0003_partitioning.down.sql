-- Back to one table. Every row is kept; ids go on from the same sequence.

lock table public.audit_logs in access exclusive mode;

drop function public.create_audit_log_partitions(integer);
drop function public.create_audit_log_partition(timestamptz);

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
);

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
    add constraint audit_logs_pkey primary key (id),
    add constraint audit_logs_user_id_fkey
        foreign key (user_id) references public.users (id) on delete set null;

create index idx_audit_logs_user_id on public.audit_logs (user_id);
create index idx_audit_logs_entity on public.audit_logs (entity_type, entity_id);
create index idx_audit_logs_created_at on public.audit_logs (created_at desc);

comment on table public.audit_logs is
    'Audit trail of critical operations. Rows are added, never changed.';
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
