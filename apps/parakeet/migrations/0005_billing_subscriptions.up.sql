-- Billing subscriptions: the plan of each account, what Stripe calls it, and the credits left.
--
-- Every account has exactly one row, made together with it: the free plan without credits. People
-- read theirs. Only the service writes, since a writable plan would be a free one.

create table public.billing_subscriptions (
    id uuid not null default gen_random_uuid(),
    user_id uuid not null,
    plan_type varchar(20) not null default 'free',
    status varchar(20) not null default 'active',
    credits_remaining integer not null default 0,
    stripe_customer_id varchar(255),
    stripe_subscription_id varchar(255),
    current_period_start timestamptz,
    current_period_end timestamptz,
    cancel_at_period_end boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint billing_subscriptions_pkey primary key (id),
    constraint billing_subscriptions_user_id_key unique (user_id),
    constraint billing_subscriptions_stripe_customer_id_key unique (stripe_customer_id),
    constraint billing_subscriptions_stripe_subscription_id_key unique (stripe_subscription_id),
    constraint billing_subscriptions_user_id_fkey foreign key (user_id)
        references public.users (id)
        on delete cascade,
    constraint billing_subscriptions_plan_type_check check (plan_type in ('free', 'pro', 'enterprise')),
    constraint billing_subscriptions_status_check check (
        status in ('trialing', 'active', 'past_due', 'canceled', 'incomplete', 'unpaid')
    ),
    constraint billing_subscriptions_credits_remaining_check check (credits_remaining >= 0),
    constraint billing_subscriptions_stripe_customer_id_check check (stripe_customer_id <> ''),
    constraint billing_subscriptions_stripe_subscription_id_check check (stripe_subscription_id <> ''),
    constraint billing_subscriptions_current_period_check check (current_period_end >= current_period_start)
);

comment on table public.billing_subscriptions is
    'One row per account, made with it: plan, Stripe''s ids, credits left.';
comment on column public.billing_subscriptions.status is
    'Stripe''s word for the subscription''s state.';
comment on column public.billing_subscriptions.credits_remaining is
    'A counter that never falls below zero. People cannot write it.';
comment on column public.billing_subscriptions.cancel_at_period_end is
    'Whether it ends with the paid period instead of renewing.';


create function public.create_billing_subscription()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    insert into public.billing_subscriptions (user_id)
    values (new.id)
    on conflict (user_id) do nothing;
    return null;
end
$$;

comment on function public.create_billing_subscription() is
    'Gives a new account the free plan, without credits.';

revoke execute on function public.create_billing_subscription() from public;

create trigger create_users_billing_subscription
    after insert on public.users
    for each row execute function public.create_billing_subscription();

-- Accounts that were there before this table.
insert into public.billing_subscriptions (user_id)
select u.id
from public.users u
on conflict (user_id) do nothing;

create trigger update_billing_subscriptions_updated_at
    before update on public.billing_subscriptions
    for each row execute function public.update_updated_at();


alter table public.billing_subscriptions enable row level security;
alter table public.billing_subscriptions force row level security;

grant select on public.billing_subscriptions to authenticated;
grant select, insert, update, delete on public.billing_subscriptions to service_role;
-- Plans and credits are for counting; Stripe's ids lead to a person's payments.
grant
    select (
        id, user_id, plan_type, status, credits_remaining,
        current_period_start, current_period_end, cancel_at_period_end, created_at, updated_at
    )
    on public.billing_subscriptions
    to parakeet_analyst;

create policy billing_subscriptions_select_own on public.billing_subscriptions
    for select to authenticated
    using (user_id = (select auth.uid()));
