-- Undoes 0003. Deliberations that were running lose their state and start their step again.

drop function public.purge_expired_checkpoints();
drop table public.checkpoint_writes;
drop table public.checkpoint_blobs;
drop table public.checkpoints;
drop table public.checkpoint_migrations;
