-- The login that the server uses, and the roles it may become. Roles outlive databases, so they
-- may be there from an earlier run.
do $$ begin
  if not exists (select from pg_roles where rolname = 'conformance_anon') then
    create role conformance_anon nologin;
    create role conformance_author nologin;
    create role conformance_authenticator login noinherit;
    grant conformance_anon, conformance_author to conformance_authenticator;
  end if;
end $$;
alter role conformance_authenticator password 'conformance';

create schema private;
create schema extensions;
create schema api;
create schema api2;
create schema "تست";
create schema booklet;

-- Names without a schema in these files are those of the default exposed schema.
set search_path = api, extensions;
-- Casts of domains warn that a plain cast does not use them; here they are looked up by name.
set client_min_messages = error;
