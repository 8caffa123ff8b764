drop table public.imports;
drop table public.readings;
drop table public.parts;
drop table public.boxes;
drop table public.shelves;
drop table public.notes;
