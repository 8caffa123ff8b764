import { json, refused } from "../expectations.mjs";

const head = (name, path, headers, more = {}) => ({ name, method: "HEAD", path, expect: { status: 200, none: true, headers }, ...more });
/** Each plan has to be one that the database made. */
const plan = (name, accept, type, more = {}) => ({ name, config: "plan", path: "/genres?select=id", headers: { Accept: accept }, expect: { status: 200, headers: { "Content-Type": type }, check: (json) => (json[0]?.Plan ? undefined : "no plan") }, ...more });
const timed = (name, stages, more) => ({
  name,
  config: "timing",
  expect: { status: 200, headers: { "Server-Timing": new RegExp(`^${stages.map((stage) => `${stage};dur=\\d+\\.\\d`).join(", ")}$`) } },
  ...more,
});
const planType = "application/vnd.pgrst.plan";

export default [
  head("HEAD of a table", "/genres", { "Content-Type": "application/json; charset=utf-8", "Content-Range": "0-2/*", "Content-Location": "/genres" }),
  head("HEAD with a count", "/genres", { "Content-Range": "0-2/3" }, { headers: { Prefer: "count=exact" } }),
  head("HEAD of CSV", "/genres", { "Content-Type": "text/csv; charset=utf-8" }, { headers: { Accept: "text/csv" } }),
  head("HEAD of a function", "/rpc/all_albums", { "Content-Range": "0-3/*" }),
  { name: "HEAD of one row that is several", method: "HEAD", path: "/genres", headers: { Accept: "application/vnd.pgrst.object+json" }, expect: { status: 406, none: true } },
  { name: "Content-Location has its query sorted", path: "/genres?select=id&order=id&id=eq.1", expect: json([{ id: 1 }], { "Content-Location": "/genres?id=eq.1&order=id&select=id" }) },
  { name: "Content-Location without a query", path: "/constants", expect: json([{ one: 1, two: "two" }], { "Content-Location": "/constants" }) },
  { name: "what an answer depends on", path: "/genres?id=eq.1", expect: { status: 200, headers: { Vary: "Accept, Prefer, Range" } } },
  { name: "an unknown header is of no matter", path: "/genres?select=id&id=eq.1", headers: { "X-Nonsense": "1" }, expect: json([{ id: 1 }]) },

  timed("timing of a read", ["jwt", "parse", "plan", "transaction", "response"], { path: "/genres" }),
  timed("timing of a function", ["jwt", "parse", "plan", "transaction", "response"], { path: "/rpc/who" }),
  timed("timing of a description", ["jwt", "parse", "plan", "transaction", "response"], { path: "/" }),
  timed("timing of OPTIONS", ["jwt", "parse", "response"], { method: "OPTIONS", path: "/genres" }),
  { name: "timing of a write", config: "timing", method: "POST", path: "/genres", body: { id: 9, name: "x" }, expect: { status: 201, headers: { "Server-Timing": /^jwt;dur=.*transaction;dur=/ } } },
  { name: "no timing unless switched on", path: "/genres?id=eq.1", expect: { status: 200, headers: { "Server-Timing": null } } },

  { name: "the trace header comes back", config: "trace", path: "/genres?id=eq.1", headers: { "X-Request-Id": "abc" }, expect: { status: 200, headers: { "X-Request-Id": "abc" } } },
  { name: "the trace header comes back with an error", config: "trace", path: "/xylophones", headers: { "X-Request-Id": "abc" }, expect: { status: 404, headers: { "X-Request-Id": "abc" } } },
  { name: "no trace header, none back", config: "trace", path: "/genres?id=eq.1", expect: { status: 200, headers: { "X-Request-Id": null } } },

  plan("a plan as JSON", `${planType}+json`, `${planType}+json; for="application/json"; charset=utf-8`),
  plan("a plan as JSON, for CSV", `${planType}+json; for="text/csv"`, `${planType}+json; for="text/csv"; charset=utf-8`),
  plan("a plan with options", `${planType}+json; options=analyze|verbose`, `${planType}+json; for="application/json"; options=analyze|verbose; charset=utf-8`, {
    expect: { status: 200, headers: { "Content-Type": `${planType}+json; for="application/json"; options=analyze|verbose; charset=utf-8` }, has: [[[0, "Plan", "Actual Loops"], 1]] },
  }),
  plan("a plan with buffers", `${planType}+json; options=buffers`, `${planType}+json; for="application/json"; options=buffers; charset=utf-8`),
  plan("a plan with settings", `${planType}+json; options=settings`, `${planType}+json; for="application/json"; options=settings; charset=utf-8`),
  plan("a plan with wal", `${planType}+json; options=analyze|wal`, `${planType}+json; for="application/json"; options=analyze|wal; charset=utf-8`),
  { name: "a plan as text", config: "plan", path: "/genres", headers: { Accept: planType }, expect: { status: 200, text: /^\s*Aggregate/, headers: { "Content-Type": `${planType}+text; for="application/json"; charset=utf-8` } } },
  { name: "a plan of one object", config: "plan", path: "/genres?id=eq.1", headers: { Accept: `${planType}+json; for="application/vnd.pgrst.object"` }, expect: { status: 200, headers: { "Content-Type": `${planType}+json; for="application/vnd.pgrst.object+json"; charset=utf-8` } } },
  plan("a plan of an insertion", `${planType}+json`, `${planType}+json; for="application/json"; charset=utf-8`, { method: "POST", path: "/genres", body: { id: 9, name: "x" } }),
  plan("a plan of an update", `${planType}+json`, `${planType}+json; for="application/json"; charset=utf-8`, { method: "PATCH", path: "/genres?id=eq.1", body: { name: "x" } }),
  plan("a plan of a deletion", `${planType}+json`, `${planType}+json; for="application/json"; charset=utf-8`, { method: "DELETE", path: "/genres?id=eq.1" }),
  plan("a plan of a function", `${planType}+json`, `${planType}+json; for="application/json"; charset=utf-8`, { path: "/rpc/add?a=1" }),
  { name: "a plan needs its switch", path: "/genres", headers: { Accept: `${planType}+text` }, expect: refused(406, "PGRST107") },

  { name: "without prepared statements: a read", config: "unprepared", path: "/genres?select=id&id=eq.1", expect: json([{ id: 1 }]) },
  { name: "without prepared statements: again", config: "unprepared", path: "/genres?select=id&id=eq.2", expect: json([{ id: 2 }]) },
  { name: "without prepared statements: a function", config: "unprepared", path: "/rpc/add?a=1&b=2", expect: json(3) },
];
