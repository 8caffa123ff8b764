-- A record label's catalogue: relations of every kind between plain tables.

create table labels (
  id int primary key,
  name text not null unique,
  country char(2),
  founded date
);
insert into labels values
  (1, 'Northwind', 'IS', '2001-05-01'),
  (2, 'Saltmarsh', 'GB', '1998-01-15'),
  (3, 'Empty Shelf', null, null);

-- Refers to itself: a mentor is an artist.
create table artists (
  id int primary key,
  label_id int constraint artists_label references labels,
  mentor_id int constraint artists_mentor references artists,
  name text not null
);
insert into artists values (1, 1, null, 'Ada'), (2, 1, 1, 'Bo'), (3, 2, 1, 'Cy'), (4, null, null, 'Dot');

create table albums (
  id int primary key,
  artist_id int not null references artists,
  title text not null,
  year int,
  rating numeric(3, 1)
);
insert into albums values
  (1, 1, 'Low Tide', 2010, 4.5),
  (2, 1, 'High Tide', 2012, null),
  (3, 2, 'Gravel', 2012, 3.0),
  (4, 3, 'Reeds', 2020, 5.0);

create table tracks (
  id int primary key,
  album_id int references albums,
  title text not null,
  seconds int
);
insert into tracks values
  (1, 1, 'Ebb', 180), (2, 1, 'Flow', 240), (3, 2, 'Crest', 200),
  (4, 3, 'Stones', 150), (5, 4, 'Wind', 300), (6, 4, 'Hush', null);

-- Many to many through a junction whose key is both foreign keys.
create table genres (id int primary key, name text not null);
insert into genres values (1, 'ambient'), (2, 'folk'), (3, 'polka');
create table album_genres (
  album_id int references albums,
  genre_id int references genres,
  primary key (album_id, genre_id)
);
insert into album_genres values (1, 1), (1, 2), (2, 1), (3, 2);

-- One to one: the foreign key is the primary key, or unique.
create table profiles (artist_id int primary key references artists, bio text);
insert into profiles values (1, 'Grew up by the sea.'), (2, null);
create table passports (
  id int primary key,
  artist_id int unique references artists,
  number text
);
insert into passports values (10, 1, 'A-1'), (30, 3, 'C-3');

-- Composite keys.
create table tours (
  artist_id int references artists,
  season text,
  title text,
  primary key (artist_id, season)
);
insert into tours values (1, 'summer', 'Tides Live'), (1, 'winter', 'Ice'), (2, 'summer', 'Dust');
create table concerts (
  id int primary key,
  artist_id int,
  season text,
  city text,
  constraint concerts_tour foreign key (artist_id, season) references tours (artist_id, season)
);
insert into concerts values (1, 1, 'summer', 'Oslo'), (2, 1, 'summer', 'Turku'), (3, 1, 'winter', 'Nuuk'), (4, null, null, 'Secret');

-- Two foreign keys to one table: an embed has to say which.
create table contracts (
  id int primary key,
  signer_id int constraint contracts_signer references artists,
  witness_id int constraint contracts_witness references artists
);
insert into contracts values (1, 1, 2), (2, 3, 1), (3, 4, null);

-- Partitioned: the partitions themselves are not offered.
create table plays (
  track_id int references tracks,
  day date,
  times int,
  primary key (track_id, day)
) partition by range (day);
create table plays_2023 partition of plays for values from ('2023-01-01') to ('2024-01-01');
create table plays_2024 partition of plays for values from ('2024-01-01') to ('2025-01-01');
insert into plays values (1, '2023-06-01', 10), (1, '2024-06-01', 20), (2, '2024-07-01', 5);

-- No foreign key to anything.
create table lonely (id int primary key, note text);
insert into lonely values (1, 'nobody');

-- Names that collide with what the server may use inside its statements.
create table collisions (id int primary key, t int, count int, parent int references collisions, and_then text, or_else text, collisions text);
insert into collisions values (1, 7, 70, null, 'x', 'y', 'own name'), (2, 8, 80, 1, 'p', 'q', null);

-- Names that need quotes and percent signs.
create table "odd names" (
  "the id" int primary key,
  "dotted.name" text,
  "$price" int,
  "semi;colon" text,
  "quo""ted" text,
  "comma,name" text,
  "عمود" text
);
insert into "odd names" values (1, 'dot', 5, 'semi', 'quote', 'comma', 'قيمة');

-- Enough rows for ranges.
create table counters (id int primary key);
insert into counters select generate_series(1, 15);
create table nothing (id int primary key);
analyze counters, nothing, albums, artists;
