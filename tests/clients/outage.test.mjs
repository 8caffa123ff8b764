// PostgreSQL goes away and comes back under load; `tenantry serve` has to stay, say so, and recover by itself.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { createCluster } from "./own-postgres.mjs";
import { createGarden, dsnOf, login, psql, serve } from "./program.mjs";

const CLIENTS = 12;
const POOL = 5;
/** How soon after the return of PostgreSQL everything must work again, in milliseconds. */
const RECOVERY = 5000;
/** What tenantry may say while it has no database. */
const OUTAGE_CODES = ["PGRST000", "PGRST001", "PGRST002", "PGRST003"];

let cluster, dsn, server;

before(async () => {
  cluster = await createCluster(process.env.POSTGRES_PROGRAMS);
  await cluster.start();
  dsn = await createGarden(cluster, "garden");
  server = await serve(dsn, { "db-pool": POOL });
});

after(async () => {
  await server?.stop();
  await cluster?.remove();
});

const sql = (text) => psql(cluster, dsnOf(cluster.adminDsn, "garden"), "-c", text);

/** One request; answers with when it ran and what came of it. */
async function request(method, target, body) {
  const started = performance.now();
  const seen = { started, what: `${method} ${target}` };
  try {
    const response = await fetch(`${server.url}/${target}`, {
      method,
      body: body && JSON.stringify(body),
      headers: body ? { "content-type": "application/json" } : {},
      signal: AbortSignal.timeout(20_000),
    });
    const text = await response.text();
    Object.assign(seen, { status: response.status, type: response.headers.get("content-type"), text });
  } catch (error) {
    Object.assign(seen, { status: 0, text: `${error.message}: ${error.cause?.message}` });
  }
  seen.ended = performance.now();
  return seen;
}

/** Clients that read, write and call until they are stopped; `answers` has all that came back. */
function startLoad(name) {
  const load = { answers: [], written: [], running: true };
  const work = async (client) => {
    for (let number = 0; load.running; number++) {
      const sku = `${name}-${client}-${number}`;
      const kinds = [
        () => request("GET", "species?select=id,families(name)&order=id"),
        () => request("POST", "seeds", { sku }),
        () => request("POST", "rpc/add", { a: number, b: 1 }),
      ];
      const kind = (client + number) % kinds.length;
      const answer = await kinds[kind]();
      load.answers.push(answer);
      if (kind === 1 && answer.status === 201) load.written.push(sku);
      // Refusals are quick: do not spend the machine on counting them.
      if (answer.status >= 500) await sleep(10);
    }
  };
  const workers = Array.from({ length: CLIENTS }, (_, client) => work(client));
  load.stop = async () => {
    load.running = false;
    await Promise.all(workers);
  };
  return load;
}

const works = (answer) => answer.status >= 200 && answer.status < 300;
const brief = (answers) => JSON.stringify(answers.slice(0, 3).map(({ what, status, text }) => ({ what, status, text: text.slice(0, 200) })));

function isCleanRefusal(answer) {
  if (![503, 504].includes(answer.status) || !answer.type?.startsWith("application/json")) return false;
  const error = JSON.parse(answer.text);
  return typeof error.message === "string" && typeof error.code === "string" && "details" in error && "hint" in error;
}

/** Stops PostgreSQL under load, starts it again, and judges all answers. */
async function outage(mode) {
  const load = startLoad(mode);
  await sleep(1000);
  const stopping = performance.now();
  await cluster.stop(mode);
  const down = performance.now();
  await sleep(2500);
  const starting = performance.now();
  await cluster.start();
  const up = performance.now();
  await sleep(RECOVERY + 2000);
  await load.stop();

  const early = load.answers.filter((answer) => answer.ended < stopping);
  assert.ok(early.length > CLIENTS, "there was load before the outage");
  assert.deepEqual(early.filter((answer) => !works(answer)), [], "all is well before the outage");

  const failed = load.answers.filter((answer) => !works(answer));
  const unclean = failed.filter((answer) => !isCleanRefusal(answer));
  assert.equal(unclean.length, 0, `every failure is a clean 503 or 504: ${unclean.length} are not, ${brief(unclean)}`);

  const dark = load.answers.filter((answer) => answer.started > down && answer.ended < starting);
  assert.ok(dark.length >= CLIENTS, "requests are answered, not kept, while PostgreSQL is down");
  const wrong = dark.filter((answer) => works(answer) || !OUTAGE_CODES.includes(JSON.parse(answer.text).code));
  assert.equal(wrong.length, 0, `while it is down the codes say so: ${brief(wrong)}`);

  const late = load.answers.filter((answer) => answer.started > up + RECOVERY);
  assert.ok(late.length > CLIENTS, "there was load after the recovery");
  const stillFailing = late.filter((answer) => !works(answer));
  assert.equal(stillFailing.length, 0, `all is well again after ${RECOVERY} ms: ${brief(stillFailing)}`);

  const kept = new Set((await sql("select sku from garden.seeds")).split("\n"));
  assert.deepEqual(load.written.filter((sku) => !kept.has(sku)), [], "no acknowledged write is lost");
}

/** The connections that tenantry has: the pool, and one that listens for changes of the schema. */
async function checkConnections() {
  await sleep(500);
  const query = (condition) =>
    sql(`select count(*) from pg_stat_activity where usename = '${login.name}' and backend_type = 'client backend' and ${condition}`);
  const connections = Number(await query("true"));
  assert.ok(connections >= 1 && connections <= POOL + 1, `${connections} connections for a pool of ${POOL}`);
  assert.equal(await query("state like 'idle in transaction%'"), "0");
}

test("PostgreSQL is shut down and started under load", { timeout: 120_000 }, async () => {
  await outage("fast");
  await checkConnections();
});

test("PostgreSQL crashes and recovers under load", { timeout: 120_000 }, async () => {
  await outage("immediate");
  await checkConnections();
});

test("connections that are cut one by one are replaced", { timeout: 60_000 }, async () => {
  const load = startLoad("cut");
  for (let round = 0; round < 8; round++) {
    await sleep(250);
    await sql(`select pg_terminate_backend(pid) from pg_stat_activity where usename = '${login.name}'`);
  }
  await sleep(1500);
  const quiet = performance.now();
  await sleep(1000);
  await load.stop();
  const unclean = load.answers.filter((answer) => !works(answer) && !isCleanRefusal(answer));
  assert.equal(unclean.length, 0, `every failure is a clean 503 or 504: ${brief(unclean)}`);
  assert.deepEqual(load.answers.filter((answer) => answer.started > quiet && !works(answer)), []);
  await checkConnections();
});

/** Asks until the answer has this status. */
async function becomes(status, target, within) {
  const deadline = performance.now() + within;
  let answer;
  do {
    answer = await request("GET", target);
    if (answer.status === status) return;
    await sleep(100);
  } while (performance.now() < deadline);
  assert.fail(`no ${status} for ${target} within ${within} ms: ${brief([answer])}`);
}

test("changes of the schema are heard again after an outage", { timeout: 60_000 }, async () => {
  await sql("create table garden.later (id int primary key); grant select on garden.later to garden_visitor; notify pgrst, 'reload schema'");
  await becomes(200, "later", 5000);
});

test("a server that starts before its database answers 503 and then works", { timeout: 90_000 }, async () => {
  await server.stop();
  await cluster.stop("fast");
  server = await serve(dsn, { "db-pool": POOL });
  const answer = await request("GET", "species");
  assert.ok(isCleanRefusal(answer) && OUTAGE_CODES.includes(JSON.parse(answer.text).code), brief([answer]));
  await cluster.start();
  await becomes(200, "species", 20_000);
});
