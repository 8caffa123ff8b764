-- Functions of every shape.

create function hello(name text) returns text language sql immutable as $$ select 'Hello, ' || name $$;
create function add(a int, b int default 10) returns int language sql immutable as $$ select a + b $$;
create function no_arguments() returns text language sql stable as $$ select 'quiet'::text $$;
create function nothing_returned() returns void language sql stable as $$ select $$;
create function null_text() returns text language sql stable as $$ select null::text $$;
create function null_album() returns albums language sql stable as $$ select null::albums $$;
create function numbers(upto int) returns setof int language sql stable as $$ select generate_series(1, upto) $$;
create function one_album(album int) returns albums language sql stable as $$ select * from albums where id = album $$;
create function all_albums() returns setof albums language sql stable as $$ select * from albums $$;
create function albums_after(year int) returns setof albums language sql stable as $$ select * from albums a where a.year > albums_after.year $$;
create function summary() returns table (artist text, albums bigint) language sql stable as
  $$ select a.name, count(b.id) from artists a left join albums b on b.artist_id = a.id group by a.id order by a.id $$;
create function out_one(in a int, out doubled int) language sql immutable as $$ select a * 2 $$;
create function out_two(in a int, out doubled int, out tripled int) language sql immutable as $$ select a * 2, a * 3 $$;
create function inout_one(inout a int) language sql immutable as $$ select a + 1 $$;
create function a_record() returns record language sql stable as $$ select 1 as one, 'two'::text as two $$;
create function some_pair() returns private.pair language sql stable as $$ select row(5, 'five')::private.pair $$;
create function graded() returns private.grade language sql stable as $$ select 4::private.grade $$;
create function a_json() returns json language sql stable as $$ select '{"b":1, "a":2}'::json $$;
create function array_back(list int[]) returns int[] language sql immutable as $$ select list $$;
create function json_back(doc json) returns json language sql immutable as $$ select doc $$;
create function jsonb_argument(doc jsonb) returns text language sql immutable as $$ select jsonb_typeof(doc) $$;
create function many(variadic words text[]) returns text language sql immutable as $$ select array_to_string(words, '+') $$;
create function many_defaulted(variadic words text[] default '{none}') returns text[] language sql immutable as $$ select words $$;
create function fixed(c char(4), b bit(5)) returns text language sql immutable as $$ select c || '/' || b::text $$;
create function "UPPER Case"("Some Name" text) returns text language sql immutable as $$ select "Some Name" $$;
create function reserved("select" text, "from" text) returns text language sql immutable as $$ select "select" || "from" $$;
create function mood_back(m mood) returns mood language sql immutable as $$ select m $$;
create function many_rows(id int) returns setof tracks language sql stable as $$ select * from tracks where tracks.id <= many_rows.id $$;
-- Changes something, so it cannot be read.
create function touch() returns int language sql volatile as $$ insert into ledger values (900, 'touched') returning id $$;
create sequence calls;
create function call_once() returns text language plpgsql volatile as $$ begin perform nextval('api.calls'); return 'called'; end $$;
create function calls_so_far() returns bigint language sql stable as $$ select case when is_called then last_value else 0 end from api.calls $$;

-- Overloads.
create function pick(a int) returns text language sql immutable as $$ select 'a' $$;
create function pick(a int, b int) returns text language sql immutable as $$ select 'a,b' $$;
create function pick() returns text language sql immutable as $$ select 'none' $$;
create function unclear(a int) returns text language sql immutable as $$ select 'int' $$;
create function unclear(a text) returns text language sql immutable as $$ select 'text' $$;
create function defaulted(a int, b int default 1) returns text language sql immutable as $$ select 'two' $$;
create function defaulted(c int) returns text language sql immutable as $$ select 'c' $$;

-- One argument without a name takes the body as it is.
create function raw_json(json) returns json language sql immutable as $$ select $1 $$;
create function raw_text(text) returns text language sql immutable as $$ select $1 $$;
create function raw_bytes(bytea) returns int language sql immutable as $$ select length($1) $$;
create function raw_or_named(json) returns text language sql immutable as $$ select 'raw' $$;
create function raw_or_named(a int, b int) returns text language sql immutable as $$ select 'named' $$;

-- What a request looks like from inside.
create function setting(name text) returns text language sql stable as $$ select current_setting(name, true) $$;
create function header(name text) returns text language sql stable as $$ select current_setting('request.headers', true)::json ->> name $$;
create function cookie(name text) returns text language sql stable as $$ select current_setting('request.cookies', true)::json ->> name $$;
create function claim(name text) returns text language sql stable as $$ select current_setting('request.jwt.claims', true)::json ->> name $$;
create function who() returns text language sql stable as $$ select current_user::text $$;
create function zone() returns text language sql stable as $$ select current_setting('timezone') $$;
create function path_now() returns text language sql stable as $$ select current_setting('search_path') $$;
create function writable() returns text language sql volatile as $$ select current_setting('transaction_read_only') $$;
create function read_only() returns text language sql stable as $$ select current_setting('transaction_read_only') $$;

-- What a function can say about the response.
create function answer(status text, headers text) returns text language plpgsql stable as $$
begin
  if status <> '' then perform set_config('response.status', status, true); end if;
  if headers <> '' then perform set_config('response.headers', headers, true); end if;
  return 'answered';
end $$;
create function raise_error(code text, message text, detail text default null, hint text default null) returns void
language plpgsql stable as $$
begin
  raise exception using errcode = code, message = message, detail = coalesce(detail, ''), hint = coalesce(hint, '');
end $$;
create function raise_plain(code text, message text) returns void language plpgsql stable as $$
begin
  raise exception using errcode = code, message = message;
end $$;

create function private.root() returns json language sql as $$ select null::json $$;
create function welcome() returns json language sql stable as $$ select '{"welcome":"here"}'::json $$;

-- Called before every request of one configuration.
create function private.before_request() returns void language plpgsql as $$
declare wish text := current_setting('request.headers', true)::json ->> 'x-wish';
begin
  if wish = 'refuse' then
    raise exception 'not today' using errcode = 'P0001', hint = 'come back tomorrow';
  elsif wish = 'author' then
    set local role conformance_author;
  elsif wish = 'header' then
    perform set_config('response.headers', '[{"X-Before": "said"}, {"Cache-Control": "no-store"}]', true);
  end if;
end $$;
