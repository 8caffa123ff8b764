#!/usr/bin/env python3
"""The point read and the 20-row page, against other servers for the same table.

    cargo build --release && python3 bench/peers.py [--rounds 3] [--seconds 5] [--connections 64] [--only asyncpg,pocketbase]

Same million rows, same PostgreSQL (PocketBase: the same rows in its SQLite), the same tokens, everybody
sees their own rows. All servers run at once but only one is asked at a time; rounds alternate. Before
anything is measured, every server has to answer with the right rows, and with none of somebody else's.
The first run installs the peers into bench/peers/.installed (pip and npm; versions are pinned).
"""
import statistics

from harness import load, people, peers, processes, report
from harness.program import Program


def verify(peer):
    """Person 7's item 1007 and newest twenty, and nothing of it for person 8."""
    rows = peer.send(peer.point(7, 1007))
    seen = [(row["id"], row["title"], row["amount"], row["created_at"][:19].replace(" ", "T")) for row in rows]
    assert seen == [(1007, "Item number 1007", 30, "2026-01-01T00:16:47")], f"{peer.name}: {rows}"
    assert peer.send(peer.point(8, 1007)) == [], f"{peer.name}: another person's row is visible"
    rows = peer.send(peer.page(7))
    assert [row["id"] for row in rows] == [1000 * (999 - place) + 7 for place in range(20)], f"{peer.name}: {rows}"


def requests_of(peer):
    return {"point read": [peer.point(person, item) for person, item in people.own_items()],
            "20-row page": [peer.page(person) for person in range(1, people.COUNT + 1)]}


def measure(label, running, requests, options):
    def one(name):
        peer = running[name]
        return lambda: load.wrk(peer.url, requests[name][label], options.connections, options.seconds, peer.cpu)

    results = report.alternate(label, options.rounds, **{name: one(name) for name in running})
    ours = results["tenantry"]
    return {name: {**report.medians(found),
                   "times": statistics.median(mine["rate"] / theirs["rate"] for mine, theirs in zip(ours, found))}
            for name, found in results.items()}


def main():
    options = report.arguments(__doc__, rounds=3).parse_args()
    load.need_wrk()
    wanted = {"tenantry": peers.Tenantry, **report.chosen(peers.everybody(), options.only)}
    with Program() as program:
        running = {name: make(program) for name, make in wanted.items()}
        try:
            for peer in running.values():
                peer.set_up()
                peer.start()
                verify(peer)
            requests = {name: requests_of(peer) for name, peer in running.items()}
            results = {label: measure(label, running, requests, options) for label in ("point read", "20-row page")}
            memory = {name: processes.memory_mib(peer.pids()) for name, peer in running.items()}
        finally:
            for peer in running.values():
                peer.stop()
    if options.json:
        report.print_json({"cases": results, "pss_mib": memory})
        return
    for label, figures in results.items():
        print(f"\n{label}, {options.connections} connections (times: tenantry's rate as a multiple, median of the rounds)")
        report.table([(running[name].name, {**found, "memory_mib": memory[name]}) for name, found in figures.items()])


main()
