-- What every statement about a person asks. All of it goes with the transaction.

create temporary table person_who (id text not null) on commit drop;

-- Ids of rows that are the person's, and their addresses.
create temporary table person_ids (
    id text primary key,
    pseudonym text not null,
    -- Whether it is the key of a row of theirs, and of nobody else's.
    of_row boolean not null default false
) on commit drop;

-- The columns that make a row the person's.
create temporary table person_keys (key text primary key) on commit drop;

create function pg_temp.person_id()
returns text
language sql
stable
set search_path = ''
as $$
    select who.id from pg_temp.person_who as who
$$;

-- What a JSON document says. Every string counts, whether key or value.

-- Whether it quotes an id or an address.
create function pg_temp.person_quoted(document text)
returns boolean
language sql
stable
set search_path = ''
as $$
    select exists (
        select
        from pg_catalog.regexp_matches(document, '"((?:[^"\\]|\\.)*)"', 'g') as quoted (groups)
        join pg_temp.person_ids as known
            on known.id = pg_catalog.lower(quoted.groups[1])
    )
$$;

-- Whether it is, or contains, the copy of a row that belongs to the person: an object that has an
-- id under one of those keys.
create function pg_temp.person_owns(document jsonb)
returns boolean
language sql
stable
set search_path = ''
as $$
    select exists (
        select
        from pg_catalog.jsonb_path_query(document, 'strict $.**') as part (value)
        cross join lateral pg_catalog.jsonb_each_text(
            case pg_catalog.jsonb_typeof(part.value) when 'object' then part.value else '{}' end
        ) as member (key, value)
        join pg_temp.person_ids as known
            on known.id = pg_catalog.lower(member.value)
        join pg_temp.person_keys as owner
            on owner.key = member.key
    )
$$;

-- The same document with pseudonyms.
create function pg_temp.person_replaced(document text)
returns text
language plpgsql
stable
set search_path = ''
as $$
declare
    found record;
begin
    for found in
        select distinct quoted.groups[1] as said, known.pseudonym
        from pg_catalog.regexp_matches(document, '"((?:[^"\\]|\\.)*)"', 'g') as quoted (groups)
        join pg_temp.person_ids as known
            on known.id = pg_catalog.lower(quoted.groups[1])
    loop
        document := pg_catalog.replace(
            document,
            '"' || found.said || '"',
            pg_catalog.to_json(found.pseudonym)::text
        );
    end loop;
    return document;
end
$$;
