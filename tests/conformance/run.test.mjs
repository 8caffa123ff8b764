// Runs every case of `cases/` as a subtest, and ends with a table of the sections.
//   ONLY=text     only cases whose section or name contains it
import { readdir } from "node:fs/promises";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";

import { configs } from "./configs.mjs";
import { run } from "./judge.mjs";
import { startDatabase, startServer } from "./server.mjs";

const folder = path.join(path.dirname(fileURLToPath(import.meta.url)), "cases");
const only = process.env.ONLY?.toLowerCase();
const table = [];
let database;
const servers = new Map();

/** The server of a configuration, started when it is first asked for. One that fails to start fails its cases. */
function server(name) {
  if (!configs[name]) throw new Error(`no configuration is called ${name}`);
  if (!servers.has(name)) servers.set(name, startServer(database.dsn, configs[name]));
  return servers.get(name);
}

async function stopServers(which) {
  for (const [name, starting] of servers) {
    if (!which(name)) continue;
    servers.delete(name);
    await starting.then((started) => started.stop(), () => {});
  }
}

describe("conformance", { concurrency: 1 }, async () => {
  before(async () => (database = await startDatabase()));
  after(async () => {
    await stopServers(() => true);
    await database?.stop();
    printTable();
  });
  for (const file of (await readdir(folder)).filter((name) => name.endsWith(".mjs")).sort()) {
    const section = file.replace(/\.mjs$/, "");
    const { default: all } = await import(path.join(folder, file));
    const cases = all.filter(({ name }) => !only || `${section} ${name}`.toLowerCase().includes(only));
    if (cases.length === 0) continue;
    const row = { section, cases: cases.length, passed: 0 };
    table.push(row);
    describe(section, { concurrency: 1 }, () => {
      // Sockets of PostgreSQL are few: only the default server lives through all sections.
      after(() => stopServers((name) => name !== "default"));
      for (const one of cases)
        it(one.name, async () => {
          const { port } = await server(one.config ?? "default");
          await run(port, one);
          row.passed += 1;
        });
    });
  }
});

function printTable() {
  table.push({
    section: "all",
    cases: table.reduce((sum, row) => sum + row.cases, 0),
    passed: table.reduce((sum, row) => sum + row.passed, 0),
  });
  const line = ({ section, cases, passed }) => `${section.padEnd(28)} | ${String(cases).padStart(5)} | ${String(passed).padStart(6)}`;
  const title = line({ section: "section", cases: "cases", passed: "passed" });
  console.log([title, title.replace(/[^|]/g, "-"), ...table.map(line)].join("\n"));
}
