-- tenantry: version 1.6.0
-- Which addresses people have shown to be theirs, and what ends where they have not.

-- `email_confirmed_at` says that an address counts as confirmed, which an operator may have decreed;
-- this says that somebody answered a mail to it, or that a provider or an administrator vouched.
create table auth.proven_addresses (
    user_id uuid primary key references auth.users on delete cascade,
    address text not null,
    proven_at timestamptz not null default now()
);

comment on table auth.proven_addresses is 'The address that an account was shown to own; it counts while the account has that one.';

alter table auth.one_time_tokens add column purpose text not null default '';

comment on column auth.one_time_tokens.purpose is 'What the mail was about: only a sign-up''s own mail confirms the password of the sign-up.';

create function auth.prove_address(person uuid)
returns void
language sql
security definer
set search_path = ''
as $$
    insert into auth.proven_addresses (user_id, address)
    select account.id, lower(account.email)
    from auth.users as account
    where account.id = prove_address.person
    and account.email is not null
    on conflict (user_id) do update
    set address = excluded.address,
        proven_at = now()
$$;

-- Somebody may have signed up with an address that is not theirs. When its owner arrives, nothing of
-- that time opens the account any more.
create function auth.give_up_unproven(person uuid)
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
    if exists (
        select
        from auth.proven_addresses as proven
        join auth.users as account
            on account.id = proven.user_id
            and lower(account.email) = proven.address
        where proven.user_id = give_up_unproven.person
    ) then
        return;
    end if;

    update auth.users
    set encrypted_password = null,
        email_change = '',
        email_change_confirm_status = 0,
        updated_at = now()
    where id = give_up_unproven.person
    and (encrypted_password is not null or email_change <> '');

    delete from auth.sessions where user_id = give_up_unproven.person;
    delete from auth.identities where user_id = give_up_unproven.person and provider <> 'email';
    delete from auth.mfa_factors where user_id = give_up_unproven.person;
    delete from auth.personal_keys where user_id = give_up_unproven.person;
    delete from auth.one_time_tokens where user_id = give_up_unproven.person;
    delete from auth.flow_state where linking_target_id = give_up_unproven.person;
end
$$;

-- What was begun under an older password or address does not go on under the new one.
create function auth.forget_pending(person uuid)
returns void
language sql
security definer
set search_path = ''
as $$
    update auth.users
    set email_change = '',
        email_change_confirm_status = 0
    where id = forget_pending.person
    and email_change <> '';
    delete from auth.one_time_tokens where user_id = forget_pending.person;
    delete from auth.flow_state where linking_target_id = forget_pending.person;
$$;

-- The token of a code that was mailed to an address; a wrong code is counted, and the fifth takes the
-- tokens of the address away. The rows are locked, so that guesses cannot be made at once.
create function auth.try_code(
    address text,
    types auth.one_time_token_type[],
    seconds double precision,
    marks text[]
)
returns setof auth.one_time_tokens
language plpgsql
security definer
set search_path = ''
as $$
declare
    found_token auth.one_time_tokens;
    matches boolean := false;
begin
    for found_token in
        select token.*
        from auth.one_time_tokens as token
        where token.relates_to = try_code.address
        and token.token_type = any (try_code.types)
        and token.created_at > now() - make_interval(secs => try_code.seconds)
        order by token.id
        for update
    loop
        if found_token.token_hash = any (try_code.marks) then
            matches := true;
            return next found_token;
        end if;
    end loop;
    if matches then
        return;
    end if;

    delete from auth.one_time_tokens as token
    where token.relates_to = try_code.address
    and token.token_type = any (try_code.types)
    and token.failed_attempts >= 4;

    update auth.one_time_tokens as token
    set failed_attempts = token.failed_attempts + 1
    where token.relates_to = try_code.address
    and token.token_type = any (try_code.types);
end
$$;

revoke execute on function
    auth.prove_address(uuid),
    auth.give_up_unproven(uuid),
    auth.forget_pending(uuid),
    auth.try_code(text, auth.one_time_token_type[], double precision, text[])
    from public;
grant execute on function
    auth.prove_address(uuid),
    auth.give_up_unproven(uuid),
    auth.forget_pending(uuid),
    auth.try_code(text, auth.one_time_token_type[], double precision, text[])
    to tenantry_auth;
