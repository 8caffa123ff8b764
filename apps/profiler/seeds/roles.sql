-- The three roles, every permission that a policy asks for, and who holds which.
--
-- Safe to run again: what is missing is added, what an administrator has added stays. A right taken
-- from a built-in role comes back; for fewer rights, make a role of your own.
--
-- The ids are made from the names, so that they are the same in every installation.

insert into profiler_schema.roles (role_id, role_name, description)
select md5('profiler:role:' || role.name)::uuid, role.name, role.description
from (
    values
        ('admin', 'Administers people, roles and all data. Holds every permission.'),
        ('manager', 'Reads everything, works on their own data. No administration of people.'),
        ('user', 'Works on their own profiles and documents. Everybody has this role from sign-up.')
) as role (name, description)
on conflict (role_name) do update
set description = excluded.description
where roles.description is distinct from excluded.description;

-- What belongs to a person: read, write, delete; their own or everybody's.
insert into profiler_schema.permissions (permission_id, permission_name, description)
select
    md5('profiler:permission:' || resource.name || ':' || action.name || ':' || scope.name)::uuid,
    resource.name || ':' || action.name || ':' || scope.name,
    initcap(action.name) || ' ' || scope.meaning || ' ' || resource.meaning || '.'
from (
    values
        ('users', 'account'),
        ('profiles', 'profiles'),
        ('sections', 'profile sections'),
        ('answers', 'answers'),
        ('documents', 'documents'),
        ('document_chunks', 'passages of documents'),
        ('recommendations', 'recommendations')
) as resource (name, meaning)
cross join (
    values ('read'), ('write'), ('delete')
) as action (name)
cross join (
    values ('own', 'one''s own'), ('all', 'everybody''s')
) as scope (name, meaning)
on conflict (permission_name) do nothing;

-- What the application is administered with: one reads what one holds oneself; changes concern all.
insert into profiler_schema.permissions (permission_id, permission_name, description)
select
    md5('profiler:permission:' || resource.name || ':' || right_to.name)::uuid,
    resource.name || ':' || right_to.name,
    replace(right_to.meaning, '%', resource.meaning)
from (
    values
        ('roles', 'roles'),
        ('permissions', 'permissions'),
        ('user_roles', 'assignments of roles'),
        ('role_permissions', 'permissions of roles')
) as resource (name, meaning)
cross join (
    values
        ('read:own', 'Read one''s own %.'),
        ('read:all', 'Read all %.'),
        ('write:all', 'Add and change %.'),
        ('delete:all', 'Delete %.')
) as right_to (name, meaning)
on conflict (permission_name) do nothing;

-- user: own. manager: own, and reads all. admin: each and every one.
insert into profiler_schema.role_permissions (role_id, permission_id)
select role.role_id, permission.permission_id
from profiler_schema.roles as role
cross join profiler_schema.permissions as permission
where role.role_name = 'admin'
or (
    -- Only the permissions of this file; those that an administrator adds are theirs to give.
    split_part(permission.permission_name, ':', 1) in (
        'users', 'profiles', 'sections', 'answers', 'documents', 'document_chunks',
        'recommendations', 'roles', 'permissions', 'user_roles', 'role_permissions'
    )
    and split_part(permission.permission_name, ':', 2) in ('read', 'write', 'delete')
    and (
        (role.role_name in ('user', 'manager') and permission.permission_name like '%:own')
        or (role.role_name = 'manager' and permission.permission_name like '%:read:all')
    )
)
on conflict (role_id, permission_id) do nothing;
