-- Undoes 0005. Views hold no data; nothing is lost.

drop view public.session_outcomes;
drop view public.session_metrics;
drop view public.costs_by_day;
drop view public.costs_by_phase;
drop view public.costs_by_model;
drop view public.costs_by_persona;
drop view public.session_costs;
