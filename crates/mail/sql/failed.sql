-- Notes that an attempt failed, unless somebody else has taken the mail since. It is tried again
-- ever more seldom, for a day; a permanent failure ends that at once.
update auth.mails as mail
set last_error = $3,
    next_attempt_at =
        now() + least(interval '1 hour', interval '5 seconds' * power(2, least(mail.attempts, 12) - 1)),
    given_up_at = case when outcome.ends then now() end,
    variables = case when outcome.ends then '' else mail.variables end
from (
    select
        tried.id,
        $4::boolean or tried.created_at < now() - interval '1 day' as ends
    from auth.mails as tried
    where tried.id = $1::uuid
) as outcome
where mail.id = outcome.id
and mail.attempts = $2::integer
and mail.sent_at is null
returning outcome.ends
