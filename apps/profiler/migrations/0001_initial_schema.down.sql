-- The tables take their triggers, indexes and constraints with them; the functions and the schema
-- are dropped by name, so that anything else that lives in the schema stops this revision.

drop table profiler_schema.sessions;
drop table profiler_schema.recommendations;
drop table profiler_schema.document_chunks;
drop table profiler_schema.documents;
drop table profiler_schema.answers;
drop table profiler_schema.sections;
drop table profiler_schema.profiles;
drop table profiler_schema.role_permissions;
drop table profiler_schema.user_roles;
drop table profiler_schema.permissions;
drop table profiler_schema.roles;
drop table profiler_schema.users;

drop function profiler_schema.give_permission_to_admin();
drop function profiler_schema.protect_built_in_roles();
drop function profiler_schema.check_recommendation_source();
drop function profiler_schema.check_profile_of_user();
drop function profiler_schema.keep_profile_owner();
drop function profiler_schema.set_processed_at();
drop function profiler_schema.set_completed_at();
drop function profiler_schema.update_updated_at();

drop schema profiler_schema;
