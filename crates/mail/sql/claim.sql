-- Takes up to $1 mails that are due. Whoever else looks meanwhile passes them
-- by; if this program dies, they are due again when the lease is over.
with due as (
    select mail.id
    from auth.mails as mail
    where mail.sent_at is null
    and mail.given_up_at is null
    and mail.next_attempt_at <= now()
    order by mail.next_attempt_at
    limit $1::integer
    for update skip locked
)
update auth.mails as mail
set attempts = mail.attempts + 1,
    next_attempt_at = now() + $2::integer * interval '1 second'
from due
where mail.id = due.id
returning
    mail.id,
    mail.kind,
    mail.recipient,
    mail.variables,
    mail.attempts,
    extract(epoch from mail.created_at)::bigint,
    to_char(mail.created_at at time zone 'UTC', 'YYYYMMDD"T"HH24MISS.US"Z"')
