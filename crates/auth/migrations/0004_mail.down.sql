drop function auth.mail_template(text, text[]);
comment on column auth.mails.last_error is null;
comment on column auth.mails.next_attempt_at is null;
comment on column auth.mails.attempts is null;
revoke update (variables, attempts, next_attempt_at, sent_at, given_up_at, last_error)
    on auth.mails from tenantry_mail;
revoke select, delete on auth.mails from tenantry_mail;
revoke usage on schema auth from tenantry_mail;
