-- Who may do what.

grant usage on schema api, api2, "تست", booklet, extensions to conformance_anon, conformance_author;
-- The views' owners reach into `private`; its functions and types are used by name, too.
grant usage on schema private to conformance_anon, conformance_author;
grant select, insert, update, delete on all tables in schema api to conformance_anon, conformance_author;
grant select, insert, update, delete on all tables in schema api2, "تست" to conformance_anon, conformance_author;
grant usage on all sequences in schema api to conformance_anon, conformance_author;
grant select on all sequences in schema api to conformance_anon, conformance_author;

grant select on booklet.pages, booklet.page_numbers, booklet.page_count to conformance_anon;
grant select, insert, update, delete on booklet.pages, booklet.pictures to conformance_author;

-- Only for those who signed in, and only their own rows.
create table api.diaries (id int primary key, owner text not null, entry text);
insert into api.diaries values (1, 'ann', 'Dear diary'), (2, 'ben', 'Day one');
alter table api.diaries enable row level security;
create policy own on api.diaries to conformance_author
  using (owner = current_setting('request.jwt.claims', true)::json ->> 'sub');
grant select, insert, update, delete on api.diaries to conformance_author;

-- For nobody.
create table api.vault (id int primary key);

-- Some columns only; and writing without reading.
create table api.half_open (id int primary key, open text, closed text default 'hidden');
insert into api.half_open values (1, 'seen', 'unseen');
grant select (id, open), insert (id, open), update (open) on api.half_open to conformance_anon;
create table api.letterbox (id int primary key, letter text);
grant insert, update on api.letterbox to conformance_anon;

create function api.author_only() returns text language sql stable as $$ select 'secret'::text $$;
revoke execute on function api.author_only() from public;
grant execute on function api.author_only() to conformance_author;

do $$ begin
  execute format('alter database %I set default_text_search_config = %L', current_database(), 'pg_catalog.english');
  execute format('alter database %I set timezone = %L', current_database(), 'UTC');
end $$;
