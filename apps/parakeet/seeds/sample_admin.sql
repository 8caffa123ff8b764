-- An approved first account, to try things with. Not part of an installation: run it by hand, as
-- the database's owner. It can be run again and then changes nothing.
--
-- The setting parakeet.admin_password_hash is the bcrypt hash of its password:
--
--   PGOPTIONS="-c parakeet.admin_password_hash=$HASH" psql "$OWNER_DSN" -f seeds/sample_admin.sql
--
-- Without it no password matches, until one is set through a recovery mail or by the service.
insert into public.users (email, name, password_hash, approved)
values (
    'admin@parakeetai.com',
    'Admin User',
    coalesce(nullif(current_setting('parakeet.admin_password_hash', true), ''), '!'),
    true
)
on conflict do nothing;
