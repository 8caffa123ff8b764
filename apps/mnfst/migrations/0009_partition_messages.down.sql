-- Back to one plain table; all rows of all partitions are carried over.

drop function public.create_message_partitions(integer, date);

alter table public.messages rename to messages_partitioned;
alter table public.messages_partitioned drop constraint messages_pkey;
drop index public.idx_messages_session_id;

create table public.messages (
    id uuid not null default gen_random_uuid(),
    session_id uuid not null,
    content text not null,
    role varchar(20) not null,
    "timestamp" timestamptz not null default now(),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    tenant_id uuid not null,
    constraint messages_pkey primary key (id),
    constraint messages_session_id_fkey
        foreign key (tenant_id, session_id) references public.sessions (tenant_id, id) on delete cascade,
    constraint messages_content_check check (char_length(content) between 1 and 100000),
    constraint messages_role_check check (role in ('user', 'assistant'))
);

insert into public.messages (id, session_id, content, role, "timestamp", created_at, updated_at, tenant_id)
select id, session_id, content, role, "timestamp", created_at, updated_at, tenant_id
from public.messages_partitioned;

drop table public.messages_partitioned;

create index idx_messages_session_id on public.messages (session_id, tenant_id, "timestamp");

comment on table public.messages is 'What was said in a chat, by the person and by the assistant.';
comment on column public.messages."timestamp" is 'When it was said; an import may set it, created_at is when the row was written.';
comment on column public.messages.tenant_id is 'The chat''s tenant; filled by a trigger.';

-- After the copy, so that moving the rows leaves no trace in the trail.
create trigger fill_messages_tenant_id
    before insert on public.messages
    for each row execute function public.fill_tenant_id_from_session();

create trigger update_messages_updated_at
    before update on public.messages
    for each row execute function public.update_updated_at();

create trigger audit_messages
    after insert or update or delete on public.messages
    for each row execute function public.write_audit_log('messages', 'content');

alter table public.messages enable row level security;
alter table public.messages force row level security;

grant select, insert, update, delete on public.messages to service_role;
grant select (id, session_id, role, "timestamp", tenant_id, created_at, updated_at)
    on public.messages
    to mnfst_analyst;
grant
    select,
    insert (id, session_id, content, role),
    update (content),
    delete
    on public.messages
    to authenticated;

create policy messages_select_own on public.messages
    for select to authenticated
    using (session_id = any (array(select s.id from public.sessions s where s.user_id = (select auth.uid()))));

-- What the assistant says is written by service_role only.
create policy messages_insert_own on public.messages
    for insert to authenticated
    with check (
        role = 'user'
        and session_id = any (array(select s.id from public.sessions s where s.user_id = (select auth.uid())))
    );

create policy messages_update_own on public.messages
    for update to authenticated
    using (
        role = 'user'
        and session_id = any (array(select s.id from public.sessions s where s.user_id = (select auth.uid())))
    )
    with check (
        role = 'user'
        and session_id = any (array(select s.id from public.sessions s where s.user_id = (select auth.uid())))
    );

create policy messages_delete_own on public.messages
    for delete to authenticated
    using (session_id = any (array(select s.id from public.sessions s where s.user_id = (select auth.uid()))));
