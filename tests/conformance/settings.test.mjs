// Where `tenantry serve` takes its settings from, how they are read again, and where it listens.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { after, before, it } from "node:test";
import { promisify } from "node:util";

import { binary, psql, startDatabase } from "./server.mjs";

let database;
let folder;
before(async () => {
  database = await startDatabase();
  folder = await mkdtemp(path.join(tmpdir(), "tenantry-settings-"));
});
after(async () => {
  await database?.stop();
  await rm(folder, { recursive: true, force: true });
});

const sql = (text) => promisify(execFile)(database.psql, [...psql, "-c", text, database.owner]);
const basics = { PGRST_DB_SCHEMAS: "api", PGRST_DB_ANON_ROLE: "conformance_anon", PGRST_SERVER_HOST: "127.0.0.1", PGRST_SERVER_PORT: "0" };

/** Runs `tenantry serve` for as long as `use` takes; `use` gets its line `ready` and its process. */
async function serving(environment, args, use) {
  const env = { ...process.env, RUST_LOG: "error", PGRST_DB_URI: database.dsn, ...basics, ...environment };
  const child = spawn(binary, ["serve", ...args], { stdio: ["ignore", "pipe", "inherit"], env });
  try {
    const ready = await new Promise((resolve, reject) => {
      createInterface({ input: child.stdout }).once("line", resolve);
      child.once("exit", () => reject(new Error("tenantry serve ended")));
    });
    await use(ready, child);
  } finally {
    child.removeAllListeners("exit");
    if (child.exitCode === null) {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
    }
  }
}

function get(target, pathname) {
  return new Promise((resolve, reject) => {
    const request = http.get({ ...target, path: pathname, agent: false }, (response) => {
      let body = "";
      response.on("data", (data) => (body += data)).on("end", () => resolve({ status: response.statusCode, body }));
    });
    request.on("error", reject);
  });
}

const at = (ready) => ({ host: "127.0.0.1", port: Number(ready.match(/:(\d+)$/)[1]) });
const rows = async (target) => JSON.parse((await get(target, "/genres?select=id")).body).length;

/** Asks until the answer is the expected one. */
async function eventually(ask, expected) {
  let found;
  for (let attempt = 0; attempt < 50; attempt += 1) {
    found = await ask();
    if (found === expected) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.equal(found, expected);
}

it("the environment is enough, and stronger than the file", async () => {
  const file = path.join(folder, "file.conf");
  await writeFile(file, "db-max-rows = 1\napp.settings.motto = \"from the file\"\n");
  await serving({ PGRST_DB_MAX_ROWS: "2" }, ["--config", file], async (ready) => assert.equal(await rows(at(ready)), 2));
});

it("the database is stronger than both, and is asked again when told to", async () => {
  try {
    await sql("alter role conformance_authenticator set pgrst.db_max_rows = '1'");
    await serving({ PGRST_DB_MAX_ROWS: "2" }, [], async (ready, child) => {
      const target = at(ready);
      assert.equal(await rows(target), 1);
      await sql("alter role conformance_authenticator set pgrst.db_max_rows = '3'");
      await sql("notify pgrst, 'reload config'");
      await eventually(() => rows(target), 3);
      await sql("alter role conformance_authenticator reset pgrst.db_max_rows");
      child.kill("SIGUSR2");
      await eventually(() => rows(target), 2);
      child.kill("SIGUSR1");
      await eventually(() => rows(target), 2);
    });
  } finally {
    await sql("alter role conformance_authenticator reset pgrst.db_max_rows");
  }
});

it("db-config = false leaves the database out", async () => {
  try {
    await sql("alter role conformance_authenticator set pgrst.db_max_rows = '1'");
    await serving({ PGRST_DB_MAX_ROWS: "2", PGRST_DB_CONFIG: "false" }, [], async (ready) => assert.equal(await rows(at(ready)), 2));
  } finally {
    await sql("alter role conformance_authenticator reset pgrst.db_max_rows");
  }
});

it("a socket file instead of a port, with its permissions", async () => {
  const socketPath = path.join(folder, "api.sock");
  await serving({ PGRST_SERVER_UNIX_SOCKET: socketPath, PGRST_SERVER_UNIX_SOCKET_MODE: "600" }, [], async (ready) => {
    assert.equal(ready, `ready  unix:${socketPath}`);
    assert.equal((await get({ socketPath }, "/genres?select=id&limit=1")).status, 200);
  });
});

it("the administration server says whether requests can be answered", async () => {
  const port = await new Promise((resolve) => {
    const probe = net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
  await serving({ PGRST_ADMIN_SERVER_PORT: String(port) }, [], async () => {
    for (const pathname of ["/live", "/ready"]) assert.equal((await get({ host: "127.0.0.1", port }, pathname)).status, 200);
  });
});

it("a secret comes from a file of its own; one that is too short is refused", async () => {
  const secret = path.join(folder, "secret");
  await writeFile(secret, `${"long enough to be a secret".repeat(2)}\n`);
  await serving({ PGRST_JWT_SECRET: `@${secret}` }, [], async (ready) => assert.equal((await get(at(ready), "/genres")).status, 200));
  await assert.rejects(serving({ PGRST_JWT_SECRET: "short" }, [], () => {}));
});
