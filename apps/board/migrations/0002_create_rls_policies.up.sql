-- tenantry: version 1.1.0
-- tenantry: identifier 396e8f26d0a5
-- Who sees which rows. The server says who is asking in app.current_user_id, written for each
-- transaction; a program that did SET ROLE authenticated and sets nothing else gets the same.
-- Each setting is read inside a sub-select, once per statement. Missing or empty means nobody.
-- service_role and the owner bypass row security and need no policy.

create policy users_select_own on public.users
    for select
    to authenticated
    using (id = (select nullif(current_setting('app.current_user_id', true), '')));

create policy users_update_own on public.users
    for update
    to authenticated
    using (id = (select nullif(current_setting('app.current_user_id', true), '')))
    with check (id = (select nullif(current_setting('app.current_user_id', true), '')));

create policy personas_public_read on public.personas
    for select
    to anon, authenticated
    using (true);

create policy sessions_user_isolation on public.sessions
    for all
    to authenticated
    using (user_id = (select nullif(current_setting('app.current_user_id', true), '')))
    with check (user_id = (select nullif(current_setting('app.current_user_id', true), '')));

-- People hold no right to write contributions and votes; if a later revision grants one, these
-- policies already keep it to the own deliberations. The document says `session_id in (select ...)`;
-- as an array the same set is read once and then looked up in the index on session_id, where `in`
-- would read every contribution of everybody.
create policy contributions_user_isolation on public.contributions
    for all
    to authenticated
    using (
        session_id = any (array(
            select sessions.id
            from public.sessions
            where sessions.user_id = (select nullif(current_setting('app.current_user_id', true), ''))
        ))
    )
    with check (
        session_id = any (array(
            select sessions.id
            from public.sessions
            where sessions.user_id = (select nullif(current_setting('app.current_user_id', true), ''))
        ))
    );

create policy votes_user_isolation on public.votes
    for all
    to authenticated
    using (
        session_id = any (array(
            select sessions.id
            from public.sessions
            where sessions.user_id = (select nullif(current_setting('app.current_user_id', true), ''))
        ))
    )
    with check (
        session_id = any (array(
            select sessions.id
            from public.sessions
            where sessions.user_id = (select nullif(current_setting('app.current_user_id', true), ''))
        ))
    );

-- Reading only: whoever could write here could write a trail for themselves.
create policy audit_log_user_isolation on public.audit_log
    for select
    to authenticated
    using (user_id = (select nullif(current_setting('app.current_user_id', true), '')));
