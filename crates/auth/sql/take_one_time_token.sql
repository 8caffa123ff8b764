-- $1 token, $2 its mark
with taken as (
    delete from auth.one_time_tokens
    where id = $1::uuid
    and token_hash = $2::text
    returning id
)
select auth.require(exists (select from taken), 'TNOTP')
