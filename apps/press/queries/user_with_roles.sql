-- A person by e-mail address, with the names of their roles.
--
-- $1  e-mail address
--
-- Reads users by its index on email and user_roles by its key. The columns are named because
-- password_hash is granted to nobody who asks this. Roles are sorted as bytes; their names are
-- lower-case ASCII, so that is the alphabet.
select
    u.id,
    u.email,
    u.name,
    u.phone,
    u.is_active,
    u.is_verified,
    u.last_login,
    u.created_at,
    u.updated_at,
    coalesce(array_agg(r.name order by r.name) filter (where r.id is not null), '{}') as roles
from public.users as u
left join public.user_roles as ur
    on ur.user_id = u.id
left join public.roles as r
    on r.id = ur.role_id
where u.email = $1
group by u.id;
