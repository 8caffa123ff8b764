-- A page of a person's published posts, newest first, after the last row of the page before.
--
-- $1  person
-- $2  created_at of the last row    $3  id of the last row
--     (first page: 'infinity' and any id)
-- $4  rows a page
--
-- Read in order from idx_posts_user_id_status_created_at, from where the last page ended: every page
-- costs the same. The first condition on created_at is where the scan of the index starts; the
-- second leaves out the rows of that very moment which have been shown.
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
and created_at <= $2
and (created_at < $2 or id > $3)
order by created_at desc, id
limit $4;
