-- Plants a text that nothing else has into every column of every table that can hold rows of a
-- person, from the catalog, so that a new table or column is covered without anybody thinking of it.
-- Where the person has no row in such a table, one is made: like one that is there, or by types.

-- Tables that can hold rows of the person, and which rows those are.
create temporary table theirs (
    place serial,
    relation regclass primary key,
    condition text not null
);

create temporary table planted (
    relation text not null,
    attribute text not null,
    canary text not null,
    primary key (relation, attribute)
);

create or replace function pg_temp.find_theirs(users regclass, key text, person text)
returns void
language plpgsql
as $$
declare
    reached record;
begin
    truncate theirs restart identity;
    insert into theirs (relation, condition) values (users, format('%I::text = %L', key, person));
    insert into theirs (relation, condition)
    values ('auth.users', format('id::text = %L', person))
    on conflict do nothing;
    loop
        -- Keys that become null are followed from the users tables only: what such a row's own
        -- rows are is somebody else's.
        select
            k.conrelid::regclass as relation,
            format(
                '(%s) in (select %s from %s where %s)',
                (select string_agg(quote_ident(a.attname), ', ' order by n)
                 from unnest(k.conkey) with ordinality as c (number, n)
                 join pg_attribute a on a.attrelid = k.conrelid and a.attnum = c.number),
                (select string_agg(quote_ident(a.attname), ', ' order by n)
                 from unnest(k.confkey) with ordinality as c (number, n)
                 join pg_attribute a on a.attrelid = k.confrelid and a.attnum = c.number),
                k.confrelid::regclass,
                t.condition
            ) as condition
        into reached
        from theirs t
        join pg_constraint k on k.confrelid = t.relation and k.contype = 'f' and k.conparentid = 0
        where k.conrelid not in (select relation from theirs)
            and (k.confdeltype not in ('n', 'd') or t.place <= 2)
        order by t.place, k.conrelid::regclass::text, k.conname
        limit 1;
        exit when not found;
        insert into theirs (relation, condition) values (reached.relation, reached.condition);
    end loop;
    insert into theirs (relation, condition)
    select c.oid, format('user_id::text = %L', person)
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'user_id' and not a.attisdropped
    where c.relkind in ('r', 'p')
        and not c.relispartition
        and c.oid <> 'auth.erasures'::regclass
        and c.relpersistence <> 't'
    on conflict do nothing;
    insert into theirs (relation, condition)
    values ('auth.audit_log_entries', format('payload ->> ''actor_id'' = %L', person));
end
$$;

create or replace function pg_temp.columns(relation regclass)
returns table (name text, number smallint, type_name text, kind text, needed boolean, has_default boolean, is_unique boolean, refers boolean, referred boolean)
language sql
as $$
    select
        a.attname::text,
        a.attnum,
        format_type(a.atttypid, a.atttypmod),
        case when t.typcategory = 'S' then 'text' else t.typname::text end,
        a.attnotnull,
        a.atthasdef or a.attidentity <> '',
        exists (select from pg_index i where i.indrelid = a.attrelid and i.indisunique and a.attnum = any (i.indkey)),
        exists (select from pg_constraint k where k.conrelid = a.attrelid and k.contype = 'f' and a.attnum = any (k.conkey)),
        exists (select from pg_constraint k where k.confrelid = a.attrelid and k.contype = 'f' and a.attnum = any (k.confkey))
    from pg_attribute a
    join pg_type t on t.oid = a.atttypid
    where a.attrelid = relation
        and a.attnum > 0
        and not a.attisdropped
        and a.attgenerated = ''
$$;

-- A value for a column of a row that is made.
create or replace function pg_temp.made_value(relation regclass, person text, c record)
returns text
language plpgsql
as $$
declare
    key record;
    is_there boolean;
begin
    select
        k.confrelid::regclass as relation,
        (select a.attname from pg_attribute a where a.attrelid = k.confrelid and a.attnum = k.confkey[array_position(k.conkey, c.number)]) as name,
        t.condition
    into key
    from pg_constraint k
    left join theirs t on t.relation = k.confrelid
    where k.conrelid = made_value.relation
        and k.contype = 'f'
        and c.number = any (k.conkey)
    order by (t.relation is null), k.confrelid::regclass::text
    limit 1;
    if found and (key.condition is not null or c.needed) then
        return format('(select %I from %s where %s limit 1)', key.name, key.relation, coalesce(key.condition, 'true'));
    elsif found then
        return 'null';
    elsif c.name = 'user_id' or c.name in ('resource_id', 'entity_id') and relation::text like 'audit_log%' then
        return format('%L', person);
    elsif relation = 'auth.audit_log_entries'::regclass and c.name = 'payload' then
        return format('json_build_object(''actor_id'', %L, ''action'', ''login'')', person);
    elsif c.is_unique and c.has_default then
        return null;
    end if;
    execute format('select exists (select from %s)', relation) into is_there;
    if is_there and not c.is_unique then
        return format('(select %I from %s order by ctid limit 1)', c.name, relation);
    elsif not c.needed or c.has_default then
        return null;
    end if;
    return case c.kind
        when 'uuid' then 'gen_random_uuid()'
        when 'text' then quote_literal(left(
            encode(sha256(random()::text::bytea), 'hex'),
            coalesce(substring(c.type_name from '\d+')::integer, 64)
        ))
        when 'bool' then 'false'
        when 'jsonb' then '''{}'''
        when 'json' then '''{}'''
        when 'bytea' then '''\x00'''
        when 'timestamptz' then 'now()'
        when 'timestamp' then 'now()'
        when 'date' then 'now()'
        when 'inet' then '''::1'''
        when 'vector' then format('array_fill(0::real, array[%s])::extensions.vector', substring(c.type_name from '\d+'))
        else coalesce(
            (
                select format('%L::%s', e.enumlabel, c.type_name)
                from pg_enum e
                where e.enumtypid = to_regtype(c.type_name)
                order by e.enumsortorder
                limit 1
            ),
            '1'
        )
    end;
end
$$;

-- Gives the person a row in every table.
create or replace function pg_temp.make_rows(person text)
returns void
language plpgsql
as $$
declare
    their record;
    c record;
    names text[];
    made text[];
    value text;
    is_there boolean;
begin
    for their in select * from theirs order by place loop
        execute format('select exists (select from %s where %s)', their.relation, their.condition) into is_there;
        continue when is_there;
        names := '{}';
        made := '{}';
        for c in select * from pg_temp.columns(their.relation) loop
            value := pg_temp.made_value(their.relation, person, c);
            if value is not null then
                names := names || quote_ident(c.name);
                made := made || value;
            end if;
        end loop;
        execute format(
            'insert into %s (%s) select %s',
            their.relation,
            array_to_string(names, ', '),
            array_to_string(made, ', ')
        );
    end loop;
end
$$;

-- The values that may carry a canary in a column, the plain one first.
create or replace function pg_temp.carriers(kind text, type_name text, canary text, relation regclass, name text)
returns text[]
language sql
as $$
    select case
        when kind = 'text' then array[
            quote_literal(canary),
            quote_literal(canary || '@example.com'),
            quote_literal('https://example.com/' || canary),
            quote_literal('text/' || canary)
        ]
        when kind in ('json', 'jsonb') then array[
            format('jsonb_build_object(%L, %L)::%s', canary || 'key', canary, kind),
            format('(%I::jsonb || jsonb_build_object(%L, %L))::%s', name, canary || 'key', canary, kind),
            format('jsonb_build_array(%L)::%s', canary, kind)
        ]
        when kind in ('_text', '_varchar') then array[format('array[%L]', canary)]
        when kind = 'bytea' then array[format('convert_to(%L, ''UTF8'')', canary)]
        when kind = 'inet' then array[quote_literal(canary)]
        when kind = 'tsvector' then array[format('to_tsvector(''simple'', %L)', canary)]
        when kind = 'vector' then array[
            format('array_fill(%s::real, array[%s])::extensions.vector', canary, substring(type_name from '\d+'))
        ]
        else '{}'
    end
$$;

create or replace function pg_temp.canary_for(mark text, kind text, relation regclass, name text)
returns text
language sql
as $$
    select case kind
        when 'inet' then (
            select '2001:db8:' || string_agg('f' || substr(md5(mark || relation::text || name), 1 + 3 * n, 3), ':' order by n)
            from generate_series(0, 5) as n
        )
        -- Six digits, which a real number keeps.
        when 'vector' then '0.' || (12345 + abs(hashtext(mark || relation::text || name)) % 70000) || '7'
        else mark || substr(md5(relation::text || name), 1, 8)
    end
$$;

-- Plants everywhere and notes where it took.
create or replace function pg_temp.plant(mark text)
returns void
language plpgsql
as $$
declare
    their record;
    c record;
    canary text;
    carrier text;
    target text;
    is_trail boolean;
    taken integer;
begin
    for their in select * from theirs order by place desc loop
        is_trail := their.relation::text like '%audit_log%';
        for c in select * from pg_temp.columns(their.relation) loop
            -- Keys that are referred to hold the rows together; a trail's words are its own.
            continue when c.refers or c.referred or c.name = 'user_id';
            continue when is_trail and (c.name ~ '_(id|type|role)$' or (c.needed and c.kind = 'text' and c.name <> 'ip_address'));
            continue when their.relation = 'auth.audit_log_entries'::regclass and c.name = 'payload';
            canary := pg_temp.canary_for(mark, c.kind, their.relation, c.name);
            <<carriers>>
            foreach carrier in array pg_temp.carriers(c.kind, c.type_name, canary, their.relation, c.name) loop
                foreach target in array array[
                    their.condition,
                    format('ctid = (select ctid from %s where %s limit 1)', their.relation, their.condition)
                ] loop
                    begin
                        execute format(
                            'update %s set %I = %s where %s and (%3$s) is not null',
                            their.relation, c.name, carrier, target
                        );
                        get diagnostics taken = row_count;
                        if taken > 0 then
                            insert into planted (relation, attribute, canary)
                            values (their.relation::text, c.name, canary)
                            on conflict do nothing;
                        end if;
                        exit carriers when taken > 0;
                    exception
                        -- What a check, a length, a unique key or a trigger refuses stays as it was.
                        when others then
                            null;
                    end;
                end loop;
            end loop;
        end loop;
    end loop;
    -- The identity engine's trail names its people in a document.
    canary := mark || 'payload';
    update auth.audit_log_entries
    set payload = (payload::jsonb || jsonb_build_object('traits', jsonb_build_object('note', canary)))::json
    where ctid in (select e.ctid from auth.audit_log_entries e, theirs t where t.relation = 'auth.users'::regclass and t.condition like '%' || (e.payload ->> 'actor_id') || '%');
    insert into planted (relation, attribute, canary) values ('auth.audit_log_entries', 'payload', canary) on conflict do nothing;
end
$$;
