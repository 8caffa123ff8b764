drop table public.embeddings;
drop function public.fill_owner_from_chunk();
