-- Relations that are only visible through views.

create table private.studios (id int primary key, name text);
insert into private.studios values (1, 'Attic'), (2, 'Cellar');
create table private.bookings (
  id int primary key,
  studio_id int references private.studios,
  album_id int references albums,
  again_album_id int
);
insert into private.bookings values (1, 1, 1, 1), (2, 1, 3, 3), (3, 2, 4, 4);
create table private.studio_genres (
  studio_id int references private.studios,
  genre_id int references genres,
  primary key (studio_id, genre_id)
);
insert into private.studio_genres values (1, 1), (1, 2), (2, 3);

-- Renamed columns over a schema that is not exposed.
create view studios as select id as studio, name as title from private.studios;
create view bookings as select id, studio_id, album_id from private.bookings;
-- A junction that only a view shows.
create view studio_genres as select studio_id, genre_id from private.studio_genres;
-- Through a common table expression, and a view over a view.
create view recent_albums as
  with recent as (select * from albums where year >= 2012)
  select id, artist_id, title from recent;
create view recent_titles as select id, artist_id, title as name from recent_albums;
-- Through a subselect in the column list and a CASE: not a relation, but must not disturb one.
create view decorated_albums as
  select id, artist_id, title,
    (select count(*) from tracks where album_id = albums.id) as track_count,
    case when year > 2011 then 'new' else 'old' end as age
  from albums;
-- One column of the base shown twice.
create view twice_albums as select id, artist_id, artist_id as maker_id, title from albums;
-- A composite key of which one column is missing.
create view half_concerts as select id, artist_id, city from concerts;
create view whole_concerts as select id, artist_id as performer, season as part, city from concerts;
create view grouped_tracks as select album_id, count(*) as n, sum(seconds) as total from tracks group by album_id;
create materialized view album_totals as select album_id, count(*) as n from tracks group by album_id order by album_id;
create view constants as select 1 as one, 'two'::text as two;

-- Views by what they let a client do.
create view editable_labels as select id, name, country from labels;
create view insertable_titles as select distinct title from albums;
create function private.insert_title() returns trigger language plpgsql as $$ begin return new; end $$;
create trigger insert_title instead of insert on insertable_titles for each row execute function private.insert_title();
create view defaulting_labels as select id, name, country from labels;
alter view defaulting_labels alter column country set default 'FR';
