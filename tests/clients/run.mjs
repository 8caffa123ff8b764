// Starts PostgreSQL, gives every suite a database and a `tenantry serve` of its own, and runs them.
import { spawn } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { startPooler } from "./pooler.mjs";
import { createGarden, serve, startApplications, startPostgres, token } from "./program.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const suites = {
  "postgrest-js": [
    process.execPath,
    "--test",
    // One file at a time: one counts rows that another adds and removes.
    "--test-concurrency=1",
    ...["filters", "reads", "embeds", "writes", "functions"].map((name) => `postgrest-js/${name}.test.mjs`),
  ],
  "ra-data": [process.execPath, "--test", "ra-data.test.mjs"],
  python: ["python3", "-m", "unittest", "test_postgrest"],
  // Has a program of its own, with the five applications.
  "python-auth": ["python3", "-m", "unittest", "test_auth"],
  openapi: [process.execPath, "--test", "openapi.test.mjs"],
  // Has a PostgreSQL and a server of its own, which it stops and starts.
  outage: [process.execPath, "--test", "outage.test.mjs"],
};

/** Those that need what the registries do not have; they run when they are named. */
const extra = {
  // Behind a transaction-mode PgBouncer, where nothing may stay prepared and nobody can listen.
  pooler: suites["postgrest-js"],
};

/** The suite that runs now. */
let running;

/** Runs a suite to its end; answers whether all of it passed. */
function run([command, ...args], environment) {
  const child = spawn(command, args, { cwd: here, stdio: "inherit", env: { ...process.env, ...environment } });
  running = child;
  return new Promise((resolve) => child.once("exit", (code) => resolve(code === 0)));
}

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    running?.kill("SIGTERM");
    process.exit(1);
  });
}

/** Where Python finds the libraries. */
const python = { PYTHONPATH: path.join(here, ".python"), PYTHONDONTWRITEBYTECODE: "1" };

async function runPythonAuth() {
  const names = ["board", "press", "profiler", "parakeet", "mnfst"];
  const program = await startApplications(names);
  let passed = true;
  try {
    for (const name of names) {
      console.log(`-- ${name}`);
      const { url, anon_key, service_key } = program.apps[name];
      const ran = await run(suites["python-auth"], {
        AUTH_APP: name,
        AUTH_URL: url,
        AUTH_ANON_KEY: anon_key,
        AUTH_SERVICE_KEY: service_key,
        AUTH_MAILBOX: program.mailbox(name),
        ...python,
      });
      passed &&= ran;
    }
    return passed;
  } finally {
    await program.stop();
  }
}

async function runSuite(name, postgres) {
  if (name === "outage") return run(suites[name], { POSTGRES_PROGRAMS: postgres.programs });
  if (name === "python-auth") return runPythonAuth();
  const dsn = await createGarden(postgres, `garden_${name.replace("-", "_")}`);
  const pooler = name === "pooler" ? await startPooler(dsn) : undefined;
  const server = await serve(pooler?.dsn ?? dsn, pooler?.settings);
  try {
    return await run({ ...suites, ...extra }[name], {
      GARDEN_URL: server.url,
      GARDEN_TOKEN: token({ role: "garden_member", sub: "ada" }),
      ...python,
    });
  } finally {
    await server.stop();
    await pooler?.stop();
  }
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !suites[name] && !extra[name]);
if (unknown.length > 0) {
  console.error(`no such suite: ${unknown.join(", ")}; there are ${Object.keys({ ...suites, ...extra }).join(", ")}`);
  process.exit(2);
}
const failed = [];
const postgres = await startPostgres();
try {
  for (const name of wanted.length > 0 ? wanted : Object.keys(suites)) {
    console.log(`\n== ${name}`);
    const passed = await runSuite(name, postgres).catch((error) => console.error(error));
    if (!passed) failed.push(name);
  }
} finally {
  await postgres.stop();
}
console.log(failed.length === 0 ? "\nall suites passed" : `\nfailed: ${failed.join(", ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;
