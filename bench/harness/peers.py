"""The servers of the comparison, and how each is asked and understood.

Every one answers `point(person, item)` and `page(person)` with a request to make, and `rows` with what stands in
the answer. The apps are in bench/peers, what they need is installed into bench/peers/.installed.
"""
import json, os, shutil, sqlite3, subprocess, sys, time, urllib.request

from . import people
from .load import Request
from .peer import FOLDER, Peer


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
    POINT = "query Item($id: BigInt!) { itemByRowId(rowId: $id) { rowId title amount createdAt } }"
    PAGE = "{ allItems(first: 20, orderBy: [CREATED_AT_DESC]) { nodes { rowId title amount createdAt } } }"

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
        found = data["allItems"]["nodes"] if "allItems" in data else [data["itemByRowId"]] if data["itemByRowId"] else []
        return [{**row, "id": int(row["rowId"]), "created_at": row["createdAt"]} for row in found]


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
