"""One server of the comparison: how it is installed, started, asked and stopped."""
import hashlib, json, os, shutil, socket, subprocess, sys, time, urllib.error, urllib.request

from . import processes

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "peers")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Peer:
    """What they have in common. `program` is the tenantry whose PostgreSQL they share."""
    name = folder = ""
    pins = "requirements.txt"  # what to install; another text in it installs anew

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
        failure = None
        for _ in range(120):
            try:
                if self.send(self.point(7, 1007)):
                    return
            except OSError as error:  # not listening yet
                failure = error
            if self.process.poll() is not None:
                break
            time.sleep(0.25)
        self.stop()
        sys.exit(f"{self.name} does not answer ({failure}):\n" + open(log).read()[-4000:])

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
