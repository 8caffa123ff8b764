// Sends a case's request and says what of the answer is not as expected.
import { deepStrictEqual } from "node:assert";
import http from "node:http";
import { inspect } from "node:util";

import { token } from "./tokens.mjs";

const keepAlive = new http.Agent({ keepAlive: true, maxSockets: 1 });

/** One request, sent exactly as written: `headers` may hold lists, `path` odd characters. */
function send(port, { method = "GET", path, headers = {}, body }) {
  return new Promise((resolve, reject) => {
    const request = http.request({ port, host: "127.0.0.1", method, path, headers, agent: keepAlive }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode,
          reason: response.statusMessage,
          headers: response.headers,
          rawHeaders: response.rawHeaders,
          body: Buffer.concat(chunks),
        }),
      );
    });
    request.on("error", reject);
    request.setTimeout(15_000, () => request.destroy(new Error("no answer in 15 s")));
    if (body !== undefined) request.write(body);
    request.end();
  });
}

/** The request that a case describes. */
function requestOf({ method, path, headers = {}, body, role, claims, bearer }) {
  const all = { ...headers };
  if (role || claims) all.Authorization = `Bearer ${token({ ...(role && { role }), ...claims })}`;
  if (bearer !== undefined) all.Authorization = `Bearer ${bearer}`;
  let bytes;
  if (body !== undefined) {
    bytes = typeof body === "string" || Buffer.isBuffer(body) ? Buffer.from(body) : Buffer.from(JSON.stringify(body));
    all["Content-Length"] ??= bytes.length;
    if (typeof body === "object" && !Buffer.isBuffer(body)) all["Content-Type"] ??= "application/json";
  } else if (!["GET", "HEAD", "OPTIONS", undefined].includes(method)) {
    all["Content-Length"] ??= 0;
  }
  return { method, path: encodeURI(path).replaceAll("%25", "%"), headers: all, body: bytes };
}

const show = (value) => inspect(value, { depth: 12, breakLength: 120, maxStringLength: 2000 });

function same(problems, what, actual, expected) {
  if (expected instanceof RegExp) {
    if (!expected.test(String(actual))) problems.push(`${what}: ${show(actual)} does not match ${expected}`);
    return;
  }
  try {
    deepStrictEqual(actual, expected);
  } catch {
    problems.push(`${what}: got ${show(actual)}, expected ${show(expected)}`);
  }
}

/** What holds for every answer, whatever the case. */
function groundRules(problems, method, { status, headers, rawHeaders, body }) {
  const length = headers["content-length"];
  const count = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === "content-type").length;
  if (count > 1) problems.push("Content-Type is there more than once");
  if (status === 204 || method === "HEAD") {
    if (length !== undefined) problems.push(`Content-Length must be absent, got ${length}`);
  } else if (length !== undefined && Number(length) !== body.length) {
    problems.push(`Content-Length ${length} for ${body.length} bytes`);
  } else if (length === undefined) {
    problems.push("Content-Length is absent");
  }
  if (body.length === 0 && method !== "HEAD" && status < 300 && headers["content-type"]?.startsWith("application/json"))
    problems.push("an answer without a body has a Content-Type");
  if (status >= 400 && method !== "HEAD" && headers["content-type"]?.startsWith("application/json")) {
    const text = body.toString();
    let error;
    try {
      error = JSON.parse(text);
    } catch {
      return;
    }
    if (!error || typeof error !== "object" || !("code" in error)) return;
    const keys = Object.keys(error);
    same(problems, "order of the error's keys", keys, [...keys].sort());
    if (JSON.stringify(error) !== text) problems.push("the error is not compact");
    same(problems, "Proxy-Status", headers["proxy-status"], `PostgREST; error=${error.code}`);
  }
}

/** Follows a path of keys and indexes into JSON. */
const at = (json, path) => path.reduce((value, key) => value?.[key], json);

/** Rows whose order nothing promises. */
const sorted = (rows) => (Array.isArray(rows) ? rows.map((row) => JSON.stringify(row)).sort() : rows);

function judge(answer, method, expect) {
  const problems = [];
  if (expect.status !== undefined) same(problems, "status", answer.status, expect.status);
  if (expect.reason !== undefined) same(problems, "reason", answer.reason, expect.reason);
  for (const [name, value] of Object.entries(expect.headers ?? {})) {
    const actual = answer.headers[name.toLowerCase()];
    same(problems, name, actual, value === null ? undefined : value);
  }
  const text = answer.body.toString();
  if (expect.none) same(problems, "body", text, "");
  if (expect.bytes) same(problems, "body", answer.body.toString("hex"), expect.bytes);
  if (expect.text !== undefined) same(problems, "body", text, expect.text);
  if ("json" in expect || expect.anyOrder || expect.has || expect.lacks || expect.check) {
    let json;
    try {
      json = JSON.parse(text);
    } catch {
      problems.push(`body is not JSON: ${show(text)}`);
    }
    if ("json" in expect) same(problems, "body", json, expect.json);
    if (expect.anyOrder) same(problems, "rows", sorted(json), sorted(expect.anyOrder));
    for (const [path, value] of expect.has ?? []) same(problems, path.join(" . "), at(json, path), value);
    for (const path of expect.lacks ?? []) same(problems, path.join(" . "), at(json, path), undefined);
    const said = json !== undefined && expect.check?.(json);
    if (said) problems.push(said);
  }
  if (!expect.anyShape) groundRules(problems, method, answer);
  if (problems.length > 0) problems.push(`body: ${show(text.slice(0, 1500))}`);
  return problems;
}

/** Runs a case (and what follows it) against the server at this port; throws what is wrong. */
export async function run(port, one) {
  const request = requestOf(one);
  const answer = await send(port, request);
  const problems = judge(answer, request.method, one.expect);
  const line = `${request.method ?? "GET"} ${request.path}`;
  if (problems.length > 0) throw new Error([line, ...problems].join("\n  "));
  for (const next of [one.then ?? []].flat()) await run(port, next);
}
