"""Load: HTTP requests by wrk, and PostgreSQL's statements by pgbench and psql.

Each answers with a rate, latency in milliseconds, and CPU microseconds per request apart for the server,
PostgreSQL and the load generator.
"""
import os, re, shutil, subprocess, sys, tempfile
from collections import namedtuple

Request = namedtuple("Request", "method path headers body")


def need_wrk():
    if not shutil.which("wrk"):
        sys.exit("wrk is not installed: apt-get install wrk")


# wrk asks one after the other of the requests in the file, each thread from a place of its own.
WRK = """
local requests, built, number = dofile("%s"), {}, 0
local threads = 0
setup = function(thread) thread:set("place", threads) threads = threads + 1 end
init = function()
  for index, one in ipairs(requests) do built[index] = wrk.format(one[1], one[2], one[3], one[4]) end
  number = math.floor(#built * place / 2)
end
request = function() number = number %% #built + 1 return built[number] end
"""


def _lua(text):
    """A Lua literal. Decimal escapes, so that no character has a meaning."""
    plain = lambda byte: 32 <= byte < 127 and byte not in b'"\\'
    return '"' + "".join(chr(byte) if plain(byte) else f"\\{byte:03d}" for byte in text.encode()) + '"'


# Each thread trades its refresh tokens, one after the other, for the next ones.
TRADE = """
local tokens, first, last, body = {}, 1, 0
local threads = 0
setup = function(thread) thread:set("place", threads) threads = threads + 1 end
init = function()
  for index, token in ipairs(dofile("%s")) do
    if index %% 2 == place %% 2 then last = last + 1 tokens[last] = token end
  end
end
request = function()
  local token = tokens[first]
  tokens[first] = nil
  first = first + 1
  return wrk.format("POST", "%s", { apikey = %s, ["content-type"] = "application/json" }, '{"refresh_token":"' .. token .. '"}')
end
response = function(status, headers, body)
  last = last + 1
  tokens[last] = body:match('"refresh_token":"([^"]+)"')
end
"""


def wrk(url, requests, connections, seconds, cpu):
    """`cpu` says the seconds used so far by the server and by PostgreSQL. Any answer but 2xx ends the bench."""
    with tempfile.TemporaryDirectory(prefix="tenantry-wrk-") as folder:
        listing = os.path.join(folder, "requests.lua")
        with open(listing, "w") as out:
            out.write("local r = {}\n")
            for one in requests:
                headers = ", ".join(f"[{_lua(name)}] = {_lua(value)}" for name, value in one.headers.items())
                body = _lua(one.body) if one.body is not None else "nil"
                out.write(f"r[#r + 1] = {{{_lua(one.method)}, {_lua(one.path)}, {{{headers}}}, {body}}}\n")
            out.write("return r\n")
        return _run_wrk(folder, WRK % listing, url, connections, seconds, cpu)


def wrk_trading(url, path, key, tokens, connections, seconds, cpu):
    """The same with refreshes: at least two tokens for each connection."""
    with tempfile.TemporaryDirectory(prefix="tenantry-wrk-") as folder:
        listing = os.path.join(folder, "tokens.lua")
        open(listing, "w").write("return {" + ", ".join(map(_lua, tokens)) + "}\n")
        return _run_wrk(folder, TRADE % (listing, path, _lua(key)), url, connections, seconds, cpu)


def _run_wrk(folder, text, url, connections, seconds, cpu):
    script = os.path.join(folder, "wrk.lua")
    open(script, "w").write(text)
    command = ["wrk", "-t", str(min(2, connections)), "-c", str(connections), "-d", f"{seconds}s",
               "--timeout", "30s", "--latency", "-s", script, url]
    before, started = cpu(), _own_seconds()
    output = subprocess.run(command, capture_output=True, text=True)
    after, ended = cpu(), _own_seconds()
    if output.returncode or "Non-2xx" in output.stdout or "Socket errors" in output.stdout:
        sys.exit(output.stdout + output.stderr)
    count = int(re.search(r"(\d+) requests in", output.stdout).group(1))
    if not count:
        sys.exit(f"no request was answered within {seconds} seconds: take more of them")
    result = {"rate": float(re.search(r"Requests/sec:\s+([\d.]+)", output.stdout).group(1)),
              "mean": _milliseconds(output.stdout, "Latency"), "p50": _milliseconds(output.stdout, "50%"),
              "p99": _milliseconds(output.stdout, "99%"), "client_us": (ended - started) / count * 1e6}
    return {**result, **_cpu_each(before, after, count)}


def pgbench(program, script, connections, seconds):
    """`script` is what `pgbench_script` made."""
    command = [f"{program.programs}/pgbench", *program.address("bench_server"), "-n", "-M", "prepared",
               "-c", str(connections), "-j", str(min(2, connections)), "-T", str(seconds), *script, "bench"]
    before, started = program.cpu(), _own_seconds()
    output = subprocess.run(command, capture_output=True, text=True)
    after, ended = program.cpu(), _own_seconds()
    if output.returncode or "number of failed transactions: 0" not in output.stdout:
        sys.exit(output.stdout + output.stderr)
    count = int(re.search(r"actually processed: (\d+)", output.stdout).group(1))
    return {"rate": float(re.search(r"tps = ([\d.]+)", output.stdout).group(1)),
            "mean": float(re.search(r"latency average = ([\d.]+)", output.stdout).group(1)),
            "client_us": (ended - started) / count * 1e6, "postgres_us": _cpu_each(before, after, count)["postgres_us"]}


def pgbench_script(program, name, statements, setup=(), variables=None):
    """The captured statements in one pipeline. Values that `variables` names come from pgbench's variables."""
    lines, definitions = [*setup, "\\startpipeline"], []
    for place, statement in enumerate(statements):
        if re.search(r"(?<!:):\w", statement.text):
            sys.exit(f"pgbench would read a variable in: {statement.text}")
        text = statement.text
        for number, value in sorted(statement.parameters.items(), reverse=True):
            variable = (variables or {}).get(value)
            if value is None:
                text = text.replace(f"${number}", "null")
                continue
            if not variable:
                variable = f"s{place}_{number}"
                definitions += ["-D", f"{variable}={value}"]
            text = text.replace(f"${number}", f":{variable}")
        lines.append(text + ";")
    path = os.path.join(program.base, re.sub(r"\W+", "-", name) + ".sql")
    open(path, "w").write("\n".join([*lines, "\\endpipeline"]) + "\n")
    return ["-f", path, *definitions]


def psql(program, user, preparation, statement, seconds):
    """Repeats one statement through libpq for about `seconds`; its rows go nowhere. For COPY, which pgbench lacks."""
    def repeat(times):
        lines = [*preparation, "\\timing on", *[statement] * times]
        output = subprocess.run(
            [f"{program.programs}/psql", *program.address(user), "-d", "bench", "-Xq", "-v", "ON_ERROR_STOP=1"],
            input="\n".join(lines) + "\n", capture_output=True, text=True)
        if output.returncode:
            sys.exit(output.stderr)
        return [float(time) for time in re.findall(r"^Time: ([\d.]+) ms", output.stdout, re.M)]

    tried = repeat(2)[-1] / 1000
    before, started = program.cpu(), _own_seconds()
    times = repeat(max(3, round(seconds / tried)))
    after, ended = program.cpu(), _own_seconds()
    return {"rate": len(times) / sum(times) * 1000, "p50": sorted(times)[len(times) // 2],
            "mean": sum(times) / len(times), "client_us": (ended - started) / len(times) * 1e6,
            "postgres_us": _cpu_each(before, after, len(times))["postgres_us"]}


def _own_seconds():
    """CPU seconds of load generators that have ended."""
    times = os.times()
    return times.children_user + times.children_system


def _cpu_each(before, after, count):
    return {"server_us": (after[0] - before[0]) / count * 1e6, "postgres_us": (after[1] - before[1]) / count * 1e6}


def _milliseconds(output, label):
    number, unit = re.search(rf"\n\s+{label}\s+([\d.]+)(us|ms|s|m)\b", output).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60000}[unit]
