-- One vector per passage and model.
--
-- There is no vector index over all tenants, on purpose. Such an index is walked first and filtered
-- by row security afterwards: of the ten nearest of everybody's vectors, hardly one is the caller's,
-- and a small tenant's search comes back nearly empty without an error. A scan of one tenant's rows by
-- idx_embeddings_tenant_id is exact and takes milliseconds up to some 20,000 passages; a tenant
-- beyond that gets a partial index (where tenant_id = ...) of its own.

create table public.embeddings (
    id uuid not null default gen_random_uuid(),
    tenant_id uuid not null,
    document_id uuid not null,
    chunk_id uuid not null,
    model varchar(100) not null,
    embedding extensions.vector(1536) not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint embeddings_pkey primary key (id),
    constraint embeddings_chunk_id_model_key unique (chunk_id, model),
    constraint embeddings_chunk_id_fkey
        foreign key (tenant_id, document_id, chunk_id)
        references public.document_chunks (tenant_id, document_id, id)
        on delete cascade,
    constraint embeddings_model_check check (btrim(model) <> '')
);

create index idx_embeddings_tenant_id on public.embeddings (tenant_id, document_id, chunk_id);

comment on table public.embeddings is 'Vectors of passages, by the model that made them; vectors of two models are never compared.';
comment on column public.embeddings.embedding is 'A narrower model''s vector is padded with zeros, which leaves cosine distance as it is.';
comment on column public.embeddings.document_id is 'The passage''s document, so that search can leave out hidden documents without visiting the passages.';

create function public.fill_owner_from_chunk()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
    if new.tenant_id is null or new.document_id is null then
        select coalesce(new.tenant_id, c.tenant_id), coalesce(new.document_id, c.document_id)
        into new.tenant_id, new.document_id
        from public.document_chunks c
        where c.id = new.chunk_id;
    end if;
    return new;
end
$$;

revoke execute on function public.fill_owner_from_chunk() from public;

create trigger fill_embeddings_owner
    before insert on public.embeddings
    for each row execute function public.fill_owner_from_chunk();

create trigger update_embeddings_updated_at
    before update on public.embeddings
    for each row execute function public.update_updated_at();

alter table public.embeddings enable row level security;
alter table public.embeddings force row level security;

grant
    select,
    insert (id, chunk_id, document_id, model, embedding, tenant_id),
    update (embedding),
    delete
    on public.embeddings
    to authenticated;
grant select, insert, update, delete on public.embeddings to service_role;
grant
    select (id, tenant_id, document_id, chunk_id, model, created_at, updated_at)
    on public.embeddings
    to mnfst_analyst;

create policy embeddings_select on public.embeddings
    for select to authenticated
    using (
        tenant_id = any ((select public.readable_tenant_ids())::uuid[])
        and document_id in (select d.id from public.documents d)
    );

create policy embeddings_insert_own on public.embeddings
    for insert to authenticated
    with check (
        tenant_id = (select auth.tenant_id())
        and document_id in (select d.id from public.documents d where d.user_id = (select auth.uid()))
    );

create policy embeddings_update_own on public.embeddings
    for update to authenticated
    using (
        tenant_id = (select auth.tenant_id())
        and document_id in (select d.id from public.documents d where d.user_id = (select auth.uid()))
    )
    with check (
        tenant_id = (select auth.tenant_id())
        and document_id in (select d.id from public.documents d where d.user_id = (select auth.uid()))
    );

create policy embeddings_delete_own on public.embeddings
    for delete to authenticated
    using (
        tenant_id = (select auth.tenant_id())
        and document_id in (select d.id from public.documents d where d.user_id = (select auth.uid()))
    );
