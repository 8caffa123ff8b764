import { error } from "../expectations.mjs";

/** How the database's error codes become statuses. */
const statuses = {
  "08000": 503, "08006": 503, "09000": 500, "0L000": 403, "0P000": 403, 23503: 409, 23505: 409, 23502: 400, 23514: 400,
  25001: 500, 25006: 405, 28000: 403, "2D000": 500, 38000: 500, 39000: 500, "3B001": 500, 40001: 500, 40000: 500,
  53000: 503, 53300: 503, 53400: 500, 54001: 500, 55000: 500, "57P01": 503, 57014: 500, 58000: 500, F0000: 500, HV000: 500,
  P0001: 400, P0000: 500, P0002: 500, XX000: 500, 42883: 404, "42P01": 404, "42P17": 500, 42501: 401, 21000: 500, 22023: 400,
  22012: 400, 42601: 400, "42P10": 400, "22P02": 400, "0A000": 400, "3F000": 400,
};
const raise = (code, message) => ({ method: "POST", path: "/rpc/raise_plain", body: { code, message } });

export default [
  ...Object.entries(statuses).map(([code, status]) => ({
    name: `${code} is ${status}`,
    ...raise(code, "said by the database"),
    expect: { status, json: { code, details: null, hint: null, message: "said by the database" }, headers: { "Proxy-Status": `PostgREST; error=${code}` } },
  })),
  { name: "42501 is 403 for somebody known", ...raise("42501", "no"), role: "conformance_author", expect: { status: 403, headers: { "WWW-Authenticate": null } } },
  { name: "21000 for want of a WHERE is 400", ...raise("21000", "DELETE requires a WHERE clause"), expect: { status: 400 } },
  { name: "22023 for want of a role is 401", ...raise("22023", 'role "x" does not exist'), expect: { status: 401, headers: { "WWW-Authenticate": "Bearer" } } },
  { name: "any three digits after PT", ...raise("PT419", "tired"), expect: { status: 419, reason: "tired" } },
  { name: "an error has its length", path: "/labels/1", expect: { status: 404, headers: { "Content-Length": "96", "Content-Type": "application/json; charset=utf-8" } } },
  { name: "HEAD of what is not there", method: "HEAD", path: "/xylophones", expect: { status: 404, none: true } },
  { name: "a method that does not exist", method: "TRACE", path: "/genres", expect: error(405, "PGRST117", "Unsupported HTTP method: TRACE") },
  { name: "terse: only code and message", config: "terse", path: "/artist", expect: { status: 404, json: { code: "PGRST205", message: "Could not find the table 'api.artist' in the schema cache" }, headers: { "Proxy-Status": "PostgREST; error=PGRST205" } } },
  { name: "terse: the database's", config: "terse", method: "POST", path: "/labels", body: { id: 1, name: "X" }, expect: { status: 409, json: { code: "23505", message: 'duplicate key value violates unique constraint "labels_pkey"' } } },
  { name: "terse: a token's", config: "terse", path: "/genres", bearer: "x", expect: { status: 401, json: { code: "PGRST301", message: "Expected 3 parts in JWT; got 1" } } },
];
