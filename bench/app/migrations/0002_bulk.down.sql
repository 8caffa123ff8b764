drop table public.imports;
drop table public.readings;
drop table public.parts;
drop table public.trays;
drop table public.shelves;
drop table public.notes;
