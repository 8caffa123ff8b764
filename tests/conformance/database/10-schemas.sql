-- Further exposed schemas, for the configuration with several.

create table api2.labels (id int primary key, motto text);
insert into api2.labels values (1, 'other');
create table api2.parents (id int primary key, name text);
insert into api2.parents values (1, 'p1'), (2, 'p2');
create table api2.children (id int primary key, parent_id int references api2.parents, name text);
insert into api2.children values (1, 1, 'c1'), (2, 2, 'c2');
create function api2.where_am_i() returns text language sql stable as $$ select 'api2'::text $$;

create table "تست"."موارد" ("شناسه" int primary key, "نام" text);
insert into "تست"."موارد" values (1, 'یک');

-- In the extra search path only.
create function extensions.only_found(text) returns text language sql immutable as $$ select 'found ' || $1 $$;
create table extensions.not_exposed (id int);
create function api.uses_extension(word text) returns text language sql stable as $$ select only_found(word) $$;
