drop table public.document_chunks;
drop function public.fill_tenant_id_from_document();
