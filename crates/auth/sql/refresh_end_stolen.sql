-- A token that was used before comes again: somebody else may have it, so the whole login session
-- ends. Unless the client only lost the answer (the session's active token is the direct successor)
-- or two of its own refreshes crossed (it was used up a moment ago).
-- $1 hash of the presented token, $2 seconds within which reuse is no theft
with ended as (
    delete from auth.sessions as login
    using auth.refresh_tokens as presented
    where presented.token = $1::text
    and presented.revoked
    and login.id = presented.session_id
    and presented.updated_at < now() - make_interval(secs => $2::double precision)
    and not exists (
        select
        from auth.refresh_tokens as active
        where active.parent = presented.token
        and not active.revoked
    )
    returning login.id, login.user_id
)
select auth.note_event(
    'refresh_token_reused',
    ended.user_id,
    jsonb_build_object('session_id', ended.id)
)
from ended
