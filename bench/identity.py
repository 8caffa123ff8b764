#!/usr/bin/env python3
"""Refreshes a second, and what a storm of sign-ins does to reads.

    cargo build --release && python3 bench/identity.py [--rounds 5] [--seconds 5] [--connections 64]

Starts a server of its own on a new home. "refresh" trades refresh tokens of as many login sessions as there are
connections twice over, each for the next. "reads" are point reads under row security, alone and while as many
connections sign in with passwords (Argon2id). Prints requests a second, latency, and CPU microseconds per request
for the server, PostgreSQL and the load generator apart; beside a storm those of the server are both's.
"""
import json, sys, threading, urllib.request

from harness import load, people, report
from harness.program import Program

PASSWORD = "a long password"
AUTH = "/bench/auth/v1/"


def post(program, path, body):
    headers = {"apikey": program.app["anon_key"], "content-type": "application/json"}
    url = program.app["url"] + "/auth/v1/" + path
    request = urllib.request.Request(url, headers=headers, data=json.dumps(body).encode())
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def sign_up(program, label, count):
    """The sessions of so many new people."""
    people = [{"email": f"{label}{number}@example.com", "password": PASSWORD} for number in range(count)]
    return people, [post(program, "signup", person) for person in people]


def refreshes(program, options):
    results = []
    for number in range(options.rounds):
        print(f"refresh: round {number + 1} of {options.rounds}", file=sys.stderr)
        _, sessions = sign_up(program, f"refresh{number}-", 2 * options.connections)
        tokens = [session["refresh_token"] for session in sessions]
        results.append(load.wrk_trading(
            program.status["url"], AUTH + "token?grant_type=refresh_token", program.app["anon_key"],
            tokens, options.connections, options.seconds, program.cpu))
    return {"refresh": report.medians(results)}


def reads(program, options):
    path = "/bench/rest/v1/items?select=id,title,amount,created_at&id=eq."
    requests = [load.Request("GET", f"{path}{item}", program.headers(person), None) for person, item in people.own_items()]
    measure = lambda: load.wrk(program.status["url"], requests, options.connections, options.seconds, program.cpu)
    members, _ = sign_up(program, "storm", options.connections)

    def in_a_storm():
        over = threading.Event()
        signed_in = []

        def storm(member):
            while not over.is_set():
                post(program, "token?grant_type=password", member)
                signed_in.append(member)

        threads = [threading.Thread(target=storm, args=[member]) for member in members]
        for thread in threads:
            thread.start()
        result = measure()
        over.set()
        for thread in threads:
            thread.join()
        return {**result, "times": len(signed_in) / options.seconds}

    results = report.alternate("reads", options.rounds, alone=measure, storm=in_a_storm)
    return {"reads alone": report.medians(results["alone"]),
            "reads in a storm": report.medians(results["storm"])}


CASES = {"refresh": refreshes, "reads": reads}


def main():
    options = report.arguments(__doc__).parse_args()
    load.need_wrk()
    cases = report.chosen(CASES, options.only)
    with Program() as program:
        results = {}
        for case in cases.values():
            results.update(case(program, options))
    if options.json:
        report.print_json(results)
        return
    report.table(list(results.items()))
    if "reads in a storm" in results:
        print(f"  sign-ins a second in the storm: {results['reads in a storm']['times']:.1f}")


main()
