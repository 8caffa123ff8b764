drop function public.withdraw_consent();
drop function public.give_consent();

create or replace function public.audit_users()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
    before jsonb := case when tg_op <> 'INSERT' then public.audit_user_values(old) end;
    after jsonb := case when tg_op <> 'DELETE' then public.audit_user_values(new) end;
begin
    if tg_op = 'INSERT' then
        perform public.audit_record('user_created', 'user', new.id,
            jsonb_build_object('new', after));
    elsif tg_op = 'DELETE' then
        perform public.audit_record('user_deleted', 'user', old.id,
            jsonb_build_object('old', before));
    elsif before is distinct from after then
        perform public.audit_record('user_updated', 'user', new.id,
            jsonb_build_object(
                'old', public.audit_changed(before, after),
                'new', public.audit_changed(after, before)
            ));
    end if;
    return null;
end
$$;

create policy users_update_own on public.users
    for update
    to authenticated
    using (id = (select nullif(current_setting('app.current_user_id', true), '')))
    with check (id = (select nullif(current_setting('app.current_user_id', true), '')));

grant update (gdpr_consent_at) on public.users to authenticated;
