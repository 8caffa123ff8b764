-- Takes away every trigger and function that a binding made; the functions that stand without a
-- binding too are left for the statements that restore them.
do $$
declare
    made record;
begin
    for made in
        select t.tgname, t.tgrelid::regclass as table_name
        from pg_catalog.pg_trigger as t
        join pg_catalog.pg_proc as p on p.oid = t.tgfoid
        where p.pronamespace = 'auth'::regnamespace
        and p.proname like 'bind\_%'
        and not t.tgisinternal
    loop
        execute format('drop trigger %I on %s', made.tgname, made.table_name);
    end loop;
    for made in
        select p.oid::regprocedure as signature
        from pg_catalog.pg_proc as p
        where p.pronamespace = 'auth'::regnamespace
        and p.proname like 'bind\_%'
        and p.proname not in (
            'bind_administered_users',
            'bind_administers',
            'bind_administrator_metadata',
            'bind_allows_anonymous',
            'bind_find_user',
            'bind_make_administrator',
            'bind_may_invite',
            'bind_sign_in_failed',
            'bind_sign_in_state',
            'bind_sign_in_succeeded',
            'bind_verify_key'
        )
    loop
        execute format('drop function %s', made.signature);
    end loop;
end
$$;
