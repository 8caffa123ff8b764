import { empty, error, json, refused } from "../expectations.mjs";

const answer = (name, status, headers, expect) => ({ name, method: "POST", path: "/rpc/answer", body: { status, headers }, expect });
const badHeaders = error(500, "PGRST111", "response.headers guc must be a JSON array composed of objects with a single key and a string value");
const badStatus = error(500, "PGRST112", "response.status guc must be a valid status code");
const raise = (name, body, expect) => ({ name, method: "POST", path: "/rpc/raise_error", body, expect });
const plainly = (name, code, message, expect) => ({ name, method: "POST", path: "/rpc/raise_plain", body: { code, message }, expect });
const before = (name, wish, expect, more = {}) => ({ name, config: "pre-request", path: "/rpc/who", headers: { "X-Wish": wish }, expect, ...more });
const unparsed = "Could not parse JSON in the \"RAISE SQLSTATE 'PGRST'\" error";
const messageHint = "MESSAGE must be a JSON object with obligatory keys: 'code', 'message' and optional keys: 'details', 'hint'.";
const detailHint = "DETAIL must be a JSON object with obligatory keys: 'status', 'headers' and optional key: 'status_text'.";

export default [
  answer("a status", "418", "", { status: 418, json: "answered" }),
  answer("a header", "", '[{"X-Mood": "loud"}]', json("answered", { "X-Mood": "loud" })),
  answer("status and headers", "201", '[{"Location": "/somewhere"}]', { status: 201, json: "answered", headers: { Location: "/somewhere" } }),
  answer("one header twice", "", '[{"Set-Cookie": "a=1"}, {"Set-Cookie": "b=2"}]', { status: 200, json: "answered", headers: { "Set-Cookie": ["a=1", "b=2"] } }),
  answer("a Content-Type instead of the usual", "", '[{"Content-Type": "application/x-label"}]', { status: 200, text: '"answered"', headers: { "Content-Type": "application/x-label" } }),
  answer("a Vary instead of the usual", "", '[{"Vary": "X-Mood"}]', { status: 200, headers: { Vary: "X-Mood" } }),
  answer("headers that are no list", "", '{"X-Mood": "loud"}', badHeaders),
  answer("headers with two keys in one", "", '[{"X-Mood": "loud", "X-Other": "x"}]', badHeaders),
  answer("headers that are not text", "", '[{"X-Mood": 1}]', badHeaders),
  answer("headers that are no JSON", "", "nope", badHeaders),
  answer("a status that is no number", "loud", "", badStatus),
  { name: "a trigger's headers, on a minimal answer", method: "POST", path: "/announcing", body: { id: 5 }, expect: { status: 205, headers: { "X-Announced": "yes" } } },

  // RAISE
  raise("P0001 is 400", { code: "P0001", message: "No.", detail: "Because.", hint: "Ask again." }, error(400, "P0001", "No.", "Because.", "Ask again.")),
  plainly("PT402 sets status and reason", "PT402", "Pay first", { status: 402, reason: "Pay first", has: [[["code"], "PT402"], [["message"], "Pay first"]] }),
  plainly("PT that is no number is 500", "PTXYZ", "odd", refused(500, "PTXYZ")),
  raise(
    "PGRST says everything",
    { code: "PGRST", message: '{"code": "123", "message": "mine", "details": "all", "hint": "none"}', detail: '{"status": 332, "status_text": "My own", "headers": {"X-Mine": "yes"}}' },
    { status: 332, reason: "My own", json: { code: "123", details: "all", hint: "none", message: "mine" }, headers: { "X-Mine": "yes", "Proxy-Status": "PostgREST; error=123" } },
  ),
  raise(
    "PGRST without details and hint",
    { code: "PGRST", message: '{"code": "123", "message": "mine"}', detail: '{"status": 404, "headers": {}}' },
    { status: 404, reason: "Not Found", json: { code: "123", details: null, hint: null, message: "mine" } },
  ),
  raise("PGRST with a bad message", { code: "PGRST", message: "nope", detail: '{"status": 404, "headers": {}}' }, error(500, "PGRST121", unparsed, "Invalid JSON value for MESSAGE: 'nope'", messageHint)),
  raise("PGRST with a message that lacks a key", { code: "PGRST", message: '{"code": "1"}', detail: '{"status": 404, "headers": {}}' }, error(500, "PGRST121", unparsed, "Invalid JSON value for MESSAGE: '{\"code\": \"1\"}'", messageHint)),
  raise("PGRST with a bad detail", { code: "PGRST", message: '{"code": "1", "message": "m"}', detail: "nope" }, error(500, "PGRST121", unparsed, "Invalid JSON value for DETAIL: 'nope'", detailHint)),
  plainly("PGRST without a detail", "PGRST", '{"code": "1", "message": "m"}', error(500, "PGRST121", unparsed, "DETAIL is missing in the RAISE statement", detailHint)),

  // Before the request
  before("nothing said", "", json("conformance_anon")),
  before("it may refuse", "refuse", error(400, "P0001", "not today", null, "come back tomorrow")),
  before("it may change the role", "author", json("conformance_author")),
  before("it may set headers", "header", json("conformance_anon", { "X-Before": "said", "Cache-Control": "no-store" })),
  before("also for a table", "header", { status: 200, headers: { "X-Before": "said" } }, { path: "/genres" }),
  before("also for a write", "header", empty(201, { "X-Before": "said" }), { path: "/genres", method: "POST", body: { id: 9, name: "x" } }),
];
