-- tenantry: version 1.6.0
-- Consent to processing: given and withdrawn by the person alone, in as many words, and on record.
--
-- A sign-up may carry it (gdpr_consent: true in its metadata). After that it changes through the two
-- functions only: whoever could write the column could write a consent of last year.

revoke update (gdpr_consent_at) on public.users from authenticated;
drop policy users_update_own on public.users;

-- As before, and consent has words of its own in the trail.
create or replace function public.audit_users()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
    before jsonb := case when tg_op <> 'INSERT' then public.audit_user_values(old) end;
    after jsonb := case when tg_op <> 'DELETE' then public.audit_user_values(new) end;
    consent constant text := 'gdpr_consent_at';
begin
    if tg_op = 'INSERT' then
        perform public.audit_record('user_created', 'user', new.id,
            jsonb_build_object('new', after));
    elsif tg_op = 'DELETE' then
        perform public.audit_record('user_deleted', 'user', old.id,
            jsonb_build_object('old', before));
        return null;
    elsif before - consent is distinct from after - consent then
        perform public.audit_record('user_updated', 'user', new.id,
            jsonb_build_object(
                'old', public.audit_changed(before, after) - consent,
                'new', public.audit_changed(after, before) - consent
            ));
    end if;

    if coalesce(before ->> consent, '') <> coalesce(after ->> consent, '') then
        perform public.audit_record(
            case when new.gdpr_consent_at is null then 'consent_withdrawn' else 'consent_given' end,
            'user',
            new.id,
            jsonb_build_object(
                'old', jsonb_build_object(consent, before -> consent),
                'new', jsonb_build_object(consent, after -> consent)
            ));
    end if;
    return null;
end
$$;

-- The time of the consent; one that stands already keeps its time.
create function public.give_consent()
returns timestamptz
language plpgsql
security definer
set search_path = ''
as $$
declare
    given timestamptz;
begin
    update public.users
    set gdpr_consent_at = coalesce(gdpr_consent_at, now())
    where id = nullif(current_setting('app.current_user_id', true), '')
    returning gdpr_consent_at into given;
    if not found then
        raise exception 'only somebody who is signed in consents'
            using errcode = 'insufficient_privilege';
    end if;
    return given;
end
$$;

comment on function public.give_consent() is
    'The caller consents to processing; answers since when.';

-- For the future: what runs is paused, so that nothing more of the person's problems is worked on
-- until the person resumes it. What was done stays; erasing it is another right.
create function public.withdraw_consent()
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
    caller text := nullif(current_setting('app.current_user_id', true), '');
begin
    if not exists (select from public.users where id = caller) then
        raise exception 'only somebody who is signed in withdraws a consent'
            using errcode = 'insufficient_privilege';
    end if;

    update public.users
    set gdpr_consent_at = null
    where id = caller
    and gdpr_consent_at is not null;
    if not found then
        return false;
    end if;

    update public.sessions
    set status = 'paused'
    where user_id = caller
    and status = 'active';
    return true;
end
$$;

comment on function public.withdraw_consent() is
    'The caller''s consent ends and what runs is paused; whether there was one.';

revoke execute on function public.give_consent(), public.withdraw_consent() from public;
grant execute on function public.give_consent(), public.withdraw_consent() to authenticated;
