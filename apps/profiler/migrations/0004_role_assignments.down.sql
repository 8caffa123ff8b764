drop index profiler_schema.idx_user_roles_assigned_by;
alter table profiler_schema.user_roles drop column assigned_by;
