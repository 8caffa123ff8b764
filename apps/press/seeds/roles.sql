-- The four built-in roles, every permission that a policy asks for, and who holds which.
--
-- Safe to run again: a role or permission that is missing is added, and given out as below. What is
-- there stays as it is, so a right that an administrator took from a role does not come back.

with wanted_roles (name, description) as (
    values
        ('admin', 'Administers people and roles, reads the audit trail, and edits everything.'),
        ('editor', 'Edits, publishes and withdraws everybody''s posts, and removes comments.'),
        ('author', 'Writes and publishes posts of their own, and comments. Everybody has this role from sign-up.'),
        ('reader', 'Comments. For people who should not publish: give it instead of author.')
),
wanted_permissions (name, description, holders) as (
    values
        ('posts:read:all', 'Read everybody''s posts, drafts and archived ones too.', '{editor}'),
        ('posts:write:own', 'Write, change and publish one''s own posts.', '{author,editor}'),
        ('posts:write:all', 'Change, publish and withdraw everybody''s posts.', '{editor}'),
        ('posts:delete:own', 'Delete one''s own posts.', '{author,editor}'),
        ('posts:delete:all', 'Delete everybody''s posts.', '{editor}'),
        ('comments:write:own', 'Comment on published posts.', '{reader,author,editor}'),
        ('comments:delete:all', 'Delete everybody''s comments.', '{editor}'),
        ('users:read:all', 'Read everybody''s account and roles.', '{}'),
        ('users:manage:all', 'Rename, activate, deactivate and delete other people.', '{}'),
        ('roles:manage:all', 'Make roles and give them out, as far as one holds their permissions.', '{}'),
        ('audit_logs:read:all', 'Read the whole audit trail.', '{}')
),
new_roles as (
    insert into public.roles (name, description, is_system)
    select name, description, true
    from wanted_roles
    on conflict (name) do nothing
    returning id, name
),
new_permissions as (
    insert into public.permissions (name, description)
    select name, description
    from wanted_permissions
    on conflict (name) do nothing
    returning id, name
),
-- A statement does not see the rows that it inserts itself: old and new together are all.
all_roles as (
    select id, name, true as is_new
    from new_roles
    union all
    select id, name, false
    from public.roles
    where is_system
),
all_permissions as (
    select id, name, true as is_new
    from new_permissions
    union all
    select id, name, false
    from public.permissions
)
-- admin holds each permission by a row of its own, not by being admin.
insert into public.role_permissions (role_id, permission_id)
select role.id, permission.id
from all_roles as role
join wanted_permissions as wanted
    on role.name = 'admin'
    or role.name = any (wanted.holders::text[])
join all_permissions as permission
    on permission.name = wanted.name
where role.is_new
or permission.is_new
on conflict (role_id, permission_id) do nothing;
