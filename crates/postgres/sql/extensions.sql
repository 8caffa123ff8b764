-- Extensions live in a schema of their own, where Supabase's migrations look for them.
create schema if not exists extensions;
grant usage on schema extensions to public;

create extension if not exists vector with schema extensions;
create extension if not exists pg_trgm with schema extensions;
