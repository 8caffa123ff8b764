"""Other servers for the same table: how each is installed, started, asked and understood.

Every peer answers `point(item)` and `page()`, which make a request, with the rows that `rows` reads from the
answer. The apps are in bench/peers, what they need is installed into bench/peers/.installed.
"""
import hashlib, json, os, shutil, socket, sqlite3, subprocess, sys, time, urllib.error, urllib.request

from . import people, processes
from .load import Request

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "peers")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Peer:
    """What they have in common. `program` is the tenantry whose PostgreSQL they share."""
    name = folder = ""
    install = None  # the command's last arguments; a new text in `pins` installs anew
    pins = "requirements.txt"

    def __init__(self, program):
        self.program = program
        self.process = None
        self.url = f"http://127.0.0.1:{free_port()}"
        self.installed = os.path.join(FOLDER, ".installed", self.folder)

    def set_up(self):
        """Installs what is pinned, unless it is there already."""
        source = os.path.join(FOLDER, self.folder)
        pins = open(os.path.join(source, self.pins)).read()
        mark, text = os.path.join(self.installed, ".pins"), hashlib.sha256(pins.encode()).hexdigest()
        if os.path.exists(mark) and open(mark).read() == text:
            return
        print(f"installing {self.name}", file=sys.stderr)
        shutil.rmtree(self.installed, ignore_errors=True)
        os.makedirs(self.installed)
        self.fetch(source)
        open(mark, "w").write(text)

    def fetch(self, source):
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-warn-conflicts",
                        "--root-user-action=ignore", "--target", self.installed, "-r", os.path.join(source, self.pins)], check=True)

    def environment(self):
        """PostgreSQL over its Unix socket, as an administrator: the peers filter by themselves, or take a role."""
        return dict(os.environ, PGHOST=self.program.sockets, PGPORT=self.program.port, PGUSER="tenantry",
                    PGDATABASE="bench", JWT_SECRET=self.program.app["jwt_secret"], PORT=self.url.rsplit(":", 1)[1])

    def start(self):
        log = os.path.join(self.program.base, f"{self.folder}.log")
        self.process = subprocess.Popen(self.command(), env=self.environment(), stdout=open(log, "w"),
                                        stderr=subprocess.STDOUT, cwd=os.path.join(FOLDER, self.folder))
        self.after_start()
        for _ in range(240):
            try:
                if self.send(self.point(7, 1007)):
                    return
            except OSError:
                pass  # not listening yet
            if self.process.poll() is not None:
                break
            time.sleep(0.25)
        self.stop()
        sys.exit(f"{self.name} does not answer:\n" + open(log).read()[-4000:])

    def after_start(self):
        pass

    def stop(self):
        if self.process:
            below = processes.tree(self.process.pid)
            self.process.terminate()
            self.process.wait()
            for pid in below[1:]:  # workers end with their parent; those that do not are helped
                try:
                    os.kill(pid, 15)
                except ProcessLookupError:
                    pass

    def pids(self):
        return processes.tree(self.process.pid)

    def cpu(self):
        return processes.cpu_seconds(self.pids()), processes.cpu_seconds(self.program.postgres_pids())

    def send(self, request):
        """The rows of the answer; none for a refusal."""
        message = urllib.request.Request(self.url + request.path, headers=request.headers, method=request.method,
                                         data=request.body and request.body.encode())
        try:
            with urllib.request.urlopen(message) as answer:
                return self.rows(json.load(answer))
        except urllib.error.HTTPError as refusal:
            if refusal.code == 404:
                return []
            raise

    def bearer(self, person):
        return {"Authorization": f"Bearer {self.program.tokens[person]}"}


class Tenantry(Peer):
    name = "tenantry"

    def __init__(self, program):
        super().__init__(program)
        self.url = program.status["url"]

    def set_up(self):
        pass

    def start(self):
        pass

    def stop(self):
        pass

    def pids(self):
        return self.program.server_pids()

    def point(self, person, item):
        return self.get(person, f"items?select=id,title,amount,created_at&id=eq.{item}")

    def page(self, person):
        return self.get(person, "items?select=id,title,amount,created_at&order=created_at.desc&limit=20")

    def get(self, person, path):
        return Request("GET", "/bench/rest/v1/" + path, self.program.headers(person), None)

    def rows(self, answer):
        return answer


class FastApi(Peer):
    def __init__(self, program, name, folder):
        self.name, self.folder = name, folder
        super().__init__(program)

    def command(self):
        return [sys.executable, "-m", "uvicorn", "app:app", "--workers", "2", "--port", self.url.rsplit(":", 1)[1],
                "--log-level", "warning", "--no-access-log"]

    def environment(self):
        return dict(super().environment(), PYTHONPATH=self.installed, PYTHONDONTWRITEBYTECODE="1")

    def point(self, person, item):
        return Request("GET", f"/items/{item}", self.bearer(person), None)

    def page(self, person):
        return Request("GET", "/items?limit=20", self.bearer(person), None)

    def rows(self, answer):
        return answer if isinstance(answer, list) else [answer]


class PostGraphile(Peer):
    name, folder, pins = "PostGraphile 5", "postgraphile", "package.json"
    POINT = "query Item($id: BigInt!) { itemById(id: $id) { id title amount createdAt } }"
    PAGE = "{ allItems(first: 20, orderBy: [CREATED_AT_DESC]) { nodes { id title amount createdAt } } }"

    def fetch(self, source):
        shutil.copy(os.path.join(source, self.pins), self.installed)
        subprocess.run(["npm", "install", "--prefix", self.installed, "--no-audit", "--no-fund", "--no-package-lock",
                        "--loglevel=error"], check=True)

    def command(self):
        # Modules are looked for beside the file, so it is copied to where they are.
        shutil.copy(os.path.join(FOLDER, self.folder, "server.mjs"), self.installed)
        return [os.path.join(self.installed, "node_modules/node/bin/node"), os.path.join(self.installed, "server.mjs")]

    def environment(self):
        return dict(super().environment(), NODE_ENV="production", GRAPHILE_ENV="production")

    def ask(self, person, query, **variables):
        return Request("POST", "/graphql", {**self.bearer(person), "Content-Type": "application/json"},
                       json.dumps({"query": query, "variables": variables}))

    def point(self, person, item):
        return self.ask(person, self.POINT, id=str(item))

    def page(self, person):
        return self.ask(person, self.PAGE)

    def rows(self, answer):
        data = answer.get("data")
        if not data or "errors" in answer:
            raise ValueError(json.dumps(answer)[:1000])
        found = data["allItems"]["nodes"] if "allItems" in data else [data["itemById"]] if data["itemById"] else []
        return [{**row, "id": int(row["id"]), "created_at": row["createdAt"]} for row in found]


class PocketBase(Peer):
    name, folder = "PocketBase (SQLite)", "pocketbase"

    def __init__(self, program):
        super().__init__(program)
        self.data = os.path.join(program.base, "pocketbase")
        self.bearers = {}

    def base_command(self, *arguments):
        return [os.path.join(self.installed, "bin/pocketbase"), *arguments, "--dir", self.data,
                "--migrationsDir", os.path.join(FOLDER, self.folder, "migrations")]

    def command(self):
        return self.base_command("serve", "--http", self.url.removeprefix("http://"))

    def start(self):
        subprocess.run(self.base_command("migrate", "up"), check=True, stdout=subprocess.DEVNULL)
        with sqlite3.connect(os.path.join(self.data, "data.db")) as database:
            database.execute("""
                with recursive numbers(id) as (select 1 union all select id + 1 from numbers where id < 1000000)
                insert into items (id, user, title, amount, created_at)
                select printf('%015d', id), printf('%015d', id % 1000), 'Item number ' || id, id % 977,
                    strftime('%Y-%m-%d %H:%M:%S.000Z', '2026-01-01', id || ' seconds')
                from numbers""")
            database.execute("analyze")
        database.close()
        super().start()

    def after_start(self):
        """Its people have passwords of its own; each of ours signs up and in."""
        for _ in range(120):
            try:
                urllib.request.urlopen(self.url + "/api/health").close()
                break
            except OSError:
                time.sleep(0.25)
        for person in range(1, people.COUNT + 1):
            identity = {"email": f"person{person}@example.com", "password": "a long password"}
            self.post("records", {**identity, "id": f"{person:015}", "passwordConfirm": "a long password"})
            signed_in = self.post("auth-with-password", {"identity": identity["email"], "password": identity["password"]})
            self.bearers[person] = {"Authorization": signed_in["token"]}

    def post(self, what, body):
        message = urllib.request.Request(f"{self.url}/api/collections/users/{what}", data=json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(message) as answer:
            return json.load(answer)

    def point(self, person, item):
        return self.get(person, f"/{item:015}?fields=id,title,amount,created_at")

    def page(self, person):
        return self.get(person, "?sort=-created_at&perPage=20&skipTotal=1&fields=id,title,amount,created_at")

    def get(self, person, path):
        return Request("GET", "/api/collections/items/records" + path, self.bearers.get(person, {}), None)

    def rows(self, answer):
        return [{**row, "id": int(row["id"])} for row in answer.get("items", [answer])]


def everybody():
    """Names on the command line, and how each is made."""
    return {
        "tenantry": Tenantry,
        "sqlalchemy": lambda program: FastApi(program, "FastAPI + SQLAlchemy", "fastapi-sqlalchemy"),
        "asyncpg": lambda program: FastApi(program, "FastAPI + asyncpg", "fastapi-asyncpg"),
        "postgraphile": PostGraphile,
        "pocketbase": PocketBase,
    }
