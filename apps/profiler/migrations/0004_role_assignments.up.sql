-- tenantry: version 1.3.0
-- Built-in roles cannot be deleted or renamed, and an assignment says who made it.

alter table profiler_schema.roles
    add column is_system boolean not null default false;

comment on column profiler_schema.roles.is_system is
    'Built in: sign-up, seeds and administrators rely on it, so it can be neither deleted nor renamed.';

update profiler_schema.roles
set is_system = true
where role_name in ('admin', 'manager', 'user');

create function profiler_schema.protect_system_roles()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
    if tg_op = 'DELETE' then
        if old.is_system then
            raise exception 'the role % is built in and cannot be deleted', old.role_name
                using errcode = 'restrict_violation';
        end if;
        return old;
    end if;

    if old.is_system and (new.role_name <> old.role_name or not new.is_system) then
        raise exception 'the role % is built in and cannot be renamed', old.role_name
            using errcode = 'restrict_violation';
    end if;
    return new;
end
$$;

revoke execute on function profiler_schema.protect_system_roles() from public;

create trigger protect_system_roles
    before update or delete on profiler_schema.roles
    for each row execute function profiler_schema.protect_system_roles();


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
