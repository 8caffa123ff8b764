-- A small schema that is described (OpenAPI) as a whole.

comment on schema booklet is $$The booklet

What comes with a record.
On two lines.$$;

create table booklet.pages (
  id int primary key,
  number smallint not null,
  text varchar(80) default 'blank',
  big bigint,
  ratio real,
  exact numeric,
  shown boolean default true,
  printed date,
  made timestamptz,
  tags text[],
  sizes int[],
  doc jsonb,
  mood api.mood,
  token uuid
);
comment on table booklet.pages is $$A page

Of the booklet.$$;
comment on column booklet.pages.text is 'What is printed';
create table booklet.pictures (id int primary key, page_id int not null references booklet.pages, path text);
create table booklet.secrets (id int primary key);
create view booklet.page_numbers as select id, number from booklet.pages;
create view booklet.page_count as select count(*) as n from booklet.pages;

create function booklet.turn(page int, back boolean default false) returns int language sql stable as $$ select page $$;
comment on function booklet.turn is $$Turn a page

Or turn it back.$$;
create function booklet.tear(page int) returns void language sql volatile as $$ select $$;
create function booklet.join_words(variadic words text[]) returns text language sql immutable as $$ select '' $$;
create function booklet.split(inout a int, out b int) language sql immutable as $$ select 1, 2 $$;
create function booklet.hidden() returns int language sql stable as $$ select 1 $$;
revoke execute on function booklet.hidden() from public;
create function booklet.root() returns json language sql stable as $$ select '{"swagger":"by hand"}'::json $$;
