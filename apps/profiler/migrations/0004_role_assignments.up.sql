-- tenantry: version 1.3.0
-- An assignment of a role says who made it.
--
-- The default is the only way in for callers: they have no right to name somebody else. Assignments
-- from before this revision do not say.
alter table profiler_schema.user_roles
    add column assigned_by uuid
        constraint user_roles_assigned_by_fkey
        references profiler_schema.users (user_id) on delete set null;

alter table profiler_schema.user_roles
    alter column assigned_by set default auth.uid();

create index idx_user_roles_assigned_by on profiler_schema.user_roles (assigned_by);

comment on column profiler_schema.user_roles.assigned_by is
    'Who gave the role; null for the system, or when that person is gone. created_at says when.';
