-- tenantry: version 1.1.0
-- Who may do what: the functions that the policies ask, the policies, the rights.
--
-- A permission is a row, resource:action:scope, held through a role. Every policy asks for two:
--
--   own   the row belongs to the caller, and the caller holds ...:own
--   all   the caller holds ...:all
--
-- Each question is put in a subquery of its own, so PostgreSQL answers it once per statement and
-- not once per row. The second is written as a range of keys that is everything or nothing, not as
-- a plain "or has_permission(...)": with the range, both halves can use the index on the owner's
-- key, so that a person's own rows are found without reading everybody's.


-- Questions ---------------------------------------------------------------------------------------

-- Deactivated and locked people hold nothing; nor does a caller who is nobody.
create function profiler_schema.has_permission(permission text)
returns boolean
language plpgsql
stable
parallel safe
security definer
set search_path = ''
as $$
begin
    return exists (
        select
        from profiler_schema.users as person
        join profiler_schema.user_roles as held
            on held.user_id = person.user_id
        join profiler_schema.role_permissions as given
            on given.role_id = held.role_id
        join profiler_schema.permissions as allowed
            on allowed.permission_id = given.permission_id
        where person.user_id = auth.uid()
        and person.is_active
        and not person.is_locked
        and allowed.permission_name = has_permission.permission
    );
end
$$;

comment on function profiler_schema.has_permission(text) is
    'Whether the caller holds this permission, such as documents:read:all.';


-- The lower end of "all rows": the least uuid for who holds the permission, else null, with which
-- no row compares as true.
create function profiler_schema.all_rows_from(permission text)
returns uuid
language plpgsql
stable
parallel safe
security definer
set search_path = ''
as $$
begin
    if profiler_schema.has_permission(permission) then
        return '00000000-0000-0000-0000-000000000000';
    end if;
    return null;
end
$$;

comment on function profiler_schema.all_rows_from(text) is
    'The least uuid if the caller holds this permission, else null: the start of a range of keys.';


-- Reads as the owner: what may be done to a profile's parts is asked of the parts' permissions, not
-- of the right to read the profile itself.
create function profiler_schema.own_profiles(permission text)
returns uuid[]
language plpgsql
stable
parallel safe
security definer
set search_path = ''
as $$
begin
    if not profiler_schema.has_permission(permission) then
        return '{}';
    end if;
    return array(
        select profile_id
        from profiler_schema.profiles
        where user_id = auth.uid()
    );
end
$$;

comment on function profiler_schema.own_profiles(text) is
    'The caller''s profiles if the caller holds this permission, else none.';


create function profiler_schema.own_documents(permission text)
returns uuid[]
language plpgsql
stable
parallel safe
security definer
set search_path = ''
as $$
begin
    if not profiler_schema.has_permission(permission) then
        return '{}';
    end if;
    return array(
        select document_id
        from profiler_schema.documents
        where user_id = auth.uid()
    );
end
$$;

comment on function profiler_schema.own_documents(text) is
    'The caller''s documents if the caller holds this permission, else none.';


-- Nobody hands out, or takes away, more than they hold themselves. Without this, the right to write
-- user_roles alone would be as good as being administrator.
create function profiler_schema.holds_permission(wanted uuid)
returns boolean
language plpgsql
stable
parallel safe
security definer
set search_path = ''
as $$
begin
    return exists (
        select
        from profiler_schema.permissions
        where permission_id = wanted
        and profiler_schema.has_permission(permission_name)
    );
end
$$;

comment on function profiler_schema.holds_permission(uuid) is
    'Whether the caller holds the permission with this id.';


create function profiler_schema.holds_all_of_role(wanted uuid)
returns boolean
language plpgsql
stable
parallel safe
security definer
set search_path = ''
as $$
begin
    return not exists (
        select
        from profiler_schema.role_permissions as given
        join profiler_schema.permissions as allowed
            on allowed.permission_id = given.permission_id
        where given.role_id = wanted
        and not profiler_schema.has_permission(allowed.permission_name)
    );
end
$$;

comment on function profiler_schema.holds_all_of_role(uuid) is
    'Whether the caller holds every permission of this role.';


-- The state of an account is not among the columns that callers may write; administrators change it
-- here, and nobody changes their own.
create function profiler_schema.set_user_active(person uuid, active boolean)
returns void
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
    if not profiler_schema.has_permission('users:write:all') or person = auth.uid() then
        raise exception 'not allowed to activate or deactivate this person'
            using errcode = 'insufficient_privilege';
    end if;

    update profiler_schema.users
    set is_active = active
    where user_id = person;

    if not found then
        raise exception 'no such person'
            using errcode = 'no_data_found';
    end if;
end
$$;

comment on function profiler_schema.set_user_active(uuid, boolean) is
    'Activates or deactivates another person. Needs users:write:all.';


create function profiler_schema.set_user_locked(person uuid, locked boolean)
returns void
language plpgsql
volatile
security definer
set search_path = ''
as $$
begin
    if not profiler_schema.has_permission('users:write:all') or person = auth.uid() then
        raise exception 'not allowed to lock or unlock this person'
            using errcode = 'insufficient_privilege';
    end if;

    -- An unlocked account starts counting failures afresh.
    update profiler_schema.users
    set is_locked = locked,
        login_attempts = case when locked then login_attempts else 0 end
    where user_id = person;

    if not found then
        raise exception 'no such person'
            using errcode = 'no_data_found';
    end if;
end
$$;

comment on function profiler_schema.set_user_locked(uuid, boolean) is
    'Locks or unlocks another person''s account. Needs users:write:all.';


-- Rights ------------------------------------------------------------------------------------------

-- anon gets nothing: there is no public page in this application.
grant usage on schema profiler_schema to authenticated, service_role, profiler_analyst;

revoke execute on function
    profiler_schema.has_permission(text),
    profiler_schema.all_rows_from(text),
    profiler_schema.own_profiles(text),
    profiler_schema.own_documents(text),
    profiler_schema.holds_permission(uuid),
    profiler_schema.holds_all_of_role(uuid),
    profiler_schema.set_user_active(uuid, boolean),
    profiler_schema.set_user_locked(uuid, boolean)
    from public;

grant execute on function
    profiler_schema.has_permission(text),
    profiler_schema.all_rows_from(text),
    profiler_schema.own_profiles(text),
    profiler_schema.own_documents(text),
    profiler_schema.holds_permission(uuid),
    profiler_schema.holds_all_of_role(uuid),
    profiler_schema.set_user_active(uuid, boolean),
    profiler_schema.set_user_locked(uuid, boolean)
    to authenticated;

grant select, insert, update, delete on
    profiler_schema.users,
    profiler_schema.roles,
    profiler_schema.permissions,
    profiler_schema.user_roles,
    profiler_schema.role_permissions,
    profiler_schema.profiles,
    profiler_schema.sections,
    profiler_schema.answers,
    profiler_schema.documents,
    profiler_schema.document_chunks,
    profiler_schema.recommendations,
    profiler_schema.sessions
    to service_role;

-- Callers: never a hash, a salt or a token; never the state of an account or a time that the
-- database keeps. Keys stand among the columns to update because an upsert writes them again; the
-- policies hold them to rows that the caller may write.
grant select (user_id, username, email, first_name, last_name, created_at, updated_at, last_login,
              is_active, is_locked, login_attempts),
      update (username, first_name, last_name),
      delete
    on profiler_schema.users to authenticated;

grant select,
      insert (role_id, role_name, description),
      update (role_name, description),
      delete
    on profiler_schema.roles to authenticated;

-- No renaming: policies ask for permissions by name.
grant select,
      insert (permission_id, permission_name, description),
      update (description),
      delete
    on profiler_schema.permissions to authenticated;

grant select, insert (user_id, role_id), delete
    on profiler_schema.user_roles to authenticated;

grant select, insert (role_id, permission_id), delete
    on profiler_schema.role_permissions to authenticated;

grant select,
      insert (profile_id, user_id, title, description, current_section, status, metadata),
      update (profile_id, user_id, title, description, current_section, status, metadata),
      delete
    on profiler_schema.profiles to authenticated;

grant select,
      insert (section_id, profile_id, section_key, title, description, status, order_index, data),
      update (section_id, profile_id, section_key, title, description, status, order_index, data),
      delete
    on profiler_schema.sections to authenticated;

grant select,
      insert (answer_id, profile_id, section_key, question_key, answer_text, answer_data),
      update (answer_id, profile_id, section_key, question_key, answer_text, answer_data),
      delete
    on profiler_schema.answers to authenticated;

-- What was uploaded, and by whom, does not change afterwards.
grant select,
      insert (document_id, user_id, profile_id, filename, file_path, file_size, mime_type, status,
              metadata),
      update (profile_id, filename, status, metadata),
      delete
    on profiler_schema.documents to authenticated;

grant select,
      insert (chunk_id, document_id, chunk_index, chunk_text, embedding, metadata),
      update (chunk_id, document_id, chunk_index, chunk_text, embedding, metadata),
      delete
    on profiler_schema.document_chunks to authenticated;

-- What was recommended, and from which source, does not change either: it is accepted, dismissed or
-- superseded by another.
grant select,
      insert (recommendation_id, profile_id, section_key, question_key, recommendation_text,
              source_document_id, source_chunk_id, relevance_score, status, metadata),
      update (status, metadata),
      delete
    on profiler_schema.recommendations to authenticated;

grant select (session_id, user_id, profile_id, ip_address, user_agent, created_at, expires_at,
              last_activity, is_active),
      delete
    on profiler_schema.sessions to authenticated;

-- The analyst counts and compares; what people wrote stays theirs.
grant select (user_id, username, email, first_name, last_name, created_at, updated_at, last_login,
              is_active, is_locked, login_attempts)
    on profiler_schema.users to profiler_analyst;
grant select on profiler_schema.roles to profiler_analyst;
grant select on profiler_schema.permissions to profiler_analyst;
grant select on profiler_schema.user_roles to profiler_analyst;
grant select on profiler_schema.role_permissions to profiler_analyst;
grant select (profile_id, user_id, title, current_section, status, created_at, updated_at,
              completed_at)
    on profiler_schema.profiles to profiler_analyst;
grant select (section_id, profile_id, section_key, title, status, order_index, created_at,
              updated_at, completed_at)
    on profiler_schema.sections to profiler_analyst;
grant select (answer_id, profile_id, section_key, question_key, created_at, updated_at)
    on profiler_schema.answers to profiler_analyst;
grant select (document_id, user_id, profile_id, filename, file_size, mime_type, status,
              processed_at, created_at, updated_at)
    on profiler_schema.documents to profiler_analyst;
grant select (chunk_id, document_id, chunk_index, created_at)
    on profiler_schema.document_chunks to profiler_analyst;
grant select (recommendation_id, profile_id, section_key, question_key, source_document_id,
              source_chunk_id, created_at, relevance_score, status)
    on profiler_schema.recommendations to profiler_analyst;
grant select (session_id, user_id, profile_id, created_at, expires_at, last_activity, is_active)
    on profiler_schema.sessions to profiler_analyst;


-- Policies ----------------------------------------------------------------------------------------

create policy users_select on profiler_schema.users
    for select to authenticated
    using (
        (
            user_id = (select auth.uid())
            and (select profiler_schema.has_permission('users:read:own'))
        )
        or user_id between
            (select profiler_schema.all_rows_from('users:read:all'))
            and 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    );

create policy users_update on profiler_schema.users
    for update to authenticated
    using (
        (
            user_id = (select auth.uid())
            and (select profiler_schema.has_permission('users:write:own'))
        )
        or user_id between
            (select profiler_schema.all_rows_from('users:write:all'))
            and 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    )
    with check (
        (
            user_id = (select auth.uid())
            and (select profiler_schema.has_permission('users:write:own'))
        )
        or user_id between
            (select profiler_schema.all_rows_from('users:write:all'))
            and 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    );

create policy users_delete on profiler_schema.users
    for delete to authenticated
    using (
        (
            user_id = (select auth.uid())
            and (select profiler_schema.has_permission('users:delete:own'))
        )
        or user_id between
            (select profiler_schema.all_rows_from('users:delete:all'))
            and 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    );


create policy profiles_select on profiler_schema.profiles
    for select to authenticated
    using (
        (
            user_id = (select auth.uid())
            and (select profiler_schema.has_permission('profiles:read:own'))
        )
        or user_id between
            (select profiler_schema.all_rows_from('profiles:read:all'))
            and 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    );

create policy profiles_insert on profiler_schema.profiles
    for insert to authenticated
    with check (
        (
            user_id = (select auth.uid())
            and (select profiler_schema.has_permission('profiles:write:own'))
        )
        or user_id between
            (select profiler_schema.all_rows_from('profiles:write:all'))
            and 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    );

create policy profiles_update on profiler_schema.profiles
    for update to authenticated
    using (
        (
            user_id = (select auth.uid())
            and (select profiler_schema.has_permission('profiles:write:own'))
        )
        or user_id between
            (select profiler_schema.all_rows_from('profiles:write:all'))
            and 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    )
    with check (
        (
            user_id = (select auth.uid())
            and (select profiler_schema.has_permission('profiles:write:own'))
        )
        or user_id between
            (select profiler_schema.all_rows_from('profiles:write:all'))
            and 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    );

create policy profiles_delete on profiler_schema.profiles
    for delete to authenticated
    using (
        (
            user_id = (select auth.uid())
            and (select profiler_schema.has_permission('profiles:delete:own'))
        )
        or user_id between
            (select profiler_schema.all_rows_from('profiles:delete:all'))
            and 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    );


create policy sections_select on profiler_schema.sections
    for select to authenticated
    using (
        profile_id = any ((select profiler_schema.own_profiles('sections:read:own'))::uuid[])
        or profile_id between
            (select profiler_schema.all_rows_from('sections:read:all'))
            and 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    );

create policy sections_insert on profiler_schema.sections
    for insert to authenticated
    with check (
        profile_id = any ((select profiler_schema.own_profiles('sections:write:own'))::uuid[])
        or profile_id between
            (select profiler_schema.all_rows_from('sections:write:all'))
            and 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    );

create policy sections_update on profiler_schema.sections
    for update to authenticated
    using (
        profile_id = any ((select profiler_schema.own_profiles('sections:write:own'))::uuid[])
        or profile_id between
            (select profiler_schema.all_rows_from('sections:write:all'))
            and 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    )
    with check (
        profile_id = any ((select profiler_schema.own_profiles('sections:write:own'))::uuid[])
        or profile_id between
            (select profiler_schema.all_rows_from('sections:write:all'))
            and 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    );

create policy sections_delete on profiler_schema.sections
    for delete to authenticated
    using (
        profile_id = any ((select profiler_schema.own_profiles('sections:delete:own'))::uuid[])
        or profile_id between
            (select profiler_schema.all_rows_from('sections:delete:all'))
            and 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    );


create policy answers_select on profiler_schema.answers
    for select to authenticated
    using (
        profile_id = any ((select profiler_schema.own_profiles('answers:read:own'))::uuid[])
        or profile_id between
            (select profiler_schema.all_rows_from('answers:read:all'))
            and 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    );

create policy answers_insert on profiler_schema.answers
    for insert to authenticated
    with check (
        profile_id = any ((select profiler_schema.own_profiles('answers:write:own'))::uuid[])
        or profile_id between
            (select profiler_schema.all_rows_from('answers:write:all'))
            and 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    );

create policy answers_update on profiler_schema.answers
    for update to authenticated
    using (
        profile_id = any ((select profiler_schema.own_profiles('answers:write:own'))::uuid[])
        or profile_id between
            (select profiler_schema.all_rows_from('answers:write:all'))
            and 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    )
    with check (
        profile_id = any ((select profiler_schema.own_profiles('answers:write:own'))::uuid[])
        or profile_id between
            (select profiler_schema.all_rows_from('answers:write:all'))
            and 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    );

create policy answers_delete on profiler_schema.answers
    for delete to authenticated
    using (
        profile_id = any ((select profiler_schema.own_profiles('answers:delete:own'))::uuid[])
        or profile_id between
            (select profiler_schema.all_rows_from('answers:delete:all'))
            and 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    );


create policy documents_select on profiler_schema.documents
    for select to authenticated
    using (
        (
            user_id = (select auth.uid())
            and (select profiler_schema.has_permission('documents:read:own'))
        )
        or user_id between
            (select profiler_schema.all_rows_from('documents:read:all'))
            and 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    );

create policy documents_insert on profiler_schema.documents
    for insert to authenticated
    with check (
        (
            user_id = (select auth.uid())
            and (select profiler_schema.has_permission('documents:write:own'))
        )
        or user_id between
            (select profiler_schema.all_rows_from('documents:write:all'))
            and 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    );

create policy documents_update on profiler_schema.documents
    for update to authenticated
    using (
        (
            user_id = (select auth.uid())
            and (select profiler_schema.has_permission('documents:write:own'))
        )
        or user_id between
            (select profiler_schema.all_rows_from('documents:write:all'))
            and 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    )
    with check (
        (
            user_id = (select auth.uid())
            and (select profiler_schema.has_permission('documents:write:own'))
        )
        or user_id between
            (select profiler_schema.all_rows_from('documents:write:all'))
            and 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    );

create policy documents_delete on profiler_schema.documents
    for delete to authenticated
    using (
        (
            user_id = (select auth.uid())
            and (select profiler_schema.has_permission('documents:delete:own'))
        )
        or user_id between
            (select profiler_schema.all_rows_from('documents:delete:all'))
            and 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    );


create policy document_chunks_select on profiler_schema.document_chunks
    for select to authenticated
    using (
        document_id = any ((select profiler_schema.own_documents('document_chunks:read:own'))::uuid[])
        or document_id between
            (select profiler_schema.all_rows_from('document_chunks:read:all'))
            and 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    );

create policy document_chunks_insert on profiler_schema.document_chunks
    for insert to authenticated
    with check (
        document_id = any ((select profiler_schema.own_documents('document_chunks:write:own'))::uuid[])
        or document_id between
            (select profiler_schema.all_rows_from('document_chunks:write:all'))
            and 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    );

create policy document_chunks_update on profiler_schema.document_chunks
    for update to authenticated
    using (
        document_id = any ((select profiler_schema.own_documents('document_chunks:write:own'))::uuid[])
        or document_id between
            (select profiler_schema.all_rows_from('document_chunks:write:all'))
            and 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    )
    with check (
        document_id = any ((select profiler_schema.own_documents('document_chunks:write:own'))::uuid[])
        or document_id between
            (select profiler_schema.all_rows_from('document_chunks:write:all'))
            and 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    );

create policy document_chunks_delete on profiler_schema.document_chunks
    for delete to authenticated
    using (
        document_id = any ((select profiler_schema.own_documents('document_chunks:delete:own'))::uuid[])
        or document_id between
            (select profiler_schema.all_rows_from('document_chunks:delete:all'))
            and 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    );


create policy recommendations_select on profiler_schema.recommendations
    for select to authenticated
    using (
        profile_id = any ((select profiler_schema.own_profiles('recommendations:read:own'))::uuid[])
        or profile_id between
            (select profiler_schema.all_rows_from('recommendations:read:all'))
            and 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    );

create policy recommendations_insert on profiler_schema.recommendations
    for insert to authenticated
    with check (
        profile_id = any ((select profiler_schema.own_profiles('recommendations:write:own'))::uuid[])
        or profile_id between
            (select profiler_schema.all_rows_from('recommendations:write:all'))
            and 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    );

create policy recommendations_update on profiler_schema.recommendations
    for update to authenticated
    using (
        profile_id = any ((select profiler_schema.own_profiles('recommendations:write:own'))::uuid[])
        or profile_id between
            (select profiler_schema.all_rows_from('recommendations:write:all'))
            and 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    )
    with check (
        profile_id = any ((select profiler_schema.own_profiles('recommendations:write:own'))::uuid[])
        or profile_id between
            (select profiler_schema.all_rows_from('recommendations:write:all'))
            and 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    );

create policy recommendations_delete on profiler_schema.recommendations
    for delete to authenticated
    using (
        profile_id = any ((select profiler_schema.own_profiles('recommendations:delete:own'))::uuid[])
        or profile_id between
            (select profiler_schema.all_rows_from('recommendations:delete:all'))
            and 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    );


-- Roles and permissions: a person reads what they hold; administrators read and change all.

create policy roles_select on profiler_schema.roles
    for select to authenticated
    using (
        (select profiler_schema.has_permission('roles:read:all'))
        or (
            (select profiler_schema.has_permission('roles:read:own'))
            and role_id in (
                select held.role_id
                from profiler_schema.user_roles as held
                where held.user_id = (select auth.uid())
            )
        )
    );

create policy roles_insert on profiler_schema.roles
    for insert to authenticated
    with check ((select profiler_schema.has_permission('roles:write:all')));

create policy roles_update on profiler_schema.roles
    for update to authenticated
    using ((select profiler_schema.has_permission('roles:write:all')))
    with check ((select profiler_schema.has_permission('roles:write:all')));

create policy roles_delete on profiler_schema.roles
    for delete to authenticated
    using (
        (select profiler_schema.has_permission('roles:delete:all'))
        and profiler_schema.holds_all_of_role(role_id)
    );


create policy permissions_select on profiler_schema.permissions
    for select to authenticated
    using (
        (select profiler_schema.has_permission('permissions:read:all'))
        or (
            (select profiler_schema.has_permission('permissions:read:own'))
            and permission_id in (
                select given.permission_id
                from profiler_schema.user_roles as held
                join profiler_schema.role_permissions as given on given.role_id = held.role_id
                where held.user_id = (select auth.uid())
            )
        )
    );

create policy permissions_insert on profiler_schema.permissions
    for insert to authenticated
    with check ((select profiler_schema.has_permission('permissions:write:all')));

create policy permissions_update on profiler_schema.permissions
    for update to authenticated
    using ((select profiler_schema.has_permission('permissions:write:all')))
    with check ((select profiler_schema.has_permission('permissions:write:all')));

create policy permissions_delete on profiler_schema.permissions
    for delete to authenticated
    using (
        (select profiler_schema.has_permission('permissions:delete:all'))
        and profiler_schema.holds_permission(permission_id)
    );


create policy user_roles_select on profiler_schema.user_roles
    for select to authenticated
    using (
        (
            user_id = (select auth.uid())
            and (select profiler_schema.has_permission('user_roles:read:own'))
        )
        or user_id between
            (select profiler_schema.all_rows_from('user_roles:read:all'))
            and 'ffffffff-ffff-ffff-ffff-ffffffffffff'
    );

create policy user_roles_insert on profiler_schema.user_roles
    for insert to authenticated
    with check (
        (select profiler_schema.has_permission('user_roles:write:all'))
        and profiler_schema.holds_all_of_role(role_id)
    );

create policy user_roles_delete on profiler_schema.user_roles
    for delete to authenticated
    using (
        (select profiler_schema.has_permission('user_roles:delete:all'))
        and profiler_schema.holds_all_of_role(role_id)
    );


create policy role_permissions_select on profiler_schema.role_permissions
    for select to authenticated
    using (
        (select profiler_schema.has_permission('role_permissions:read:all'))
        or (
            (select profiler_schema.has_permission('role_permissions:read:own'))
            and role_id in (
                select held.role_id
                from profiler_schema.user_roles as held
                where held.user_id = (select auth.uid())
            )
        )
    );

create policy role_permissions_insert on profiler_schema.role_permissions
    for insert to authenticated
    with check (
        (select profiler_schema.has_permission('role_permissions:write:all'))
        and profiler_schema.holds_permission(permission_id)
    );

create policy role_permissions_delete on profiler_schema.role_permissions
    for delete to authenticated
    using (
        (select profiler_schema.has_permission('role_permissions:delete:all'))
        and profiler_schema.holds_permission(permission_id)
    );


-- Login sessions are no resource and have no permissions: one's own, and no administrator's view.

create policy sessions_select on profiler_schema.sessions
    for select to authenticated
    using (user_id = (select auth.uid()));

create policy sessions_delete on profiler_schema.sessions
    for delete to authenticated
    using (user_id = (select auth.uid()));
