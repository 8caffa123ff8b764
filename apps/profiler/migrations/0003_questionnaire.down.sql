-- Profiles that were started keep their sections: those are copies.

drop function profiler_schema.start_profile(text);
drop table profiler_schema.questionnaire_questions;
drop table profiler_schema.questionnaire_sections;
