-- Domains whose casts say how their values look outside.

create domain color as int check (value between 0 and 16777215);
create function private.color_from_text(text) returns color language sql immutable as
  $$ select (('x' || lpad(trim('#' from $1), 8, '0'))::bit(32)::int)::api.color $$;
create function private.color_from_json(json) returns color language sql immutable as
  $$ select private.color_from_text($1 #>> '{}') $$;
create function private.color_to_json(color) returns json language sql immutable as
  $$ select to_json('#' || lpad(to_hex($1::int), 6, '0')) $$;
create cast (color as json) with function private.color_to_json(color) as implicit;
create cast (json as color) with function private.color_from_json(json) as implicit;
create cast (text as color) with function private.color_from_text(text) as implicit;

create table covers (
  id int primary key,
  album_id int references albums,
  color color,
  title text
);
insert into covers values (1, 1, 255, 'blue'), (2, 1, 16711680, 'red'), (3, 4, null, 'none');
create view cover_colors as select id, color from covers;
