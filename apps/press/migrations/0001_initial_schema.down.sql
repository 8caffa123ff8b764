-- The tables take their triggers, policies, indexes and constraints with them; the functions are
-- dropped by name, so that anything else that came to rely on them stops this revision.

drop view public.authors;

drop table public.comments;
drop table public.posts;
drop table public.sessions;
drop table public.user_roles;
drop table public.role_permissions;
drop table public.permissions;
drop table public.roles;
drop table public.users;

drop function public.set_user_active(uuid, boolean);
drop function public.holds_role_permissions(uuid);
drop function public.has_permission(text);
drop function public.protect_system_roles();
drop function public.set_published_at();
drop function public.update_updated_at();

revoke usage on schema public from anon, authenticated, service_role, press_analyst;
