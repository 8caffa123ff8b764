// Every operator, and every other place that takes text, with hostile values: no answer may be a server error, tell of
// anything but the request, or change what is there.
import assert from "node:assert/strict";
import http from "node:http";
import { after, before, test } from "node:test";

import { configs } from "./configs.mjs";
import { startDatabase, startServer } from "./server.mjs";

const operators = [
  "eq", "neq", "gt", "gte", "lt", "lte", "like", "ilike", "match", "imatch", "in", "is", "isdistinct", "fts", "plfts", "phfts", "wfts",
  "cs", "cd", "ov", "sl", "sr", "nxl", "nxr", "adj", "eq(any)", "eq(all)", "like(any)", "ilike(all)", "fts(english)", "not.eq", "not.in", "nope",
];
const values = [
  "'", "''", "';--", "'; drop table api.genres; --", "') or 1=1 --", "\" or \"\"=\"", "\\", "\\'", "\\x27", "%27", "%", "_", "$1", "$$", "$a$",
  "{", "}", "{}", "{{}}", "{\"", "{1,2", "(", ")", "()", "(,)", "(\")", "(\"a\\\"", "[", "[1,2)", "[,", "null", "NULL", "true", "NaN", "-0",
  "1e400", "9".repeat(400), "-", "--", "/*", "*/", ";", "\u0000", "\u0001", "\n", "\r\n", "\t", "😀", "ﷺ", "\uFEFF", "\u202e", "é".repeat(200),
  "a".repeat(5000), "(".repeat(300), "[".repeat(300), "((((", "pg_sleep(5)", "(select pg_sleep(5))", "current_user", "1;select 1", "::text", "->>'a'",
  "a.b.c.d", "..", ".", ",", ",,", ":", "::", "*", "!", "&", "=", "+", " ", "", "not.", "and(", "or()", "..//", "%00", "%ff", "%c0%80",
];
const columns = ["id", "name", "flag", "amount", "at", "tags", "numbers", "span", "mood", "bits"];

let database;
let server;
before(async () => {
  database = await startDatabase();
  server = await startServer(database.dsn, { ...configs.default, "db-pool": 4, "db-plan-enabled": true, "db-aggregates-enabled": true });
});
after(async () => {
  await server?.stop();
  await database?.stop();
});

const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });

function ask(method, target, headers = {}, body = undefined) {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: "127.0.0.1", port: server.port, method, path: target, headers, agent }, (response) => {
      let text = "";
      response.on("data", (data) => (text += data)).on("end", () => resolve({ status: response.statusCode, text }));
    });
    request.on("error", reject).end(body);
  });
}

/** Asks all of them, eight at a time, and answers with what went wrong. */
async function survive(requests) {
  const wrong = [];
  const queue = [...requests];
  const worker = async () => {
    for (let next = queue.pop(); next; next = queue.pop()) {
      const { status, text } = await ask(...next).catch((error) => ({ status: 0, text: String(error) }));
      const told = `${next[0]} ${next[1].slice(0, 200)} ${JSON.stringify(next[2] ?? {}).slice(0, 200)}: ${status} ${text.slice(0, 300)}`;
      // 57014 is a statement that was ended because it took too long.
      if (status === 0 || status >= 500) wrong.push(told);
      else if (status >= 400 && !/^\{"code":"[^"]+",/.test(text)) wrong.push(told);
      else if (/tenantry_|panicked|RUST/.test(text)) wrong.push(told);
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return wrong;
}

const genres = async () => (await ask("GET", "/genres?order=id")).text;

async function check(requests) {
  const before = await genres();
  const wrong = await survive(requests);
  assert.equal(wrong.length, 0, `${wrong.length} of ${requests.length}:\n${wrong.slice(0, 10).join("\n")}`);
  assert.equal(await genres(), before);
}

const encoded = (value) => (/^%[0-9a-f]{2}/.test(value) ? value : encodeURIComponent(value));

test("every operator with every value on every type", () =>
  check(columns.flatMap((column) => operators.flatMap((operator) => values.map((value) => ["GET", `/samples?select=id&${column}=${operator}.${encoded(value)}`])))));

test("every other parameter", () =>
  check(
    ["select=", "order=", "limit=", "offset=", "or=", "and=", "not.and=", "columns=", "on_conflict=", "name=", "", "name->>", "select=id,artists(", "genres.order="].flatMap((start) =>
      values.flatMap((value) => [
        ["GET", `/genres?${start}${encoded(value)}`],
        ["DELETE", `/genres?id=eq.-1&${start}${encoded(value)}`],
        ["POST", `/genres?${start}${encoded(value)}`, { "content-type": "application/json" }, "{}"],
      ]),
    ),
  ));

test("paths, functions and their arguments", () =>
  check(values.filter((value) => value).flatMap((value) => [["GET", `/${encoded(value)}`], ["GET", `/rpc/${encoded(value)}`], ["POST", `/rpc/${encoded(value)}`], ["GET", `/rpc/add_them?a=${encoded(value)}&b=${encoded(value)}`]])));

const headerSafe = values.filter((value) => /^[\x20-\x7e\x80-\xff]*$/.test(value));

test("headers", () =>
  check(
    ["accept", "content-type", "prefer", "range", "accept-profile", "content-profile", "authorization", "cookie", "x-any"].flatMap((name) =>
      headerSafe.flatMap((value) =>
        [value, `count=${value}`, `timezone=${value}`, `Bearer ${value}`, `application/vnd.pgrst.plan; for=${value}`, `0-${value}`].flatMap((text) => [
          ["GET", "/genres?id=eq.1", { [name]: text }],
          ["POST", "/genres", { [name]: text, ...(name === "prefer" ? {} : { prefer: "tx=rollback" }) }, "[]"],
        ]),
      ),
    ),
  ));

test("bodies", () =>
  check(
    values.flatMap((value) => [
      ["POST", "/genres", { "content-type": "application/json" }, value],
      ["POST", "/genres", { "content-type": "application/json" }, JSON.stringify({ [value]: value })],
      ["POST", "/genres", { "content-type": "application/json" }, JSON.stringify([{ id: value, name: value }])],
      ["POST", "/genres", { "content-type": "text/csv" }, `id,name\n${value},${value}`],
      ["POST", "/genres", { "content-type": "application/x-www-form-urlencoded" }, `${value}=${value}`],
      ["PATCH", "/genres?id=eq.-1", { "content-type": "application/json" }, JSON.stringify({ name: value })],
      ["POST", "/rpc/add_them", { "content-type": "application/json" }, JSON.stringify({ a: value, b: value })],
    ]),
  ));

test("targets as people write them, without percent sequences", async () => {
  const bytes = (text) => Buffer.from(text).toString("latin1");
  for (const [target, expected] of [
    ["/documents?select=data->a->>n&id=eq.1", '[{"n":"1"}]'],
    [bytes('/genres?select=id&name=in.("é","ﷺ")'), "[]"],
  ]) {
    const { status, text } = await ask("GET", target);
    assert.deepEqual([status, text], [200, expected]);
  }
});

test("limits on the number of embeds, on depth, and on the length of a target", async () => {
  const embeds = (number) => `/labels?select=id,${Array.from({ length: number }, (_, place) => `a${place}:artists(id)`)}`;
  assert.equal((await ask("GET", embeds(100))).status, 200);
  const many = await ask("GET", embeds(101));
  assert.deepEqual([many.status, JSON.parse(many.text).code], [400, "PGRST100"]);
  const deep = await ask("GET", `/labels?select=${"artists(".repeat(70)}id${")".repeat(70)}`);
  assert.deepEqual([deep.status, JSON.parse(deep.text).code], [400, "PGRST100"]);
  assert.ok([414, 431].includes((await ask("GET", `/genres?name=eq.${"a".repeat(100_000)}`)).status));
});
