\echo Use "create extension pgcrypto" to load this file. \quit

-- The hashes and random functions of pgcrypto under their own names, in SQL. Bodies are in standard
-- SQL, so they are bound to what they call when they are made: the extension may be moved to another
-- schema, and callers need not have it in their search path.
--
-- Not here: encrypt and decrypt, pgp_*, armor. crypt and gen_salt say what to use instead.

-- SHA-1 (RFC 3174), which PostgreSQL does not have built in. It is the only part that needs a
-- procedural language. It names nothing outside pg_catalog, so any search path will do.
create function pgcrypto_sha1(data bytea)
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

create function pgcrypto_no_such_hash(algorithm text)
returns bytea
language plpgsql
volatile
strict
parallel safe
as $$
begin
    raise exception 'Cannot use "%": No such hash algorithm', algorithm
        using errcode = 'invalid_parameter_value',
              hint = 'Use md5, sha1, sha224, sha256, sha384 or sha512.';
end
$$;

create function digest(bytea, text)
returns bytea
language sql
immutable
strict
parallel safe
return case lower($2)
    when 'md5' then decode(md5($1), 'hex')
    when 'sha1' then pgcrypto_sha1($1)
    when 'sha224' then sha224($1)
    when 'sha256' then sha256($1)
    when 'sha384' then sha384($1)
    when 'sha512' then sha512($1)
    else pgcrypto_no_such_hash($2)
end;

create function digest(text, text)
returns bytea
language sql
immutable
strict
parallel safe
return digest(convert_to($1, getdatabaseencoding()), $2);

-- A key of at most one block, filled up with zeros, each byte exclusive-or the given one.
create function pgcrypto_hmac_pad(key bytea, block_size integer, pad integer)
returns bytea
language plpgsql
immutable
strict
parallel safe
as $$
declare
    padded bytea := key || decode(repeat('00', block_size - length(key)), 'hex');
begin
    for at in 0 .. block_size - 1 loop
        padded := set_byte(padded, at, get_byte(padded, at) # pad);
    end loop;
    return padded;
end
$$;

-- HMAC (RFC 2104): data, key, algorithm. A key longer than a block is hashed first.
create function hmac(bytea, bytea, text)
returns bytea
language sql
immutable
strict
parallel safe
begin atomic
    with block as materialized (
        select case when lower($3) in ('sha384', 'sha512') then 128 else 64 end as size
    ),
    short as materialized (
        select size,
               case when length($2) > size then digest($2, $3) else $2 end as key
        from block
    )
    select digest(
               pgcrypto_hmac_pad(key, size, 92) || digest(pgcrypto_hmac_pad(key, size, 54) || $1, $3),
               $3
           )
    from short;
end;

create function hmac(text, text, text)
returns bytea
language sql
immutable
strict
parallel safe
return hmac(
    convert_to($1, getdatabaseencoding()),
    convert_to($2, getdatabaseencoding()),
    $3
);

create function pgcrypto_bad_length()
returns bytea
language plpgsql
volatile
parallel safe
as $$
begin
    raise exception 'Length not in range'
        using errcode = 'external_routine_invocation_exception',
              hint = 'Ask for 1 to 1024 bytes.';
end
$$;

-- The server's strong random numbers, as it gives them in UUIDs: of each, the 14 bytes that hold no
-- version or variant bits.
create function gen_random_bytes(integer)
returns bytea
language sql
volatile
strict
parallel safe
begin atomic
    select case
               when $1 not between 1 and 1024 then pgcrypto_bad_length()
               else (
                   select substring(
                              string_agg(
                                  substring(bytes from 1 for 6)
                                      || substring(bytes from 8 for 1)
                                      || substring(bytes from 10 for 7),
                                  ''::bytea
                              )
                              from 1 for $1
                          )
                   from (
                       select uuid_send(gen_random_uuid()) as bytes
                       from generate_series(1, ($1 + 13) / 14)
                   ) as random_uuids
               )
           end;
end;

create function gen_random_uuid()
returns uuid
language sql
volatile
parallel safe
return pg_catalog.gen_random_uuid();

-- Password hashes need a slow algorithm, which SQL would make slower for us than for an attacker.
create function crypt(text, text)
returns text
language plpgsql
immutable
strict
parallel safe
as $$
begin
    raise exception 'crypt is not part of this server''s pgcrypto, which is written in SQL'
        using errcode = 'feature_not_supported',
              hint = 'Let the auth API hash passwords (Argon2id or bcrypt), hash them in your program, or use '
                  'a PostgreSQL server of your own with the original pgcrypto through DATABASE_URL.';
end
$$;

create function gen_salt(text)
returns text
language plpgsql
volatile
strict
parallel safe
as $$
begin
    raise exception 'gen_salt is not part of this server''s pgcrypto, which is written in SQL'
        using errcode = 'feature_not_supported',
              hint = 'Let the auth API hash passwords (Argon2id or bcrypt), hash them in your program, or use '
                  'a PostgreSQL server of your own with the original pgcrypto through DATABASE_URL.';
end
$$;

create function gen_salt(text, integer)
returns text
language sql
volatile
strict
parallel safe
return gen_salt($1);
