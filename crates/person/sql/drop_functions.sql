drop function pg_temp.person_id();
drop function pg_temp.person_quoted(text);
drop function pg_temp.person_owns(jsonb);
drop function pg_temp.person_replaced(text);
