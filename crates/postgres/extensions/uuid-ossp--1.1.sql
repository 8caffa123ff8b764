\echo Use "create extension uuid-ossp" to load this file. \quit

-- The functions of uuid-ossp under their own names, in SQL. Bodies are in standard SQL, so they are
-- bound to what they call when they are made: the extension may be moved to another schema, and
-- callers need not have it in their search path.

create function uuid_nil()
returns uuid
language sql
immutable
strict
parallel safe
return '00000000-0000-0000-0000-000000000000'::uuid;

-- The namespaces of RFC 9562, section 6.6.
create function uuid_ns_dns()
returns uuid
language sql
immutable
strict
parallel safe
return '6ba7b810-9dad-11d1-80b4-00c04fd430c8'::uuid;

create function uuid_ns_url()
returns uuid
language sql
immutable
strict
parallel safe
return '6ba7b811-9dad-11d1-80b4-00c04fd430c8'::uuid;

create function uuid_ns_oid()
returns uuid
language sql
immutable
strict
parallel safe
return '6ba7b812-9dad-11d1-80b4-00c04fd430c8'::uuid;

create function uuid_ns_x500()
returns uuid
language sql
immutable
strict
parallel safe
return '6ba7b814-9dad-11d1-80b4-00c04fd430c8'::uuid;

-- SHA-1 (RFC 3174), which PostgreSQL does not have built in. It is the only part that needs a
-- procedural language. It names nothing outside pg_catalog, so any search path will do.
create function uuid_ossp_sha1(data bytea)
returns bytea
language plpgsql
immutable
strict
parallel safe
as $$
declare
    low_bits constant bigint := 4294967295;
    padded constant bytea := data
        || '\x80'::bytea
        || decode(repeat('00', ((55 - length(data)) % 64 + 64) % 64), 'hex')
        || int8send(length(data)::bigint * 8);
    h0 bigint := 1732584193;
    h1 bigint := 4023233417;
    h2 bigint := 2562383102;
    h3 bigint := 271733878;
    h4 bigint := 3285377520;
    a bigint;
    b bigint;
    c bigint;
    d bigint;
    e bigint;
    mixed bigint;
    word bigint;
    words bigint[];
    at integer;
begin
    for block in 0 .. length(padded) / 64 - 1 loop
        words := array_fill(0::bigint, array[80], array[0]);
        a := h0;
        b := h1;
        c := h2;
        d := h3;
        e := h4;
        for step in 0 .. 79 loop
            if step < 16 then
                at := block * 64 + step * 4;
                word := (get_byte(padded, at)::bigint << 24)
                    | (get_byte(padded, at + 1) << 16)
                    | (get_byte(padded, at + 2) << 8)
                    | get_byte(padded, at + 3);
            else
                word := words[step - 3] # words[step - 8] # words[step - 14] # words[step - 16];
                word := ((word << 1) & low_bits) | (word >> 31);
            end if;
            words[step] := word;
            if step < 20 then
                mixed := ((b & c) | ((b # low_bits) & d)) + 1518500249;
            elsif step < 40 then
                mixed := (b # c # d) + 1859775393;
            elsif step < 60 then
                mixed := ((b & c) | (b & d) | (c & d)) + 2400959708;
            else
                mixed := (b # c # d) + 3395469782;
            end if;
            mixed := (mixed + (((a << 5) & low_bits) | (a >> 27)) + e + word) & low_bits;
            e := d;
            d := c;
            c := ((b << 30) & low_bits) | (b >> 2);
            b := a;
            a := mixed;
        end loop;
        h0 := (h0 + a) & low_bits;
        h1 := (h1 + b) & low_bits;
        h2 := (h2 + c) & low_bits;
        h3 := (h3 + d) & low_bits;
        h4 := (h4 + e) & low_bits;
    end loop;
    return decode(
        lpad(to_hex(h0), 8, '0')
            || lpad(to_hex(h1), 8, '0')
            || lpad(to_hex(h2), 8, '0')
            || lpad(to_hex(h3), 8, '0')
            || lpad(to_hex(h4), 8, '0'),
        'hex'
    );
end
$$;

-- The first 16 bytes of a hash with version and variant written over them.
create function uuid_ossp_from_hash(hash bytea, version integer)
returns uuid
language sql
immutable
strict
parallel safe
return encode(
    set_byte(
        set_byte(substring(hash from 1 for 16), 6, (get_byte(hash, 6) & 15) | (version << 4)),
        8,
        (get_byte(hash, 8) & 63) | 128
    ),
    'hex'
)::uuid;

-- Version 1: the time since 15 October 1582 in steps of 100 nanoseconds. The server's clock counts
-- microseconds, and SQL cannot see a network card, so clock sequence and node are random bits (the
-- last 8 bytes of a version 4 UUID, whose variant is the same), with the multicast bit that RFC 9562
-- asks of a random node. The last decimal digit of the time is random too.
create function uuid_generate_v1()
returns uuid
language sql
volatile
strict
parallel safe
begin atomic
    with chance as materialized (
        select uuid_send(gen_random_uuid()) as bytes
    ),
    moment as materialized (
        select bytes,
               lpad(
                   to_hex(
                       (extract(epoch from clock_timestamp()) * 10000000)::bigint
                           + 122192928000000000
                           + get_byte(bytes, 0) % 10
                   ),
                   16,
                   '0'
               ) as ticks
        from chance
    )
    select (
               substring(ticks from 9 for 8)
                   || substring(ticks from 5 for 4)
                   || '1'
                   || substring(ticks from 2 for 3)
                   || encode(substring(set_byte(bytes, 10, get_byte(bytes, 10) | 1) from 9 for 8), 'hex')
           )::uuid
    from moment;
end;

-- The same: a node that is random is what version 1mc means.
create function uuid_generate_v1mc()
returns uuid
language sql
volatile
strict
parallel safe
return uuid_generate_v1();

create function uuid_generate_v3(namespace uuid, name text)
returns uuid
language sql
immutable
strict
parallel safe
return uuid_ossp_from_hash(
    decode(md5(uuid_send(namespace) || convert_to(name, getdatabaseencoding())), 'hex'),
    3
);

create function uuid_generate_v4()
returns uuid
language sql
volatile
strict
parallel safe
return gen_random_uuid();

create function uuid_generate_v5(namespace uuid, name text)
returns uuid
language sql
immutable
strict
parallel safe
return uuid_ossp_from_hash(
    uuid_ossp_sha1(uuid_send(namespace) || convert_to(name, getdatabaseencoding())),
    5
);
