// A PostgreSQL of our own that may be stopped and started while `tenantry serve` keeps running.
import { execFile, spawn } from "node:child_process";
import { chown, mkdir, rm } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { promisify } from "node:util";

import { temporaryFolder } from "./program.mjs";

const execute = promisify(execFile);

/** Servers of databases refuse to run as root; then they run as `nobody`. */
export async function unprivileged() {
  if (process.getuid() !== 0) return {};
  const number = async (option) => Number((await execute("id", [option, "nobody"])).stdout);
  return { uid: await number("-u"), gid: await number("-g") };
}

export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Makes a cluster with the programs in this folder; it does not run yet. */
export async function createCluster(programs) {
  const folder = await temporaryFolder();
  const user = await unprivileged();
  const data = path.join(folder, "data");
  await mkdir(data, { mode: 0o700 });
  if (user.uid !== undefined) await chown(data, user.uid, user.gid);
  const port = await freePort();

  // The server inherits standard output from pg_ctl, so nothing may wait for its end.
  const run = (program, ...args) =>
    new Promise((resolve, reject) => {
      const child = spawn(path.join(programs, program), args, { ...user, cwd: folder, stdio: "ignore" });
      child.once("error", reject);
      child.once("exit", (code) => (code === 0 ? resolve() : reject(new Error(`${program} ${args[0]}: exit ${code}`))));
    });
  const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${data}`;

  await run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C");
  return {
    programs,
    adminDsn: `postgresql://postgres@127.0.0.1:${port}/postgres`,
    start: () => run("pg_ctl", "start", "-w", "-D", data, "-l", path.join(data, "log"), "-o", options),
    stop: (mode) => run("pg_ctl", "stop", "-w", "-D", data, "-m", mode),
    async remove() {
      await run("pg_ctl", "stop", "-w", "-D", data, "-m", "immediate").catch(() => {});
      await rm(folder, { recursive: true, force: true });
    },
  };
}
