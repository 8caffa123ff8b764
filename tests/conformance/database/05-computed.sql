-- Columns and relations that are functions of a row.

create function decade(albums) returns int language sql stable as $$ select $1.year / 10 * 10 $$;
create function shout(albums) returns text language sql immutable as $$ select upper($1.title) $$;
-- The same name for another row type.
create function shout(artists) returns text language sql immutable as $$ select upper($1.name) || '!' $$;
create function private.hidden_rank(albums) returns int language sql stable as $$ select 1 $$;

create function latest_album(artists) returns setof albums rows 1 language sql stable as
  $$ select * from albums where artist_id = $1.id order by year desc, id desc limit 1 $$;
create function long_tracks(albums) returns setof tracks language sql stable as
  $$ select * from tracks where album_id = $1.id and seconds >= 200 $$;
create function home_label(artists) returns labels language sql stable as
  $$ select * from labels where id = $1.label_id $$;
-- Both ways round within one table.
create function students(artists) returns setof artists language sql stable as
  $$ select * from artists where mentor_id = $1.id $$;
create function teacher(artists) returns setof artists rows 1 language sql stable as
  $$ select * from artists where id = $1.mentor_id $$;

-- A computed relation that takes the place of an inferred one of that name.
create table remixes (id int primary key, track_id int references tracks);
insert into remixes values (1, 1), (2, 2);
create function tracks(remixes) returns setof tracks rows 1 language sql stable as
  $$ select * from tracks where id = 6 $$;
