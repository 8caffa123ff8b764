import { empty, error, ids, json, refused } from "../expectations.mjs";

const object = { Accept: "application/vnd.pgrst.object+json" };
const objectType = "application/vnd.pgrst.object+json; charset=utf-8";
const one = (value, status = 200) => ({ status, json: value, headers: { "Content-Type": objectType } });
const notOne = (count) => error(406, "PGRST116", "Cannot coerce the result to a single JSON object", `The result contains ${count} rows`);
const full = { Prefer: "return=representation" };
const strict = (...more) => ({ Prefer: ["handling=strict", ...more].join(", ") });
const exceeded = (count) => error(400, "PGRST124", "Query result exceeds max-affected preference constraint", `The query affects ${count} rows`);

export default [
  { name: "one row is an object", path: "/genres?id=eq.1", headers: object, expect: one({ id: 1, name: "ambient" }) },
  { name: "the short name of the type", path: "/genres?id=eq.1", headers: { Accept: "application/vnd.pgrst.object" }, expect: one({ id: 1, name: "ambient" }) },
  { name: "several rows", path: "/genres", headers: object, expect: notOne(3) },
  { name: "no row", path: "/genres?id=eq.99", headers: object, expect: notOne(0) },
  { name: "one by a limit", path: "/genres?limit=1&select=id", headers: object, expect: one({ id: 1 }) },
  { name: "an embed stays a list", path: "/artists?select=id,albums(id)&id=eq.2", headers: object, expect: one({ id: 2, albums: ids(3) }) },
  { name: "an insertion", method: "POST", path: "/genres", headers: { ...object, ...full }, body: { id: 9, name: "ska" }, expect: one({ id: 9, name: "ska" }, 201) },
  { name: "an insertion of two", method: "POST", path: "/genres", headers: { ...object, ...full }, body: [{ id: 9, name: "ska" }, { id: 10, name: "dub" }], expect: notOne(2) },
  { name: "an insertion of two, minimal", method: "POST", path: "/genres", headers: { ...object, Prefer: "return=minimal" }, body: [{ id: 9, name: "ska" }, { id: 10, name: "dub" }], expect: notOne(2) },
  {
    name: "an insertion of two is undone although it should be committed",
    method: "POST",
    path: "/ledger",
    headers: { ...object, Prefer: "tx=commit, return=minimal" },
    body: [{ id: 301, note: "a" }, { id: 302, note: "b" }],
    expect: notOne(2),
    then: { path: "/ledger?id=in.(301,302)", expect: json([]) },
  },
  { name: "an update", method: "PATCH", path: "/genres?id=eq.1", headers: { ...object, ...full }, body: { name: "x" }, expect: one({ id: 1, name: "x" }) },
  { name: "an update of several", method: "PATCH", path: "/genres", headers: { ...object, ...full }, body: { name: "x" }, expect: notOne(3) },
  { name: "an update of none, minimal", method: "PATCH", path: "/genres?id=eq.99", headers: { ...object, Prefer: "return=minimal" }, body: { name: "x" }, expect: notOne(0) },
  { name: "a deletion", method: "DELETE", path: "/keys_only?k=eq.1", headers: { ...object, ...full }, expect: one({ k: 1 }) },
  { name: "a deletion of several", method: "DELETE", path: "/ranks", headers: object, expect: notOne(2) },
  { name: "a function's row", path: "/rpc/one_album?album=1&select=id", headers: object, expect: one({ id: 1 }) },
  { name: "a function's rows", path: "/rpc/all_albums", headers: object, expect: notOne(4) },
  { name: "a function's scalar passes", path: "/rpc/add?a=1", headers: object, expect: one(11) },

  // Without nulls
  { name: "nulls stripped", path: "/labels?id=eq.3", headers: { Accept: "application/vnd.pgrst.array+json;nulls=stripped" }, expect: { status: 200, json: [{ id: 3, name: "Empty Shelf" }], headers: { "Content-Type": "application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8" } } },
  { name: "nulls stripped of an object", path: "/labels?id=eq.3", headers: { Accept: "application/vnd.pgrst.object+json;nulls=stripped" }, expect: { status: 200, json: { id: 3, name: "Empty Shelf" }, headers: { "Content-Type": "application/vnd.pgrst.object+json;nulls=stripped; charset=utf-8" } } },
  { name: "nulls stripped at all depths", path: "/artists?select=id,labels(*),profiles(*)&id=eq.2", headers: { Accept: "application/vnd.pgrst.object+json;nulls=stripped" }, expect: { status: 200, json: { id: 2, labels: { id: 1, name: "Northwind", country: "IS", founded: "2001-05-01" }, profiles: { artist_id: 2 } } } },
  { name: "nulls stripped needs one row, too", path: "/labels", headers: { Accept: "application/vnd.pgrst.object+json;nulls=stripped" }, expect: notOne(3) },
  { name: "nulls stripped of an insertion", method: "POST", path: "/labels", headers: { Accept: "application/vnd.pgrst.array+json;nulls=stripped", ...full }, body: { id: 9, name: "N" }, expect: { status: 201, json: [{ id: 9, name: "N" }] } },
  { name: "the array type by its name", path: "/genres?id=eq.1", headers: { Accept: "application/vnd.pgrst.array+json" }, expect: { status: 200, json: [{ id: 1, name: "ambient" }] } },

  // Preferences
  { name: "none applied, none listed", path: "/genres?id=eq.1", expect: { status: 200, headers: { "Preference-Applied": null } } },
  { name: "several headers are joined", method: "POST", path: "/ranks", headers: { Prefer: ["return=representation", "count=exact", "resolution=merge-duplicates"] }, body: [{ id: 9, name: "n", level: 1 }], expect: { status: 201, headers: { "Content-Range": "*/1", "Preference-Applied": "resolution=merge-duplicates, return=representation, count=exact" } } },
  {
    name: "all of them in their order",
    method: "PATCH",
    path: "/ranks?id=eq.1",
    headers: { Prefer: "max-affected=1, timezone=Europe/Oslo, handling=strict, tx=rollback, count=exact, return=representation, missing=default" },
    body: { level: 2 },
    expect: { status: 200, headers: { "Preference-Applied": "missing=default, return=representation, count=exact, tx=rollback, handling=strict, timezone=Europe/Oslo, max-affected=1" } },
  },
  { name: "what does not matter to a read is not listed", path: "/genres?id=eq.1", headers: { Prefer: "return=representation, missing=default, resolution=merge-duplicates" }, expect: { status: 200, headers: { "Preference-Applied": null } } },
  { name: "unknown ones pass by default", path: "/genres?id=eq.1", headers: { Prefer: "anything=goes" }, expect: { status: 200, headers: { "Preference-Applied": null } } },
  { name: "handling=lenient passes, and is listed", path: "/genres?id=eq.1", headers: { Prefer: "handling=lenient, anything" }, expect: { status: 200, headers: { "Preference-Applied": "handling=lenient" } } },
  { name: "handling=strict is listed", path: "/genres?id=eq.1", headers: strict(), expect: { status: 200, headers: { "Preference-Applied": "handling=strict" } } },
  { name: "handling=strict refuses unknown ones", path: "/genres", headers: strict("anything", "more=less"), expect: error(400, "PGRST122", "Invalid preferences given with handling=strict", "Invalid preferences: anything, more=less") },
  { name: "handling=strict, in a function", method: "POST", path: "/rpc/no_arguments", headers: strict("anything"), body: {}, expect: error(400, "PGRST122", "Invalid preferences given with handling=strict", "Invalid preferences: anything") },
  { name: "timezone", path: "/samples?select=at&id=eq.1", headers: { Prefer: "timezone=America/Bogota" }, expect: { status: 200, json: [{ at: "2023-12-31T19:00:00-05:00" }], headers: { "Preference-Applied": "timezone=America/Bogota" } } },
  { name: "timezone inside a function", path: "/rpc/zone", headers: { Prefer: "timezone=Asia/Tokyo" }, expect: json("Asia/Tokyo") },
  { name: "a timezone that does not exist, strict", path: "/genres", headers: strict("timezone=Mars/Olympus"), expect: refused(400, "22023") },
  { name: "a timezone that does not exist, lenient", path: "/genres?id=eq.1", headers: { Prefer: "handling=lenient, timezone=Mars/Olympus" }, expect: { ...refused(400, "22023"), has: [[["message"], 'invalid value for parameter "TimeZone": "Mars/Olympus"']] } },
  { name: "max-affected is enough", method: "DELETE", path: "/counters?id=lte.3", headers: strict("max-affected=3"), expect: empty(204, { "Preference-Applied": "handling=strict, max-affected=3" }) },
  { name: "max-affected is too little", method: "DELETE", path: "/counters?id=lte.3", headers: strict("max-affected=2"), expect: exceeded(3) },
  { name: "max-affected of an update", method: "PATCH", path: "/ranks", headers: strict("max-affected=1"), body: { level: 3 }, expect: exceeded(2) },
  { name: "max-affected does nothing unless strict", method: "DELETE", path: "/counters?id=lte.3", headers: { Prefer: "max-affected=1" }, expect: empty(204, { "Preference-Applied": null }) },
  { name: "max-affected undoes", method: "DELETE", path: "/counters?id=lte.3", headers: strict("max-affected=1", "tx=commit"), expect: exceeded(3), then: { path: "/counters?select=id&id=lte.3", expect: json(ids(1, 2, 3)) } },
  { name: "max-affected of a function's rows", method: "POST", path: "/rpc/numbers", headers: strict("max-affected=2"), body: { upto: 3 }, expect: exceeded(3) },
  { name: "max-affected of a function without rows", method: "POST", path: "/rpc/add", headers: strict("max-affected=2"), body: { a: 1 }, expect: error(400, "PGRST128", "Function must return SETOF or TABLE when max-affected preference is used with handling=strict") },
];
