-- tenantry: version 1.3.0
-- Mail leaves: the sender's role reaches this one table and nothing else.

grant usage on schema auth to tenantry_mail;
grant select, delete on auth.mails to tenantry_mail;
grant update (variables, attempts, next_attempt_at, sent_at, given_up_at, last_error)
    on auth.mails to tenantry_mail;

comment on column auth.mails.attempts is 'How often somebody took the mail to send it; who took it last may mark a failure.';
comment on column auth.mails.next_attempt_at is 'When the mail is due. Who takes it moves this on, which keeps others away until then.';
comment on column auth.mails.last_error is 'Why the last attempt failed, without anything of the mail.';

-- An application's own wording. Where its manifest names a table for that, the body is replaced.
create function auth.mail_template(kind text, locales text[])
returns table (subject text, text_body text, html_body text)
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
end
$$;

revoke execute on function auth.mail_template(text, text[]) from public;
grant execute on function auth.mail_template(text, text[]) to tenantry_mail;
