#!/usr/bin/env python3
"""How long a changed schema of 1,000 tables takes to arrive, and what requests notice of it.

    cargo build --release && python3 bench/catalog.py [--rounds 5] [--seconds 4] [--connections 64]

Adds 1,000 tables with keys to one another, and views over them, to the application of the other benches. Each
round adds a table and says `notify pgrst`, once with nobody asking and once under the load of point reads, and
asks for the table until it is there. Any request under load that is not answered with 200 ends the bench.
"""
import json, statistics, threading, time, urllib.error

from harness import load, people, report
from harness.program import Program

TABLES, VIEWS = 1000, 100
SCHEMA = f"""
do $$
begin
    for number in 1..{TABLES} loop
        execute format('create table wide_%s (id bigint primary key, parent bigint references %I, name text not null, '
            'amount numeric(8, 2), made timestamptz default now(), tags text[], doc jsonb, done boolean)',
            number, case number when 1 then 'wide_1' else 'wide_' || (number - 1) end);
        execute format('alter table wide_%s enable row level security', number);
        execute format('create policy own on wide_%s to authenticated using (id = 1)', number);
        execute format('grant select on wide_%s to authenticated', number);
    end loop;
    for number in 1..{VIEWS} loop
        execute format('create view shown_%s with (security_invoker) as select id, parent, name from wide_%s', number, number);
        execute format('create view deeper_%s with (security_invoker) as select id, parent from shown_%s', number, number);
    end loop;
end $$"""


def arrival(program, table):
    """Milliseconds from the notification until a new table can be asked for."""
    program.sql(f"create table public.{table} (id int primary key)", f"grant select on public.{table} to authenticated")
    started = time.monotonic()
    program.sql("notify pgrst")
    while True:
        try:
            program.ask(f"{table}?limit=1", program.headers(7))
            return (time.monotonic() - started) * 1000
        except urllib.error.HTTPError as refusal:
            assert json.load(refusal)["code"] == "PGRST205"
            time.sleep(0.002)


def main():
    options = report.arguments(__doc__).parse_args()
    load.need_wrk()
    with Program() as program:
        program.sql("set search_path = public", SCHEMA)
        arrival(program, "first")
        path = "/bench/rest/v1/items?select=id,title,amount,created_at&id=eq."
        requests = [load.Request("GET", f"{path}{item}", program.headers(person), None) for person, item in people.own_items()]
        ask = lambda: load.wrk(program.status["url"], requests, options.connections, options.seconds, program.cpu)
        idle, under_load, quiet, disturbed = [], [], [], []
        for number in range(options.rounds):
            idle.append(arrival(program, f"idle_{number}"))
            quiet.append(ask())
            found = []
            changing = threading.Thread(target=lambda: (time.sleep(options.seconds / 2), found.append(arrival(program, f"busy_{number}"))))
            changing.start()
            disturbed.append(ask())
            changing.join()
            if not found:
                raise SystemExit("the schema did not arrive under load")
            under_load += found
    result = {
        "tables": TABLES, "views": 2 * VIEWS,
        "idle_ms": statistics.median(idle), "under_load_ms": statistics.median(under_load),
        "quiet": report.medians(quiet), "disturbed": report.medians(disturbed),
    }
    if options.json:
        report.print_json(result)
        return
    print(f"\n{TABLES} tables and {2 * VIEWS} views, from the notification to the first answer (psql's start included):")
    print(f"  nobody asks  {result['idle_ms']:7.0f} ms")
    print(f"  under load   {result['under_load_ms']:7.0f} ms")
    for name in ("quiet", "disturbed"):
        print(f"  {name:12} {result[name]['rate']:7.0f} requests a second, p50 {result[name]['p50']:.2f} ms, p99 {result[name]['p99']:.2f} ms")


main()
