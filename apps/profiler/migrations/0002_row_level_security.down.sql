-- Row security itself stays on: it came with the tables.

drop policy sessions_delete on profiler_schema.sessions;
drop policy sessions_select on profiler_schema.sessions;
drop policy role_permissions_delete on profiler_schema.role_permissions;
drop policy role_permissions_insert on profiler_schema.role_permissions;
drop policy role_permissions_select on profiler_schema.role_permissions;
drop policy user_roles_delete on profiler_schema.user_roles;
drop policy user_roles_insert on profiler_schema.user_roles;
drop policy user_roles_select on profiler_schema.user_roles;
drop policy permissions_delete on profiler_schema.permissions;
drop policy permissions_update on profiler_schema.permissions;
drop policy permissions_insert on profiler_schema.permissions;
drop policy permissions_select on profiler_schema.permissions;
drop policy roles_delete on profiler_schema.roles;
drop policy roles_update on profiler_schema.roles;
drop policy roles_insert on profiler_schema.roles;
drop policy roles_select on profiler_schema.roles;
drop policy recommendations_delete on profiler_schema.recommendations;
drop policy recommendations_update on profiler_schema.recommendations;
drop policy recommendations_insert on profiler_schema.recommendations;
drop policy recommendations_select on profiler_schema.recommendations;
drop policy document_chunks_delete on profiler_schema.document_chunks;
drop policy document_chunks_update on profiler_schema.document_chunks;
drop policy document_chunks_insert on profiler_schema.document_chunks;
drop policy document_chunks_select on profiler_schema.document_chunks;
drop policy documents_delete on profiler_schema.documents;
drop policy documents_update on profiler_schema.documents;
drop policy documents_insert on profiler_schema.documents;
drop policy documents_select on profiler_schema.documents;
drop policy answers_delete on profiler_schema.answers;
drop policy answers_update on profiler_schema.answers;
drop policy answers_insert on profiler_schema.answers;
drop policy answers_select on profiler_schema.answers;
drop policy sections_delete on profiler_schema.sections;
drop policy sections_update on profiler_schema.sections;
drop policy sections_insert on profiler_schema.sections;
drop policy sections_select on profiler_schema.sections;
drop policy profiles_delete on profiler_schema.profiles;
drop policy profiles_update on profiler_schema.profiles;
drop policy profiles_insert on profiler_schema.profiles;
drop policy profiles_select on profiler_schema.profiles;
drop policy users_delete on profiler_schema.users;
drop policy users_update on profiler_schema.users;
drop policy users_select on profiler_schema.users;

revoke all on
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
    from authenticated, service_role, profiler_analyst;

drop function profiler_schema.set_user_locked(uuid, boolean);
drop function profiler_schema.set_user_active(uuid, boolean);
drop function profiler_schema.holds_all_of_role(uuid);
drop function profiler_schema.holds_permission(uuid);
drop function profiler_schema.own_documents(text);
drop function profiler_schema.own_profiles(text);
drop function profiler_schema.all_rows_from(text);
drop function profiler_schema.has_permission(text);

revoke usage on schema profiler_schema from authenticated, service_role, profiler_analyst;
