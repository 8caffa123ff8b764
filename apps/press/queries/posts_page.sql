-- A page of a person's published posts, newest first, by offset.
--
-- $1  person    $2  rows a page    $3  rows to skip
--
-- Read in order from idx_posts_user_id_status_created_at. The skipped rows are read too, so pages far
-- back cost more and more: posts_page_keyset.sql does not.
select
    id,
    user_id,
    title,
    content,
    status,
    published_at,
    created_at,
    updated_at
from public.posts
where user_id = $1
and status = 'published'
order by created_at desc, id
limit $2
offset $3;
