-- $1 hash of the presented token, $2 hash of its successor
update auth.refresh_tokens as presented
set revoked = true,
    updated_at = now()
where presented.token = $1::text
and not presented.revoked
and exists (
    select
    from auth.refresh_tokens as successor
    where successor.token = $2::text
    and successor.parent = presented.token
)
