-- Media types of our own: domains named like them, functions that return them, and aggregates.

create domain "text/plain" as text;
create domain "text/html" as text;
create domain "application/octet-stream" as bytea;
create domain "application/vnd.label.sheet" as text;
create domain "application/vnd.label.any" as text;
create domain extensions."application/vnd.label.elsewhere" as text;
create domain "text/csv" as text;
create domain "*/*" as bytea;

create function page() returns "text/html" language sql stable as $$ select '<h1>Hi</h1>'::"text/html" $$;
create function plain() returns "text/plain" language sql stable as $$ select 'plain text'::"text/plain" $$;
create function bytes() returns "application/octet-stream" language sql stable as $$ select '\x00ff'::bytea::"application/octet-stream" $$;
create function elsewhere() returns extensions."application/vnd.label.elsewhere" language sql stable as $$ select 'far'::text::extensions."application/vnd.label.elsewhere" $$;
create function anything() returns "*/*" language sql stable as $$ select convert_to('any', 'utf8')::"*/*" $$;
create function anything_typed() returns "*/*" language plpgsql stable as $$
begin
  perform set_config('response.headers', '[{"Content-Type": "image/x-label"}]', true);
  return convert_to('typed', 'utf8')::api."*/*";
end $$;
create function csv_by_hand() returns "text/csv" language sql stable as $$ select E'a;b\n1;2'::"text/csv" $$;

-- For one table's rows.
create function private.sheet_step(so_far "application/vnd.label.sheet", label labels) returns "application/vnd.label.sheet"
  language sql immutable as $$ select (so_far || label.name || E'\n')::"application/vnd.label.sheet" $$;
create aggregate sheet(labels) (
  initcond = '', stype = "application/vnd.label.sheet", sfunc = private.sheet_step
);
-- For any rows.
create function private.any_step(so_far "application/vnd.label.any", item anyelement) returns "application/vnd.label.any"
  language sql immutable as $$ select (so_far || '*')::"application/vnd.label.any" $$;
create aggregate any_sheet(anyelement) (
  initcond = '', stype = "application/vnd.label.any", sfunc = private.any_step
);
