-- Roles that every application shares. Roles belong to the cluster, not to a database, so this
-- runs once per server and again at every start: each statement leaves an existing role as it is.
--
-- None of them can log in. A request becomes `anon`, `authenticated` or `service_role`; work that
-- has no person behind it becomes its capability's own role.
do $$
declare
    wanted record;
begin
    for wanted in
        select *
        from (values
            ('anon',          'noinherit'),
            ('authenticated', 'noinherit'),
            ('service_role',  'noinherit bypassrls'),
            ('authenticator', 'noinherit'),
            ('tenantry_auth', 'noinherit'),
            ('tenantry_mail', 'noinherit'),
            ('supabase_auth_admin', 'noinherit')
        ) as roles (name, attributes)
    loop
        if not exists (select from pg_roles where rolname = wanted.name) then
            execute format('create role %I nologin %s', wanted.name, wanted.attributes);
        end if;
    end loop;
end
$$;

grant anon, authenticated, service_role to authenticator;
