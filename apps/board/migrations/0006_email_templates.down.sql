-- Undoes 0006. Wording that administrators wrote is lost; what the seeds hold comes back with them.

drop table public.email_templates;
