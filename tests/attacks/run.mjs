// Starts PostgreSQL and a server on the clients' garden, and lets the attackers at it.
import { spawn } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { createGarden, dsnOf, psql, serve, startPostgres, temporaryFolder, token } from "../clients/program.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const python = path.join(here, ".python");
const bearer = `Authorization: Bearer ${token({ role: "garden_member", sub: "ada" })}`;

/** Runs an attacker; answers with all that it said and how it ended. */
function run(program, args) {
  const environment = { ...process.env, PYTHONPATH: python, PYTHONDONTWRITEBYTECODE: "1" };
  const child = spawn("python3", [path.join(python, "bin", program), ...args], { cwd: here, env: environment });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (said += text));
  return new Promise((resolve) => child.once("close", (code) => resolve({ said, code })));
}

/** Requests made out of the OpenAPI 3.1 document, good ones and bad ones: no answer may be a 5xx. */
async function schemathesis({ url, folder }) {
  const file = path.join(folder, "openapi.json");
  const answer = await fetch(`${url}/?openapi=3.1`, { headers: Object.fromEntries([bearer.split(": ")]) });
  await writeFile(file, await answer.text());
  const { said, code } = await run("schemathesis", [
    "run",
    file,
    ...["--url", url, "--header", bearer, "--checks", "not_a_server_error", "--continue-on-failure"],
    ...["--phases", "coverage,fuzzing", "--max-examples", "40", "--max-time", process.env.SECONDS ?? "300"],
  ]);
  const cases = said.match(/(\d+) generated, .*/)?.[0];
  console.log(code === 0 ? `schemathesis: no server error; ${cases}` : said);
  // Without cases nothing was shown.
  return code === 0 && Number.parseInt(cases) > 1000;
}

/**
 * The places that a client can write to; `*` is where sqlmap puts its own. Limits and ranges are not
 * among them: sqlmap gives up at the first 416.
 */
const places = [
  { name: "a filter's value", path: "/species?id=eq.1*&select=id,name" },
  { name: "a text's value", path: "/species?name=eq.Sage*" },
  { name: "selected columns", path: "/species?select=id*,name" },
  { name: "an order", path: "/species?order=id*" },
  { name: "a logic tree", path: "/species?or=(id.eq.1*,name.eq.Sage)" },
  { name: "a list", path: "/species?id=in.(1*,2)" },
  { name: "a JSON path", path: "/species?select=traits->>colour*" },
  { name: "an embed's name and filter", path: "/species?select=id,families(name)&families.name=like.R*" },
  { name: "a function's argument", path: "/rpc/greet?name=Ada*" },
  { name: "a body", path: "/rpc/add", body: '{"a":"1*","b":2}' },
  { name: "columns of a body", path: "/species?columns=family_id,name*", body: '{"family_id":1,"name":"Rue"}' },
  { name: "the schema", path: "/families", header: "Accept-Profile: garden*" },
  { name: "a time zone", path: "/families", header: "Prefer: timezone=UTC*" },
];

/** Finds what an unsafe function lets through, or the search is not worth anything. */
const unsafe = { name: "a function that pastes its argument into SQL", path: "/rpc/unsafe?wanted=Sage*" };

/** The status of the request as it is meant: an attack on one that fails anyway would show nothing. */
async function ask(url, { path, body, header }) {
  const headers = [bearer, "Content-Type: application/json", ...(header ? [header] : [])].map((line) => line.replace("*", "").split(": "));
  const answer = await fetch(url + path.replace("*", ""), {
    headers: Object.fromEntries(headers),
    ...(body ? { method: "POST", body: body.replace("*", "") } : {}),
  });
  return answer.status;
}

async function inject({ url, folder }, place) {
  const started = Date.now();
  const output = path.join(folder, place.name.replaceAll(/\W+/g, "-"));
  const status = await ask(url, place);
  if (status >= 300) {
    console.log(`sqlmap: ${place.name}: ${status} before anything was tried`);
    return { found: false, finished: false };
  }
  const body = place.body ? ["--data", place.body, "--header", "Content-Type: application/json"] : [];
  const { said } = await run("sqlmap", [
    ...["-u", url + place.path, ...body, "--header", bearer, ...(place.header ? ["--header", place.header] : [])],
    ...["--batch", "--level", "5", "--risk", "3", "--dbms", "postgresql", "--threads", "4", "--flush-session"],
    ...["--disable-coloring", "--ignore-code", "*", "--output-dir", output],
  ]);
  const requests = said.match(/performed (\d+) queries|(\d+) HTTP\(s\) requests/)?.[0] ?? "";
  const found = /identified the following injection point/.test(said);
  const finished = found || /do not appear to be injectable/.test(said);
  const seconds = Math.round((Date.now() - started) / 1000);
  console.log(`sqlmap: ${place.name}: ${found ? "INJECTABLE" : finished ? "nothing" : "did not finish"} (${seconds} s) ${requests}`);
  if (!finished || process.env.VERBOSE) console.log(said);
  return { found, finished };
}

async function sqlmap(garden) {
  const control = await inject(garden, unsafe);
  if (!control.found) {
    console.log("sqlmap did not find the hole that was made for it");
    return false;
  }
  let passed = true;
  for (const place of places) {
    const { found, finished } = await inject(garden, place);
    passed &&= finished && !found;
  }
  return passed;
}

const attackers = { schemathesis, sqlmap };
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !attackers[name]);
if (unknown.length > 0) {
  console.error(`no such attacker: ${unknown.join(", ")}; there are ${Object.keys(attackers).join(", ")}`);
  process.exit(2);
}
const failed = [];
const postgres = await startPostgres();
const folder = await temporaryFolder();
try {
  const dsn = await createGarden(postgres, "garden_attacked");
  await psql(
    postgres,
    dsnOf(postgres.adminDsn, "garden_attacked"),
    "-c",
    `create function garden.unsafe(wanted text) returns setof text stable language plpgsql as $$
     begin
       return query execute 'select name from garden.species where name = ''' || wanted || '''';
     end $$`,
  );
  const server = await serve(dsn);
  try {
    for (const name of wanted.length > 0 ? wanted : Object.keys(attackers)) {
      if (!(await attackers[name]({ url: server.url, folder }))) failed.push(name);
    }
  } finally {
    await server.stop();
  }
} finally {
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
}
console.log(failed.length === 0 ? "nothing was found" : `failed: ${failed.join(", ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;
