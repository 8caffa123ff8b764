#!/usr/bin/env python3
"""Point read, 20-row page and an insert under row security, against pgbench doing the same statements.

    cargo build --release && python3 bench/reads.py [--rounds 5] [--seconds 5] [--connections 64]

Starts a server of its own on a new home, takes the very SQL that the server sends from PostgreSQL's
log, and runs it with pgbench in one pipeline over the same Unix socket. Rounds alternate between the
two, so that both see the same machine. Prints requests a second, latency, and CPU microseconds per
request for the server, PostgreSQL and the load generator apart.
"""
import json

from harness import capture, load, people, processes, report
from harness.program import Program

NOTE = json.dumps({"title": "Bring the ladder back", "amount": 12})
SOME_ITEM = "1007"  # of person 7


def point_read(program):
    path = "items?select=id,title,amount,created_at&id=eq."
    requests = [("GET", f"{path}{item}", person, None) for person, item in people.own_items()]
    answer = json.loads(program.ask(path + SOME_ITEM, program.headers(7)))
    assert [row["title"] for row in answer] == [f"Item number {SOME_ITEM}"], answer
    assert json.loads(program.ask(path + "1008", program.headers(7))) == [], "another person's row is visible"
    return requests, {"setup": ["\\set id 1000 * random(0, 999) + 7"], "variables": {SOME_ITEM: "id"}}, path + SOME_ITEM


def page(program):
    path = "items?select=id,title,amount,created_at&order=created_at.desc&limit=20"
    answer = json.loads(program.ask(path, program.headers(7)))
    assert [row["id"] for row in answer] == [1000 * (999 - place) + 7 for place in range(20)], answer
    return [("GET", path, person, None) for person in range(1, people.COUNT + 1)], {}, path


def insert(program):
    path = "notes?select=id,title,amount,created_at"
    answer = json.loads(program.ask(path, program.headers(7, **WRITES), NOTE))
    assert len(answer) == 1 and answer[0]["amount"] == 12, answer
    return [("POST", path, person, NOTE) for person in range(1, people.COUNT + 1)], {}, path


WRITES = {"Content-Type": "application/json", "Prefer": "return=representation"}
CASES = {"point read": point_read, "20-row page": page, "insert": insert}


def measure(program, name, case, options):
    requests, limit, example = case(program)
    more = WRITES if requests[0][0] == "POST" else {}
    body = requests[0][3]
    statements = capture.of_request(program, example, program.headers(7, **more), body)
    script = load.pgbench_script(program, name, statements, **limit)
    requests = [load.Request(method, "/bench/rest/v1/" + path, program.headers(person, **more), body)
                for method, path, person, body in requests]
    results = report.alternate(
        name, options.rounds,
        limit=lambda: load.pgbench(program, script, options.connections, options.seconds),
        ours=lambda: load.wrk(program.status["url"], requests, options.connections, options.seconds, program.cpu))
    result = report.compare(results["ours"], results["limit"])
    result["statements"] = [statement.text for statement in statements]
    result["tenantry"]["sockets"] = program.connections()
    return result


def main():
    options = report.arguments(__doc__).parse_args()
    load.need_wrk()
    cases = report.chosen(CASES, options.only)
    with Program() as program:
        results = {name: measure(program, name, case, options) for name, case in cases.items()}
        memory = processes.memory_mib(program.server_pids())
    if options.json:
        report.print_json({"cases": results, "server_pss_mib": memory})
        return
    for name, result in results.items():
        report.print_comparison(name, result, "pgbench")
        print(f"  {result['statements'][-1]}")
        print(f"  sockets to PostgreSQL afterwards: {result['tenantry']['sockets']}")
    print(f"\nmemory of the server afterwards: {memory:.1f} MiB (PSS)")


main()
