// What the tests start: a PostgreSQL, databases in it, and `tenantry serve` on them.
import { execFile, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const execute = promisify(execFile);
const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.join(here, "../..");
const binary = process.env.TENANTRY || path.join(root, "target/debug/tenantry");

export const login = { name: "garden_login", password: "garden" };
export const jwtSecret = "a secret for the garden's tests, and for them only";

/** A folder that other users may enter, for a server that must not run as root. */
export async function temporaryFolder() {
  const folder = await mkdtemp(path.join(tmpdir(), "tenantry-clients-"));
  await chmod(folder, 0o755);
  return folder;
}

/** Starts a program, waits for its line `ready`, and answers with it. */
async function startProgram(args) {
  const environment = { RUST_LOG: "error", ...process.env };
  delete environment.DATABASE_URL;
  const child = spawn(binary, args, { stdio: ["ignore", "pipe", "pipe"], env: environment });
  // Nothing is left running when the tests end early.
  const kill = () => child.kill("SIGTERM");
  process.once("exit", kill);
  let errors = "";
  child.stderr.on("data", (text) => (errors = (errors + text).slice(-20000)));
  const ended = new Promise((resolve) => child.once("exit", resolve).once("error", resolve));
  const ready = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => line.startsWith("ready") && resolve(line));
    ended.then(() => reject(new Error(`tenantry ${args[0]} ended: ${errors}`)));
  });
  const stop = async () => {
    process.off("exit", kill);
    kill();
    await ended;
  };
  return { ready, stop };
}

/** The embedded PostgreSQL of `tenantry up`: `programs` is the folder of psql and the others. */
export async function startPostgres() {
  const base = await temporaryFolder();
  const home = path.join(base, "home");
  // A home serves at least one application; the smallest will do.
  const app = path.join(root, "examples/notes");
  const program = await startProgram(["up", "--home", home, "--port", "0", "--apps", "", "--app", app]);
  const status = JSON.parse(await readFile(path.join(home, "status.json"), "utf8"));
  const [version] = await readdir(path.join(home, "postgresql"));
  return {
    programs: path.join(home, "postgresql", version, "embedded_postgres/pginstall/bin"),
    adminDsn: status.admin_dsn,
    async stop() {
      await program.stop();
      await rm(base, { recursive: true, force: true });
    },
  };
}

/** `tenantry up` with these applications, whose mails stay in their mailboxes; every step needs its own. */
export async function startApplications(names) {
  const base = await temporaryFolder();
  const home = path.join(base, "home");
  const settings = path.join(base, "settings.toml");
  const auth = ["confirm_email = true", "mail_interval_seconds = 0", "manual_linking = true"];
  const lines = names.flatMap((name) => [`[apps.${name}.auth]`, ...auth, ""]);
  await writeFile(settings, lines.join("\n"), { mode: 0o600 });
  const program = await startProgram(["up", "--home", home, "--port", "0", "--apps", names.join(","), "--settings", settings]);
  const { apps } = JSON.parse(await readFile(path.join(home, "status.json"), "utf8"));
  return {
    apps,
    mailbox: (name) => path.join(home, "mail", name),
    async stop() {
      await program.stop();
      await rm(base, { recursive: true, force: true });
    },
  };
}

/** Runs SQL with psql; answers with the rows as text. */
export async function psql(postgres, dsn, ...args) {
  const { stdout } = await execute(path.join(postgres.programs, "psql"), ["-XAtq", "-v", "ON_ERROR_STOP=1", ...args, dsn]);
  return stdout.trim();
}

/** The DSN of another database, or of another login, on the same server. */
export function dsnOf(dsn, database, user) {
  const url = new URL(dsn);
  url.pathname = `/${database}`;
  if (user) [url.username, url.password] = [user.name, user.password];
  return url.href;
}

/** Makes a database with the garden in it; answers with the DSN for `tenantry serve`. */
export async function createGarden(postgres, name) {
  await psql(postgres, postgres.adminDsn, "-c", `create database ${name}`);
  const variables = ["-v", `login_password=${login.password}`];
  await psql(postgres, dsnOf(postgres.adminDsn, name), ...variables, "-f", path.join(here, "database.sql"));
  return dsnOf(postgres.adminDsn, name, login);
}

/** Starts `tenantry serve` with a configuration file as PostgREST has it. */
export async function serve(dsn, settings = {}) {
  const folder = await temporaryFolder();
  const file = path.join(folder, "garden.conf");
  const all = {
    "db-uri": dsn,
    "db-schemas": "garden, herbarium, Größe & Maß",
    "db-anon-role": "garden_visitor",
    "db-pool": 6,
    "db-tx-end": "commit-allow-override",
    "db-plan-enabled": true,
    "db-aggregates-enabled": true,
    "jwt-secret": jwtSecret,
    "server-host": "127.0.0.1",
    "server-port": 0,
    ...settings,
  };
  const lines = Object.entries(all).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`);
  await writeFile(file, ["# The garden's server\n", ...lines].join(""));
  const removeFolder = () => rm(folder, { recursive: true, force: true });
  const program = await startProgram(["serve", "--config", file]).catch(async (error) => {
    await removeFolder();
    throw error;
  });
  return {
    url: program.ready.match(/http:\S+/)[0],
    async stop() {
      await program.stop();
      await removeFolder();
    },
  };
}

/** A token as an identity provider would sign it. */
export function token(claims, secret = jwtSecret) {
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const body = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`;
  return `${body}.${createHmac("sha256", secret).update(body).digest("base64url")}`;
}
