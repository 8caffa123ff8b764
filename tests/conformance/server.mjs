// Starts PostgreSQL with the fixture in it, and servers by configuration file.
import { execFile, spawn } from "node:child_process";
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const execute = promisify(execFile);
const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.join(here, "../..");
export const binary = process.env.TENANTRY || path.join(root, "target/debug/tenantry");
/** How psql is asked. */
export const psql = ["-XAtq", "-v", "ON_ERROR_STOP=1"];
const login = { name: "conformance_authenticator", password: "conformance" };

/** A folder that other users may enter, for a PostgreSQL that must not run as root. */
async function temporaryFolder() {
  const folder = await mkdtemp(path.join(tmpdir(), "tenantry-conformance-"));
  await chmod(folder, 0o755);
  return folder;
}

/** Starts the program and waits for its line `ready`. */
async function start(args, startTimeout = 120_000) {
  const environment = { RUST_LOG: "error", ...process.env };
  delete environment.DATABASE_URL;
  const child = spawn(binary, args, { stdio: ["ignore", "pipe", "pipe"], env: environment });
  let errors = "";
  child.stderr.on("data", (text) => (errors = (errors + text).slice(-5000)));
  const ended = new Promise((resolve) => child.once("exit", resolve).once("error", resolve));
  const ready = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => line.startsWith("ready") && resolve(line));
    ended.then(() => reject(new Error(`tenantry ${args[0]} did not start: ${errors.trim()}`)));
    setTimeout(() => reject(new Error(`tenantry ${args[0]} is not ready`)), startTimeout).unref();
  });
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
  };
  return { ready, stop };
}

/** PostgreSQL with the fixture; `dsn` is what the servers log in with, `owner` may do everything. */
export async function startDatabase() {
  const base = await temporaryFolder();
  const home = path.join(base, "home");
  // A home serves at least one application; the smallest will do.
  const app = path.join(root, "examples/notes");
  const program = await start(["up", "--home", home, "--port", "0", "--apps", "", "--app", app]);
  const stop = async () => {
    await program.stop();
    await rm(base, { recursive: true, force: true });
  };
  try {
    const { admin_dsn: admin } = JSON.parse(await readFile(path.join(home, "status.json"), "utf8"));
    const [version] = await readdir(path.join(home, "postgresql"));
    const client = path.join(home, "postgresql", version, "embedded_postgres/pginstall/bin/psql");
    const run = (dsn, ...args) => execute(client, [...psql, ...args, dsn]);
    const ours = new URL(admin);
    ours.pathname = "/conformance";
    const folder = path.join(here, "database");
    const files = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
    await run(admin, "-c", "create database conformance");
    await run(ours.href, ...files.flatMap((name) => ["-f", path.join(folder, name)]));
    const owner = ours.href;
    [ours.username, ours.password] = [login.name, login.password];
    return { dsn: ours.href, owner, psql: client, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** `tenantry serve` with these settings; `undefined` leaves one out of the file. */
export async function startServer(dsn, settings) {
  const folder = await temporaryFolder();
  const file = path.join(folder, "server.conf");
  const lines = Object.entries({ "db-uri": dsn, "db-pool": 2, "server-host": "127.0.0.1", "server-port": 0, ...settings })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} = ${JSON.stringify(value)}\n`);
  await writeFile(file, lines.join(""));
  const program = await start(["serve", "--config", file], 20_000);
  return {
    port: Number(program.ready.match(/:(\d+)\s*$/)[1]),
    async stop() {
      await program.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
