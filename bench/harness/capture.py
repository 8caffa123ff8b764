"""What PostgreSQL gets for one request: statements and their parameters, from its own log.

pg_stat_statements would do for the texts, but it replaces constants, and knows no values.
"""
import glob, json, os, re, time
from collections import namedtuple

Statement = namedtuple("Statement", "text parameters")
PARAMETER = re.compile(r"\$(\d+) = ('(?:[^']|'')*'|NULL)")


def statements(program, send):
    """Calls `send`, which makes one request, and answers with the statements that came of it."""
    program.sql("alter system set log_destination = 'jsonlog'", "alter system set log_statement = 'all'",
                "select pg_reload_conf()")
    time.sleep(0.3)  # until every backend has read the configuration
    try:
        beginning = len(_lines(program))
        send()
        found, before = [], -1
        while len(found) != before or not found:  # the log is written a moment later
            before = len(found)
            time.sleep(0.3)
            found = [one for one in map(_statement, _lines(program)[beginning:]) if one]
        return found
    finally:
        program.sql("alter system reset log_destination", "alter system reset log_statement", "select pg_reload_conf()")


def of_request(program, path, headers, body=None):
    return statements(program, lambda: program.ask(path, headers, body))


def _lines(program):
    lines = []
    for path in sorted(glob.glob(os.path.join(program.home, "log/*.json"))):
        lines += open(path, encoding="utf-8").read().split("\n")[:-1]
    return lines


def _statement(line):
    entry = json.loads(line)
    executed = re.match(r"execute [^:]*: (.*)", entry.get("message", ""), re.S)
    if not executed or entry.get("user") != "bench_server":
        return None
    parameters = {}
    for number, value in PARAMETER.findall(entry.get("detail", "")):
        parameters[int(number)] = None if value == "NULL" else value[1:-1].replace("''", "'")
    return Statement(" ".join(executed[1].split("\n")), parameters)
