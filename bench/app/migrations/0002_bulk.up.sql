-- What is written one row at a time.
create table public.notes (
    id bigint generated always as identity primary key,
    user_id uuid not null default auth.uid(),
    title text not null,
    amount integer not null,
    created_at timestamptz not null default now()
);

create index notes_user_id_idx on public.notes (user_id);

-- Three levels, for embedding: each of twenty people has 100 shelves of 5 trays of 5 parts.
create table public.shelves (
    id bigint primary key,
    user_id uuid not null,
    name text not null
);

create table public.trays (
    id bigint primary key,
    shelf_id bigint not null references public.shelves,
    user_id uuid not null,
    label text not null,
    weight numeric(8, 2) not null
);

create table public.parts (
    id bigint primary key,
    tray_id bigint not null references public.trays,
    user_id uuid not null,
    code text not null,
    pieces integer not null
);

insert into public.shelves
select id, lpad(to_hex((id - 1) / 100 + 1), 32, '0')::uuid, 'Shelf ' || id
from generate_series(1, 2000) as id;

insert into public.trays
select (shelf.id - 1) * 5 + place, shelf.id, shelf.user_id, 'Tray ' || place || ' of shelf ' || shelf.id, shelf.id * 0.25 + place
from public.shelves as shelf, generate_series(1, 5) as place;

insert into public.parts
select (tray.id - 1) * 5 + place, tray.id, tray.user_id, 'P-' || tray.id || '-' || place, (tray.id + place) % 40
from public.trays as tray, generate_series(1, 5) as place;

create index shelves_user_id_idx on public.shelves (user_id);
create index trays_shelf_id_idx on public.trays (shelf_id);
create index parts_tray_id_idx on public.parts (tray_id);

-- Many rows at once, to read: 10,000 for each of twenty people.
create table public.readings (
    id bigint primary key,
    user_id uuid not null,
    sensor text not null,
    value double precision not null,
    taken_at timestamptz not null
);

insert into public.readings
select id, lpad(to_hex((id - 1) / 10000 + 1), 32, '0')::uuid, 'sensor-' || id % 50, (id % 7919) / 8.0,
    timestamptz '2026-01-01 00:00:00+00' + id * interval '1 second'
from generate_series(1, 200000) as id;

create index readings_user_id_id_idx on public.readings (user_id, id);

-- Many rows at once, to write. Not forced on the owner: COPY FROM refuses a table whose row security binds the one who copies.
create table public.imports (
    number integer not null,
    user_id uuid not null,
    sensor text not null,
    value double precision not null,
    taken_at timestamptz not null
);

alter table public.notes enable row level security;
alter table public.notes force row level security;
alter table public.shelves enable row level security;
alter table public.shelves force row level security;
alter table public.trays enable row level security;
alter table public.trays force row level security;
alter table public.parts enable row level security;
alter table public.parts force row level security;
alter table public.readings enable row level security;
alter table public.readings force row level security;
alter table public.imports enable row level security;

create policy notes_own on public.notes to authenticated
    using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy shelves_own on public.shelves to authenticated using (user_id = (select auth.uid()));
create policy trays_own on public.trays to authenticated using (user_id = (select auth.uid()));
create policy parts_own on public.parts to authenticated using (user_id = (select auth.uid()));
create policy readings_own on public.readings to authenticated using (user_id = (select auth.uid()));
create policy imports_own on public.imports to authenticated
    using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));

grant select, insert on public.notes, public.imports to authenticated;
grant select on public.shelves, public.trays, public.parts, public.readings to authenticated;

analyze public.shelves, public.trays, public.parts, public.readings;
