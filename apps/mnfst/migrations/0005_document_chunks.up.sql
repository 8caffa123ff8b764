-- The passages that a document is cut into: what search finds and answers cite.

create table public.document_chunks (
    id uuid not null default gen_random_uuid(),
    tenant_id uuid not null,
    document_id uuid not null,
    chunk_index integer not null,
    content text not null,
    content_hash varchar(64),
    token_count integer,
    metadata jsonb not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint document_chunks_pkey primary key (id),
    constraint document_chunks_document_id_chunk_index_key unique (document_id, chunk_index),
    -- What the embeddings' foreign key points at.
    constraint document_chunks_id_document_id_tenant_id_key unique (id, document_id, tenant_id),
    constraint document_chunks_document_id_fkey
        foreign key (tenant_id, document_id) references public.documents (tenant_id, id) on delete cascade,
    constraint document_chunks_chunk_index_check check (chunk_index >= 0),
    constraint document_chunks_content_check check (char_length(content) between 1 and 100000),
    constraint document_chunks_content_hash_check check (content_hash ~ '^[0-9a-f]{64}$'),
    constraint document_chunks_token_count_check check (token_count >= 0),
    constraint document_chunks_metadata_check check (jsonb_typeof(metadata) = 'object')
);

create index idx_document_chunks_tenant_id on public.document_chunks (tenant_id, document_id);

comment on table public.document_chunks is 'Passages of documents, in order.';
comment on column public.document_chunks.content_hash is 'SHA-256 of the content in hex: an unchanged passage needs no new embedding.';
comment on column public.document_chunks.metadata is 'Where in the document: page, heading, offsets.';

create function public.fill_tenant_id_from_document()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    if new.tenant_id is null then
        select d.tenant_id
        into new.tenant_id
        from public.documents d
        where d.id = new.document_id;
    end if;
    return new;
end
$$;

revoke execute on function public.fill_tenant_id_from_document() from public;

create trigger fill_document_chunks_tenant_id
    before insert on public.document_chunks
    for each row execute function public.fill_tenant_id_from_document();

create trigger update_document_chunks_updated_at
    before update on public.document_chunks
    for each row execute function public.update_updated_at();

alter table public.document_chunks enable row level security;
alter table public.document_chunks force row level security;

-- Chunks are made from documents and can be made again: the trail records the documents only.
-- They are read with their document (whose policies hide what is deleted) and written by the
-- document's owner, because processing runs as the person who asked for it.

grant
    select,
    insert (id, document_id, chunk_index, content, content_hash, token_count, metadata, tenant_id),
    update (content, content_hash, token_count, metadata),
    delete
    on public.document_chunks
    to authenticated;
grant select, insert, update, delete on public.document_chunks to service_role;
grant
    select (id, tenant_id, document_id, chunk_index, content_hash, token_count, created_at, updated_at)
    on public.document_chunks
    to mnfst_analyst;

create policy document_chunks_select on public.document_chunks
    for select to authenticated
    using (
        tenant_id = any ((select public.readable_tenant_ids())::uuid[])
        and document_id in (select d.id from public.documents d)
    );

create policy document_chunks_insert_own on public.document_chunks
    for insert to authenticated
    with check (
        tenant_id = (select auth.tenant_id())
        and document_id in (select d.id from public.documents d where d.user_id = (select auth.uid()))
    );

create policy document_chunks_update_own on public.document_chunks
    for update to authenticated
    using (
        tenant_id = (select auth.tenant_id())
        and document_id in (select d.id from public.documents d where d.user_id = (select auth.uid()))
    )
    with check (
        tenant_id = (select auth.tenant_id())
        and document_id in (select d.id from public.documents d where d.user_id = (select auth.uid()))
    );

create policy document_chunks_delete_own on public.document_chunks
    for delete to authenticated
    using (
        tenant_id = (select auth.tenant_id())
        and document_id in (select d.id from public.documents d where d.user_id = (select auth.uid()))
    );
