-- Columns of every sort that the operators and the JSON paths meet.

create type private.pair as (x int, label text);
create type mood as enum ('calm', 'loud');
create domain private.words as tsvector;
create domain private.lyrics_words as private.words;

create table samples (
  id int primary key,
  name text,
  flag boolean,
  amount numeric,
  at timestamptz,
  tags text[],
  numbers int[],
  span int4range,
  mood mood,
  bits bit(5),
  fixed char(4)
);
insert into samples values
  (1, 'one', true, 1.50, '2024-01-01 00:00:00+00', '{a,b}', '{1,2,3}', '[1,5)', 'calm', b'10101', 'abcd'),
  (2, 'two', false, 22.00, '2024-06-01 12:00:00+00', '{b,c}', '{3,4}', '[5,10)', 'loud', b'00000', 'ab'),
  (3, 'three, or "3"', null, null, null, '{}', null, '[20,30)', null, null, null),
  (4, '', null, 0, null, null, null, null, null, null, null),
  (5, 'per%cent * star', true, 7, null, null, null, null, 'calm', null, null);

create table lyrics (
  id int primary key,
  body text,
  words tsvector,
  deep_words private.lyrics_words,
  doc jsonb,
  raw json
);
insert into lyrics (id, body, doc, raw) values
  (1, 'The waves are running home', '{"line": "The waves are running"}', '{"line": "The waves are running"}'),
  (2, 'Fat cats sleep on stones', '{"line": "Fat cats sleep"}', '{"line": "Fat cats sleep"}'),
  (3, 'Le chat impossible', '{"line": "Le chat impossible"}', '{"line": "Le chat impossible"}');
update lyrics set words = to_tsvector('english', body), deep_words = to_tsvector('english', body);

create table documents (
  id int primary key,
  data json,
  datab jsonb,
  pair private.pair,
  list text[]
);
insert into documents values
  (1, '{"a": {"b": "deep", "n": 1}, "list": [10, 20, 30], "0xy1": "odd", "23-xy-45": "dashed", "n": 1}',
      '{"a": {"b": "deep", "n": 1}, "list": [10, 20, 30], "objects": [{"k": "v"}], "n": 1}',
      row(1, 'first'), '{p,q}'),
  (2, '{"a": {"b": "shallow", "n": 2}, "list": [], "n": 2}',
      '{"a": {"b": "shallow", "n": 2}, "list": [], "n": 2}',
      row(2, 'second'), '{r}'),
  (3, null, null, null, null);

-- What JSON made elsewhere than in the database would lose.
create table fragile (id int primary key, doc json, number numeric, real double precision);
insert into fragile values (1, '{"b":1,  "a":2, "a":3}', 12345678901234567890.1234567890, 1e-7);
