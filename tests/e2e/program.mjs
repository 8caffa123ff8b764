// Starts `tenantry up` on a home of its own and makes real supabase-js clients for it.
import { execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, chmod, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { createClient } from "@supabase/supabase-js";
import WebSocket from "ws";

import { Mailbox } from "./mailbox.mjs";

const execute = promisify(execFile);

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), "../..");
export const binary = path.join(root, "target/debug/tenantry");
export const password = "a long password";

/** Starts the program with these applications; call `stop` in the end. */
export const start = (...apps) => startWith({ apps });

/**
 * The same with more to say: `folders` are applications of one's own, relative to the repository,
 * `settings` is what the operator decides, as an object, and `log` is how much the program tells.
 */
export async function startWith({ apps = [], folders = [], settings = {}, log = "warn", port = 0 }) {
  const base = await mkdtemp(path.join(tmpdir(), "tenantry-e2e-"));
  await chmod(base, 0o755);
  const home = path.join(base, "home");
  const settingsFile = path.join(base, "settings.toml");
  await writeFile(settingsFile, toml(settings), { mode: 0o600 });
  const environment = { ...process.env, RUST_LOG: log };
  delete environment.DATABASE_URL;
  const args = ["up", "--home", home, "--port", String(port), "--settings", settingsFile, "--apps", apps.join(",")];
  for (const folder of folders) args.push("--app", path.resolve(root, folder));
  const child = spawn(binary, args, { stdio: ["ignore", "pipe", "pipe"], env: environment });
  // Nothing is left running when the tests end early.
  const kill = () => child.kill("SIGTERM");
  process.once("exit", kill);
  let errors = "";
  child.stderr.on("data", (text) => (errors += text));
  const ended = new Promise((resolve) => child.once("exit", resolve));
  ended.then(() => process.off("exit", kill));
  const ready = new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => line.startsWith("ready") && resolve());
    ended.then(() => reject(new Error(`the program ended: ${errors}`)));
  });
  await ready;
  const status = JSON.parse(await readFile(path.join(home, "status.json"), "utf8"));
  return new Program({ status, base, home, child, ended, log: () => errors });
}

/** An object as TOML: what is no object itself comes first, then a table for each that is. */
function toml(table, name = []) {
  const entries = Object.entries(table);
  const isTable = ([, value]) => typeof value === "object" && !Array.isArray(value);
  const lines = entries.filter((entry) => !isTable(entry)).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  const heading = name.length ? [`[${name.join(".")}]`] : [];
  const tables = entries.filter(isTable).map(([key, value]) => toml(value, [...name, key]));
  return [...heading, ...lines, ...tables].join("\n");
}

class Program {
  #mailboxes = new Map();

  constructor(parts) {
    Object.assign(this, parts);
  }

  /** A client without a person; `auth` are more of its settings. */
  anonymous(app, auth) {
    return this.#client(app, this.status.apps[app].anon_key, auth);
  }

  /** The mails of an application. */
  mailbox(app) {
    if (!this.#mailboxes.has(app)) this.#mailboxes.set(app, new Mailbox(path.join(this.home, "mail", app)));
    return this.#mailboxes.get(app);
  }

  /** Runs SQL as the administrator of an application's database; answers with the text of the rows. */
  async sql(app, statement, role = "admin") {
    const args = ["psql", app, "--home", this.home, "--role", role, "--", "-XAtqc", statement];
    const { stdout } = await execute(binary, args, { maxBuffer: 1 << 28 });
    return stdout.trim();
  }

  /** A client with the service key. */
  service(app) {
    return this.#client(app, this.status.apps[app].service_key);
  }

  /** A client with any key. */
  withKey(app, key) {
    return this.#client(app, key);
  }

  /** A client that administers as the person who is signed in to another. */
  async as(app, client) {
    const { session } = (await client.auth.getSession()).data;
    return this.#client(app, this.status.apps[app].anon_key, {}, { Authorization: `Bearer ${session.access_token}` });
  }

  /** A signed-in client. */
  async signIn(app, email) {
    const client = this.anonymous(app);
    const { error } = await client.auth.signInWithPassword({ email, password });
    if (error) throw error;
    return client;
  }

  /** Signs somebody up; answers with the client, signed in if the application lets them. */
  async signUp(app, email, data = {}) {
    const client = this.anonymous(app);
    const { data: answer, error } = await client.auth.signUp({ email, password, options: { data } });
    if (error) throw error;
    return { client, user: answer.user, session: answer.session };
  }

  /** Makes an account by the administrators' API, with what only the server may set about it. */
  async createUser(app, email, appMetadata = {}) {
    const { data, error } = await this.service(app).auth.admin.createUser({
      email,
      password,
      email_confirm: true,
      app_metadata: appMetadata,
    });
    if (error) throw error;
    return data.user;
  }

  #client(app, key, auth = {}, headers = {}) {
    return createClient(this.status.apps[app].url, key, {
      global: { headers },
      auth: { autoRefreshToken: false, persistSession: false, ...auth },
      realtime: { transport: WebSocket },
    });
  }

  async stop() {
    for (const mailbox of this.#mailboxes.values()) mailbox.close();
    this.child.kill("SIGTERM");
    await this.ended;
    await rm(this.base, { recursive: true, force: true });
  }
}

/** The rows of a query, or its error thrown. */
export async function rows(query) {
  const { data, error } = await query;
  if (error) throw new Error(`${error.code}: ${error.message}`);
  return data;
}

/** The error of a query that has to fail. */
export async function refused(query) {
  const { data, error } = await query;
  if (!error) throw new Error(`expected a refusal, got ${JSON.stringify(data)}`);
  return error;
}
