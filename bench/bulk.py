#!/usr/bin/env python3
"""Large answers and large writes, against the same through libpq alone.

    cargo build --release && python3 bench/bulk.py [--rounds 5] [--seconds 5] [--only embed,"JSON page"]

One connection, one request after the other; rounds alternate between the server and its limit:

    embed        100 shelves with 5 trays each with 5 parts each   the very same SQL by pgbench
    JSON page    10,000 rows as JSON                               one json_agg by pgbench
    CSV page     10,000 rows as CSV                                COPY (...) TO STDOUT by psql, as the same caller
    JSON insert  10,000 rows in one request                        COPY FROM by psql, as the table's owner, who has no row security
    CSV insert   the same rows as CSV                              the same

Prints, besides rates and CPU time, what memory the server holds before and after, and its peak.
"""
import json, os

from harness import capture, load, people, processes, report
from harness.capture import Statement
from harness.program import Program

PERSON, ROWS = 7, 10_000
COLUMNS = "id, sensor, value, taken_at"
PAGE = f"readings?select=id,sensor,value,taken_at&order=id&limit={ROWS}"
EMBED = "shelves?select=id,name,trays(id,label,weight,parts(id,code,pieces))&order=id&limit=100"
AS_JSON = {"Accept": "application/json"}
AS_CSV = {"Accept": "text/csv"}


def get(program, path, headers):
    return load.Request("GET", "/bench/rest/v1/" + path, program.headers(PERSON, **headers), None)


def embed(program):
    shelves = json.loads(program.ask(EMBED, program.headers(PERSON)))
    assert [shelf["id"] for shelf in shelves] == list(range(601, 701)), "not the 100 shelves of person 7"
    for shelf in shelves:
        assert len(shelf["trays"]) == 5 and all(len(tray["parts"]) == 5 for tray in shelf["trays"]), shelf
    statements = capture.of_request(program, EMBED, program.headers(PERSON))
    script = load.pgbench_script(program, "embed", statements)
    return get(program, EMBED, AS_JSON), lambda seconds: load.pgbench(program, script, 1, seconds)


def json_page(program):
    rows = json.loads(program.ask(PAGE, program.headers(PERSON)))
    assert [row["id"] for row in rows] == list(range(60_001, 70_001)), "not the 10,000 readings of person 7"
    settings = capture.of_request(program, PAGE, program.headers(PERSON))[:-1]
    page = f"select json_agg(page) from (select {COLUMNS} from public.readings order by id limit {ROWS}) as page"
    script = load.pgbench_script(program, "page", [*settings, Statement(page, {})])
    return get(program, PAGE, AS_JSON), lambda seconds: load.pgbench(program, script, 1, seconds)


def csv_page(program):
    lines = program.ask(PAGE, program.headers(PERSON, **AS_CSV)).rstrip("\n").split("\n")
    assert len(lines) == ROWS + 1 and lines[1].startswith("60001,"), f"{len(lines)} lines, {lines[:2]}"
    preparation = ["\\o /dev/null", f"select set_config('app.current_user_id', '{people.user_id(PERSON)}', false);",
                   "set role authenticated;"]
    copy = f"copy (select {COLUMNS} from public.readings order by id limit {ROWS}) to stdout with (format csv, header);"
    return get(program, PAGE, AS_CSV), lambda seconds: load.psql(program, "bench_server", preparation, copy, seconds)


def new_rows():
    for number in range(1, ROWS + 1):
        yield {"number": number, "user_id": people.user_id(PERSON), "sensor": f"sensor-{number % 50}",
               "value": number % 7919 / 8, "taken_at": f"2026-01-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z"}


def as_csv():
    return "\n".join(["number,user_id,sensor,value,taken_at", *(",".join(map(str, row.values())) for row in new_rows())]) + "\n"


def insert(program, body, kind):
    headers = program.headers(PERSON, **{"Content-Type": kind, "Prefer": "return=minimal"})
    program.sql("truncate public.imports")
    program.ask("imports", headers, body)
    expected = f"{ROWS}|{sum(row['value'] for row in new_rows()):.3f}"
    assert program.sql("select count(*), round(sum(value)::numeric, 3) from imports").strip() == expected, "not those rows"
    file = os.path.join(program.base, "rows.csv")
    open(file, "w").write(as_csv())
    copy = f"\\copy public.imports from '{file}' with (format csv, header)"
    return (load.Request("POST", "/bench/rest/v1/imports", headers, body),
            lambda seconds: load.psql(program, "bench_owner", [], copy, seconds))


CASES = {
    "embed": (embed, "pgbench"),
    "JSON page": (json_page, "pgbench"),
    "CSV page": (csv_page, "COPY TO"),
    "JSON insert": (lambda program: insert(program, json.dumps(list(new_rows())), "application/json"), "COPY FROM"),
    "CSV insert": (lambda program: insert(program, as_csv(), "text/csv"), "COPY FROM"),
}


def measure(program, name, prepare, options):
    server = program.server_pids()
    request, limit = prepare(program)
    before = processes.memory_mib(server)
    processes.forget_peak(server)

    def ours():
        result = load.wrk(program.status["url"], [request], 1, options.seconds, program.cpu)
        empty()
        return result

    def theirs():
        result = limit(options.seconds)
        empty()
        return result

    def empty():  # each measurement writes into an empty table
        program.sql("truncate public.imports")

    empty()
    results = report.alternate(name, options.rounds, limit=theirs, ours=ours)
    return {**report.compare(results["ours"], results["limit"]),
            "memory": {"before_mib": before, "after_mib": processes.memory_mib(server), "peak_mib": processes.peak_mib(server)}}


def main():
    options = report.arguments(__doc__, connections=None).parse_args()
    load.need_wrk()
    cases = report.chosen(CASES, options.only)
    with Program() as program:
        results = {name: measure(program, name, prepare, options) for name, (prepare, _) in cases.items()}
        memory = processes.memory_mib(program.server_pids())
    if options.json:
        report.print_json({"cases": results, "server_pss_mib": memory})
        return
    for name, result in results.items():
        report.print_comparison(name, result, CASES[name][1])
        memory_of = result["memory"]
        print(f"  memory of the server: {memory_of['before_mib']:.1f} MiB before, {memory_of['after_mib']:.1f} after (PSS), "
              f"{memory_of['peak_mib']:.1f} at its peak (resident)")
    print(f"\nmemory of the server afterwards: {memory:.1f} MiB (PSS)")


main()
