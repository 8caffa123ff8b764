// Starts `tenantry up` on a home of its own and makes real supabase-js clients for it.
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, chmod } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { createClient } from "@supabase/supabase-js";
import WebSocket from "ws";

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), "../..");
export const binary = path.join(root, "target/debug/tenantry");
export const password = "a long password";

/** Starts the program with these applications; call `stop` in the end. */
export async function start(...apps) {
  const base = await mkdtemp(path.join(tmpdir(), "tenantry-e2e-"));
  await chmod(base, 0o755);
  const home = path.join(base, "home");
  const environment = { ...process.env, RUST_LOG: "warn" };
  delete environment.DATABASE_URL;
  const child = spawn(
    binary,
    ["up", "--home", home, "--port", "0", "--apps", apps.join(",")],
    { stdio: ["ignore", "pipe", "pipe"], env: environment },
  );
  let errors = "";
  child.stderr.on("data", (text) => (errors += text));
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const ready = new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => line.startsWith("ready") && resolve());
    ended.then(() => reject(new Error(`the program ended: ${errors}`)));
  });
  await ready;
  const status = JSON.parse(await readFile(path.join(home, "status.json"), "utf8"));
  return new Program(status, base, child, ended);
}

class Program {
  constructor(status, base, child, ended) {
    Object.assign(this, { status, base, child, ended });
  }

  /** A client without a person. */
  anonymous(app) {
    return this.#client(app, this.status.apps[app].anon_key);
  }

  /** A client with the service key. */
  service(app) {
    return this.#client(app, this.status.apps[app].service_key);
  }

  /** A client with any key. */
  withKey(app, key) {
    return this.#client(app, key);
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

  #client(app, key) {
    return createClient(this.status.apps[app].url, key, {
      auth: { autoRefreshToken: false, persistSession: false },
      realtime: { transport: WebSocket },
    });
  }

  async stop() {
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
