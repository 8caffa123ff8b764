-- tenantry: version 1.4.0
-- What deliberations cost and how they went. All views run as their reader (security_invoker), so
-- that row security of the tables below them holds: a person gets figures of the own
-- deliberations, the service and the analyst of all. Each row names the user it belongs to.

-- The finest breakdown: everything else about cost is a sum over this.
create view public.session_costs
with (security_invoker = true)
as
select
    sessions.id as session_id,
    sessions.user_id,
    contributions.persona_code,
    contributions.model,
    contributions.phase,
    count(*) as contributions,
    sum(contributions.tokens) as tokens,
    sum(contributions.cost) as cost
from public.contributions
join public.sessions
    on sessions.id = contributions.session_id
group by
    sessions.id,
    sessions.user_id,
    contributions.persona_code,
    contributions.model,
    contributions.phase;

comment on view public.session_costs is
    'Contributions, tokens and cost per deliberation, persona, model and phase.';

create view public.costs_by_persona
with (security_invoker = true)
as
select
    session_costs.user_id,
    session_costs.persona_code,
    personas.name as persona_name,
    count(distinct session_costs.session_id) as sessions,
    sum(session_costs.contributions)::bigint as contributions,
    sum(session_costs.tokens)::bigint as tokens,
    sum(session_costs.cost) as cost,
    round(sum(session_costs.cost) / sum(session_costs.contributions), 4) as cost_per_contribution
from public.session_costs
join public.personas
    on personas.code = session_costs.persona_code
group by
    session_costs.user_id,
    session_costs.persona_code,
    personas.name;

comment on view public.costs_by_persona is
    'What each persona cost, per user.';

create view public.costs_by_model
with (security_invoker = true)
as
select
    user_id,
    model,
    count(distinct session_id) as sessions,
    sum(contributions)::bigint as contributions,
    sum(tokens)::bigint as tokens,
    sum(cost) as cost,
    round(1000 * sum(cost) / nullif(sum(tokens), 0), 6) as cost_per_1000_tokens
from public.session_costs
group by
    user_id,
    model;

comment on view public.costs_by_model is
    'What each model cost, per user.';

create view public.costs_by_phase
with (security_invoker = true)
as
select
    user_id,
    phase,
    count(distinct session_id) as sessions,
    sum(contributions)::bigint as contributions,
    sum(tokens)::bigint as tokens,
    sum(cost) as cost
from public.session_costs
group by
    user_id,
    phase;

comment on view public.costs_by_phase is
    'What first contributions, discussion and moderation cost, per user.';

-- Days are UTC's for everybody: a row must not change with the reader's time zone.
create view public.costs_by_day
with (security_invoker = true)
as
select
    sessions.user_id,
    (contributions.created_at at time zone 'UTC')::date as day,
    count(distinct contributions.session_id) as sessions,
    count(*) as contributions,
    sum(contributions.tokens) as tokens,
    sum(contributions.cost) as cost
from public.contributions
join public.sessions
    on sessions.id = contributions.session_id
group by
    sessions.user_id,
    (contributions.created_at at time zone 'UTC')::date;

comment on view public.costs_by_day is
    'What was spent on contributions per UTC day and user.';

-- total_cost holds more than the contributions' sum: decomposition, selection, votes and synthesis
-- are paid for, too. The difference is shown rather than hidden.
create view public.session_metrics
with (security_invoker = true)
as
select
    sessions.id as session_id,
    sessions.user_id,
    sessions.status,
    sessions.phase,
    sessions.round_number,
    sessions.max_rounds,
    spoken.personas,
    spoken.contributions,
    spoken.interventions,
    cast_votes.votes,
    cast_votes.mean_confidence,
    sessions.total_tokens,
    spoken.tokens as contribution_tokens,
    sessions.total_cost,
    spoken.cost as contribution_cost,
    sessions.total_cost - spoken.cost as other_cost,
    sessions.created_at,
    coalesce(sessions.completed_at, sessions.killed_at) as ended_at,
    extract(epoch from coalesce(sessions.completed_at, sessions.killed_at) - sessions.created_at)
        as seconds
from public.sessions
cross join lateral (
    select
        count(distinct contributions.persona_code)
            filter (where contributions.phase <> 'moderator_intervention') as personas,
        count(*) as contributions,
        count(*) filter (where contributions.phase = 'moderator_intervention') as interventions,
        coalesce(sum(contributions.tokens), 0) as tokens,
        coalesce(sum(contributions.cost), 0) as cost
    from public.contributions
    where contributions.session_id = sessions.id
) as spoken
cross join lateral (
    select
        count(*) as votes,
        round(avg(votes.confidence), 2) as mean_confidence
    from public.votes
    where votes.session_id = sessions.id
) as cast_votes;

comment on view public.session_metrics is
    'One row per deliberation: rounds, voices, votes, tokens, cost, time.';

create view public.session_outcomes
with (security_invoker = true)
as
select
    user_id,
    status,
    count(*) as sessions,
    round(avg(round_number), 2) as mean_rounds,
    sum(total_tokens) as tokens,
    sum(total_cost) as cost,
    round(avg(total_cost), 4) as mean_cost,
    avg(coalesce(completed_at, killed_at) - created_at) as mean_duration
from public.sessions
group by
    user_id,
    status;

comment on view public.session_outcomes is
    'How many deliberations ended how, and what they took, per user.';

grant select
    on public.session_costs,
       public.costs_by_persona,
       public.costs_by_model,
       public.costs_by_phase,
       public.costs_by_day,
       public.session_metrics,
       public.session_outcomes
    to authenticated, service_role, board_analyst;
