"""Rounds that alternate, medians, and tables on the terminal."""
import argparse, json, statistics, sys


def arguments(description, rounds=5, seconds=5, connections=64):
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--seconds", type=int, default=seconds, help="of each measurement in a round")
    if connections:
        parser.add_argument("--connections", type=int, default=connections)
    parser.add_argument("--only", default="", help="names of cases, with commas between")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    return parser


def chosen(cases, only):
    """Those of the named cases that --only asks for; all without it."""
    names = [name.strip() for name in only.split(",") if name.strip()]
    unknown = [name for name in names if name not in cases]
    if unknown:
        sys.exit(f"no such case: {', '.join(unknown)}; there are: {', '.join(cases)}")
    return {name: case for name, case in cases.items() if not names or name in names}


def alternate(label, rounds, **measurements):
    """Calls each in turn, round after round, so that all see the same machine. Answers with lists of results."""
    results = {name: [] for name in measurements}
    for number in range(rounds):
        print(f"{label}: round {number + 1} of {rounds}", file=sys.stderr)
        for name, measure in measurements.items():
            results[name].append(measure())
    return results


def medians(results):
    return {key: statistics.median(one[key] for one in results) for key in results[0]}


def compare(ours, limit):
    """Medians of both, and the median of the rounds' own ratios of their rates."""
    ratios = [one["rate"] / other["rate"] for one, other in zip(ours, limit)]
    return {"ratio": statistics.median(ratios), "ratios": ratios, "tenantry": medians(ours), "limit": medians(limit)}


COLUMNS = [("rate", "per s", 1), ("mean", "mean ms", 2), ("p50", "p50 ms", 2), ("p99", "p99 ms", 2), ("server_us", "server us", 0),
           ("postgres_us", "postgres us", 0), ("client_us", "client us", 0), ("memory_mib", "PSS MiB", 1),
           ("times", "times", 1)]


def table(rows):
    """`rows` are pairs of a name and its figures; a column that nobody has is left out."""
    columns = [column for column in COLUMNS if any(column[0] in figures for _, figures in rows)]
    width = max(len(name) for name, _ in rows) + 2
    print("  " + " " * width + "".join(f"{title:>13}" for _, title, _ in columns))
    for name, figures in rows:
        cells = (f"{figures[key]:13.{places}f}" if key in figures else " " * 13 for key, _, places in columns)
        print("  " + f"{name:{width}}" + "".join(cells))


def print_json(results):
    print(json.dumps(results, indent=2))


def print_comparison(name, result, limit):
    ratios = ", ".join(f"{ratio:.2f}" for ratio in result["ratios"])
    print(f"\n{name}: {result['ratio']:.2f} of {limit}'s rate ({ratios})")
    table([("tenantry", result["tenantry"]), (limit, result["limit"])])
