drop index profiler_schema.idx_user_roles_assigned_by;
alter table profiler_schema.user_roles drop column assigned_by;
drop trigger protect_system_roles on profiler_schema.roles;
drop function profiler_schema.protect_system_roles();
alter table profiler_schema.roles drop column is_system;
