// PgBouncer in front of a database, giving every transaction another connection.
import { spawn } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import path from "node:path";

import { freePort, unprivileged } from "./own-postgres.mjs";
import { login, temporaryFolder } from "./program.mjs";

/** Starts one; answers with the DSN through it, and with what `tenantry serve` has to be told. */
export async function startPooler(dsn) {
  const { hostname, port, pathname } = new URL(dsn);
  const database = pathname.slice(1);
  const folder = await temporaryFolder();
  const own = await freePort();
  const file = (name) => path.join(folder, name);
  await writeFile(file("users.txt"), `"${login.name}" "${login.password}"\n`);
  await writeFile(
    file("pgbouncer.ini"),
    `[databases]
${database} = host=${hostname} port=${port} dbname=${database}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${own}
unix_socket_dir =
auth_type = trust
auth_file = ${file("users.txt")}
pool_mode = transaction
default_pool_size = 4
`,
  );
  const child = spawn("pgbouncer", [file("pgbouncer.ini")], { ...(await unprivileged()), stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (text) => (said = (said + text).slice(-20000)));
  const ended = new Promise((resolve) => child.once("exit", resolve).once("error", (error) => resolve((said += error))));
  await listens(own, ended, () => said);
  return {
    dsn: `postgresql://${login.name}:${login.password}@127.0.0.1:${own}/${database}`,
    settings: { "db-prepared-statements": false, "db-channel-enabled": false },
    async stop() {
      child.kill("SIGTERM");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function listens(port, ended, said) {
  let over = false;
  ended.then(() => (over = true));
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const open = await new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
      socket.on("connect", () => socket.destroy());
    });
    if (open) return;
    if (over) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`pgbouncer does not run: ${said()}`);
}
