-- What the applications' policy tests are written with. Every function runs as the role that calls
-- it, so a statement within it has exactly that role's rights.

-- An account; the identity binding makes the application's own row for it.
create function pg_temp.person(email text, app_meta jsonb default '{}', user_meta jsonb default '{}')
returns uuid
language sql
as $$
    insert into auth.users (email, email_confirmed_at, raw_app_meta_data, raw_user_meta_data)
    values (email, now(), app_meta, user_meta)
    returning id
$$;

-- From now on, statements run as this role with this person's claims.
create function pg_temp.become(role text, person uuid default null)
returns void
language plpgsql
as $$
begin
    perform set_config('role', 'none', true);
    perform set_config('app.current_user_id', coalesce(person::text, ''), true);
    perform set_config(
        'request.jwt.claims',
        json_build_object('role', role, 'sub', coalesce(person::text, ''))::text,
        true
    );
    perform set_config('request.headers', '{"x-forwarded-for": "203.0.113.7", "user-agent": "tests"}', true);
    if person is null then
        perform set_config('request.jwt.claims', '', true);
    end if;
    perform set_config('role', role, true);
end
$$;

-- A signed-in role whose settings hold nothing, as after a connection was reset.
create function pg_temp.become_nobody_setting()
returns void
language plpgsql
as $$
begin
    perform pg_temp.become('authenticated');
end
$$;

create function pg_temp.become_admin()
returns void
language plpgsql
as $$
begin
    perform set_config('role', 'none', true);
    perform set_config('app.current_user_id', '', true);
    perform set_config('request.jwt.claims', '', true);
end
$$;

create function pg_temp.expect_rows(description text, statement text, expected bigint)
returns void
language plpgsql
as $$
declare
    found bigint;
begin
    execute statement;
    get diagnostics found = row_count;
    if found <> expected then
        raise exception '%: expected % rows, found % [%]', description, expected, found, statement;
    end if;
end
$$;

create function pg_temp.expect_refused(description text, statement text, code text)
returns void
language plpgsql
as $$
begin
    begin
        execute statement;
    exception when others then
        if sqlstate <> code then
            raise exception '%: expected the refusal %, got % (%) [%]', description, code, sqlstate, sqlerrm, statement;
        end if;
        return;
    end;
    raise exception '%: expected the refusal %, but it was done [%]', description, code, statement;
end
$$;

create function pg_temp.expect_value(description text, statement text, expected text)
returns void
language plpgsql
as $$
declare
    found text;
begin
    execute statement into found;
    if found is distinct from expected then
        raise exception '%: expected %, found % [%]', description, expected, found, statement;
    end if;
end
$$;

-- Temporary functions are found by everybody the tests become.
do $$
begin
    execute format('grant usage on schema %s to public', pg_my_temp_schema()::regnamespace);
end
$$;
