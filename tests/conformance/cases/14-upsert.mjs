import { empty, error, ids, jsonType, refused } from "../expectations.mjs";

const merge = { Prefer: "return=representation, resolution=merge-duplicates" };
const ignore = { Prefer: "return=representation, resolution=ignore-duplicates" };
const post = (name, path, headers, body, status, json, more = {}) => ({
  name,
  method: "POST",
  path,
  headers,
  body,
  expect: { status, json, headers: { "Content-Type": jsonType, ...more } },
});
const put = (name, path, body, expect, headers = {}) => ({ name, method: "PUT", path, headers, body, expect });
const full = { Prefer: "return=representation" };
const novice = { id: 1, name: "novice", level: 2 };
const wrongFilters = error(405, "PGRST105", "Filters must include all and only primary key columns with 'eq' operators");
const noLimits = error(400, "PGRST114", "limit/offset querystring parameters are not allowed for PUT");
const mismatch = error(400, "PGRST115", "Payload values do not match URL in primary key column(s)");

export default [
  post("merge: one new, one there", "/ranks?select=id,level", merge, [{ id: 1, name: "novice", level: 2 }, { id: 3, name: "new", level: 3 }], 201, [{ id: 1, level: 2 }, { id: 3, level: 3 }], {
    "Preference-Applied": "resolution=merge-duplicates, return=representation",
  }),
  post("merge: only updates", "/ranks", merge, [novice], 200, [novice]),
  post("merge: only inserts", "/ranks", merge, [{ id: 3, name: "new", level: 3 }], 201, [{ id: 3, name: "new", level: 3 }]),
  post("merge: an empty list", "/ranks", merge, [], 200, []),
  post("merge: columns that are not sent stay", "/ranks", merge, [{ id: 2, name: "grand" }], 200, [{ id: 2, name: "grand", level: 9 }]),
  post("merge: a composite key", "/pairs", merge, [{ a: 1, b: "x", c: "changed" }], 200, [{ a: 1, b: "x", c: "changed" }]),
  post("merge: a table of keys only", "/keys_only", merge, [{ k: 1 }, { k: 2 }], 201, [{ k: 1 }, { k: 2 }]),
  post("merge: a partitioned table", "/partitioned_stock", merge, [{ id: 1, region: "north", amount: 6 }], 200, [{ id: 1, region: "north", amount: 6 }]),
  post("merge on another column", "/ranks?on_conflict=name", merge, [{ id: 1, name: "novice", level: 4 }], 200, [{ id: 1, name: "novice", level: 4 }]),
  post("merge without a key is an insertion", "/keyless", merge, [{ a: 1, b: "again" }], 201, [{ a: 1, b: "again" }], { "Preference-Applied": "return=representation" }),
  post("merge and missing=default", "/defaults?select=a,b&columns=id,a,b", { Prefer: "return=representation, resolution=merge-duplicates, missing=default" }, [{ a: 4 }], 201, [{ a: 4, b: "bee" }], {
    "Preference-Applied": "resolution=merge-duplicates, missing=default, return=representation",
  }),
  { name: "merge: minimal, only updates", method: "POST", path: "/ranks", headers: { Prefer: "resolution=merge-duplicates" }, body: [novice], expect: empty(200, { "Preference-Applied": "resolution=merge-duplicates" }) },
  { name: "merge on what is not unique", method: "POST", path: "/ranks?on_conflict=level", headers: merge, body: [novice], expect: refused(400, "42P10") },
  { name: "merge: the same row twice", method: "POST", path: "/ranks", headers: merge, body: [novice, novice], expect: refused(500, "21000") },
  post("ignore: one new, one there", "/ranks?select=id", ignore, [novice, { id: 3, name: "new", level: 3 }], 201, ids(3), {
    "Preference-Applied": "resolution=ignore-duplicates, return=representation",
  }),
  post("ignore: all there", "/ranks", ignore, [novice], 201, []),
  post("ignore: on another column", "/ranks?on_conflict=name&select=id", ignore, [{ id: 7, name: "novice", level: 1 }, { id: 8, name: "free", level: 1 }], 201, ids(8)),
  post("ignore: a composite key", "/pairs", ignore, [{ a: 1, b: "x", c: "no" }, { a: 3, b: "z", c: "yes" }], 201, [{ a: 3, b: "z", c: "yes" }]),
  { name: "no resolution: a conflict", method: "POST", path: "/ranks", body: [novice], expect: refused(409, "23505") },

  put("PUT of something new", "/ranks?id=eq.5", { id: 5, name: "five", level: 5 }, { status: 201, json: [{ id: 5, name: "five", level: 5 }], headers: { "Content-Type": jsonType, "Preference-Applied": "return=representation" } }, full),
  put("PUT of something there", "/ranks?id=eq.1", novice, { status: 200, json: [novice] }, full),
  put("PUT, minimal", "/ranks?id=eq.1", novice, empty(204)),
  put("PUT of something new, minimal", "/ranks?id=eq.5", { id: 5, name: "five", level: 5 }, empty(204)),
  put("PUT takes the first of a list", "/ranks?id=eq.1", [novice, { id: 2, name: "other", level: 0 }], { status: 200, json: [novice] }, full),
  put("PUT with a composite key", "/pairs?a=eq.1&b=eq.x", { a: 1, b: "x", c: "put" }, { status: 200, json: [{ a: 1, b: "x", c: "put" }] }, full),
  put("PUT with the key's columns in another order", "/pairs?b=eq.x&a=eq.1", { a: 1, b: "x", c: "put" }, { status: 200, json: [{ a: 1, b: "x", c: "put" }] }, full),
  put("PUT of a key only", "/keys_only?k=eq.1", { k: 1 }, { status: 200, json: [{ k: 1 }] }, full),
  put("PUT with select", "/ranks?id=eq.1&select=name", novice, { status: 200, json: [{ name: "novice" }] }, full),
  put("PUT does not look at Range", "/ranks?id=eq.1", novice, { status: 200, json: [novice] }, { ...full, Range: "0-0" }),
  put("PUT without a filter", "/ranks", novice, wrongFilters),
  put("PUT with another filter", "/ranks?name=eq.novice", novice, wrongFilters),
  put("PUT with one filter too many", "/ranks?id=eq.1&name=eq.novice", novice, wrongFilters),
  put("PUT with another operator", "/ranks?id=gt.1", novice, wrongFilters),
  put("PUT with not", "/ranks?id=not.eq.1", novice, wrongFilters),
  put("PUT with half of the key", "/pairs?a=eq.1", { a: 1, b: "x", c: "put" }, wrongFilters),
  put("PUT with a tree", "/ranks?and=(id.eq.1)", novice, wrongFilters),
  put("PUT without a key", "/keyless?a=eq.1", { a: 1, b: "x" }, wrongFilters),
  put("PUT with limit", "/ranks?id=eq.1&limit=1", novice, noLimits),
  put("PUT with offset", "/ranks?id=eq.1&offset=1", novice, noLimits),
  put("PUT of another key", "/ranks?id=eq.1", { id: 2, name: "other", level: 1 }, mismatch),
  put("PUT without the key in the body", "/ranks?id=eq.1", { name: "other", level: 1 }, mismatch),
  put("PUT with a count", "/ranks?id=eq.1", novice, { status: 200, json: [novice], headers: { "Preference-Applied": "return=representation" } }, full),
];
