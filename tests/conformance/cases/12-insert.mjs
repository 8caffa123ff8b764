import { databaseError, empty, error, jsonType, refused } from "../expectations.mjs";

const full = { Prefer: "return=representation" };
const insert = (name, path, body, expect, headers = {}) => ({ name, method: "POST", path, headers, body, expect });
/** Inserts and looks at the representation. */
const shown = (name, path, body, json, headers = {}, prefer = "") =>
  insert(name, path, body, { status: 201, json, headers: { "Content-Type": jsonType } }, { Prefer: `return=representation${prefer && `, ${prefer}`}`, ...headers });
const mismatch = error(400, "PGRST102", "All object keys must match");
const badJson = error(400, "PGRST102", "Empty or invalid json");
const asJson = { "Content-Type": "application/json" };
const form = { "Content-Type": "application/x-www-form-urlencoded" };
const csv = { "Content-Type": "text/csv" };
const label = (id, name, more = {}) => ({ id, name, country: null, founded: null, ...more });
const key = "/key, of (odd) names";

export default [
  // What comes back
  insert("nothing comes back by default", "/labels", { id: 10, name: "New" }, empty(201, { "Content-Length": "0", "Content-Range": "*/*", Location: null, "Preference-Applied": null })),
  insert("minimal", "/labels", { id: 10, name: "New" }, empty(201, { "Content-Length": "0", Location: null, "Preference-Applied": "return=minimal" }), { Prefer: "return=minimal" }),
  insert("minimal does not look at select", "/labels?select=nope", { id: 10, name: "New" }, empty(201), { Prefer: "return=minimal" }),
  insert("headers-only tells where it is", "/labels", { id: 10, name: "New" }, empty(201, { Location: "/labels?id=eq.10", "Preference-Applied": "return=headers-only" }), { Prefer: "return=headers-only" }),
  insert("headers-only, although select leaves out the key", "/labels?select=name", { id: 10, name: "New" }, empty(201, { Location: "/labels?id=eq.10" }), { Prefer: "return=headers-only" }),
  insert("headers-only with a composite key", "/pairs", { a: 5, b: "z", c: "new" }, empty(201, { Location: "/pairs?a=eq.5&b=eq.z" }), { Prefer: "return=headers-only" }),
  insert("headers-only through a view", "/studios", { studio: 9, title: "Shed" }, empty(201, { Location: "/studios?studio=eq.9" }), { Prefer: "return=headers-only" }),
  insert("headers-only without a key", "/keyless", { a: 5, b: "z" }, empty(201, { Location: null }), { Prefer: "return=headers-only" }),
  insert("headers-only encodes names and values", key, { "first key": "a b", "second&key": "é&=", v: 1 }, empty(201, { Location: /\?first%20key=eq\.a%20b&second%26key=eq\.%C3%A9%26%3D$/ }), { Prefer: "return=headers-only" }),
  insert("representation", "/labels", { id: 10, name: "New" }, { status: 201, json: [label(10, "New")], headers: { "Content-Type": jsonType, Location: null, "Content-Range": "*/*", "Preference-Applied": "return=representation" } }, full),
  shown("representation, selected", "/labels?select=name", { id: 10, name: "New" }, [{ name: "New" }]),
  shown("representation with an embed", "/artists?select=id,labels(name)", { id: 10, name: "New", label_id: 2 }, [{ id: 10, labels: { name: "Saltmarsh" } }]),
  shown("representation with a computed column", "/notices?select=id,headline", { id: 10, title: "News" }, [{ id: 10, headline: "NEWS" }]),
  shown("representation with a cast and an alias", "/labels?select=number:id::text", { id: 10, name: "New" }, [{ number: "10" }]),
  shown("representation of many", "/labels?select=id", [{ id: 10, name: "A" }, { id: 11, name: "B" }], [{ id: 10 }, { id: 11 }]),
  insert("count of what was inserted", "/labels", [{ id: 10, name: "A" }, { id: 11, name: "B" }], empty(201, { "Content-Range": "*/2", "Preference-Applied": "count=exact" }), { Prefer: "count=exact" }),

  // Bodies
  shown("whitespace around the JSON", "/labels?select=id", ' \n [ {"id" : 10, "name": "A"} ] \t', [{ id: 10 }], asJson),
  shown("no Content-Type means JSON", "/labels?select=id", '{"id": 10, "name": "A"}', [{ id: 10 }]),
  shown("odd parameters of the Content-Type", "/labels?select=id", '{"id": 10, "name": "A"}', [{ id: 10 }], { "Content-Type": "application/json; charset=utf-8; odd=yes" }),
  insert("an empty list inserts nothing", "/labels", "[]", empty(201), asJson),
  shown("an empty list inserts nothing, and says so", "/labels", "[]", [], asJson),
  shown("an empty object is a row of defaults", "/defaults?select=a,b,c,d", "{}", [{ a: 10, b: "bee", c: 3, d: null }], asJson),
  shown("two empty objects are two", "/defaults?select=a,b", "[{},{}]", [{ a: 10, b: "bee" }, { a: 10, b: "bee" }], asJson),
  insert("objects whose keys differ", "/labels", [{ id: 10, name: "A" }, { id: 11, country: "GB" }], mismatch),
  insert("a list with something else", "/labels", '[{"id": 10, "name": "A"}, 5]', mismatch, asJson),
  insert("bad JSON", "/labels", '{"id": ', badJson, asJson),
  insert("no JSON", "/labels", undefined, badJson, asJson),
  shown("json and jsonb keep what they are", "/jsons?select=doc,docb", { id: 1, doc: { x: [1, null] }, docb: "text" }, [{ doc: { x: [1, null] }, docb: "text" }]),
  insert("double keys survive", "/jsons?select=doc", '{"id": 1, "doc": {"k":1,"k":2}}', { status: 201, text: '[{"doc":{"k":1,"k":2}}]' }, { ...asJson, ...full }),
  shown("arrays", "/samples?select=tags,numbers", { id: 20, tags: ["x", "y,z"], numbers: [1, 2] }, [{ tags: ["x", "y,z"], numbers: [1, 2] }]),
  shown("bits and characters keep their length", "/fixed_widths", { id: 1, bits: "10101", fixed: "abcde", varied: "vwxyz" }, [{ id: 1, bits: "10101", fixed: "abcde", varied: "vwxyz" }]),
  shown("a form", "/labels?select=id,name,country", "id=10&name=Two+Words&country=%C3%89T", [{ id: 10, name: "Two Words", country: "ÉT" }], form),
  shown("CSV", "/labels?select=id,name,country", "id,name,country\n10,Alpha,NO\n11,Beta,NULL", [{ id: 10, name: "Alpha", country: "NO" }, { id: 11, name: "Beta", country: null }], csv),
  shown("CSV with quotes", "/labels?select=name", 'id,name\n10,"Al, pha"', [{ name: "Al, pha" }], csv),
  insert("CSV with ragged lines", "/labels", "id,name\n10,Alpha,extra\n11,Beta", error(400, "PGRST102", "All lines must have same number of fields"), csv),
  insert("a body of another kind", "/labels", "id: 10", error(400, "PGRST102", "Content-Type not acceptable: application/yaml"), { "Content-Type": "application/yaml" }),

  // columns and missing
  shown("columns picks keys", "/labels?select=id,name,country&columns=id,name", { id: 10, name: "A", country: "GB", nonsense: 1 }, [{ id: 10, name: "A", country: null }]),
  shown("columns lets keys differ", "/labels?select=id,country&columns=id,name,country", [{ id: 10, name: "A" }, { id: 11, name: "B", country: "GB" }], [{ id: 10, country: null }, { id: 11, country: "GB" }]),
  insert("columns that are not there", "/labels?columns=id,nope", { id: 10 }, error(400, "PGRST204", "Could not find the 'nope' column of 'labels' in the schema cache")),
  insert("a key that is no column", "/labels", { id: 10, nope: 1 }, error(400, "PGRST204", "Could not find the 'nope' column of 'labels' in the schema cache")),
  insert("a missing table comes before its columns", "/xylophones?columns=nope", { id: 10 }, refused(404, "PGRST205")),
  insert("blank columns", "/labels?columns=", { id: 10 }, refused(400, "PGRST100")),
  shown("what is missing is null", "/notices?select=body,grade&columns=id,title,body", { id: 10, title: "N" }, [{ body: null, grade: 3 }]),
  insert("missing=default fills the column's default", "/notices?select=body&columns=id,title,body", { id: 10, title: "N" }, { status: 201, json: [{ body: "empty" }], headers: { "Preference-Applied": "missing=default, return=representation" } }, { Prefer: "return=representation, missing=default" }),
  shown("missing=default fills the domain's default", "/notices?select=grade&columns=id,title,grade", [{ id: 10, title: "N" }, { id: 11, title: "M", grade: 5 }], [{ grade: 3 }, { grade: 5 }], {}, "missing=default"),
  shown("missing=default leaves an explicit null", "/notices?select=body&columns=id,title,body", { id: 10, title: "N", body: null }, [{ body: null }], {}, "missing=default"),
  shown("missing=default through a view's own default", "/defaulting_labels?select=country&columns=id,name,country", { id: 10, name: "N" }, [{ country: "FR" }], {}, "missing=default"),
  insert("missing=default and an identity", "/defaults?select=id,a&columns=id,a", [{ id: 700, a: 1 }, { a: 2 }], { status: 201, check: (rows) => (rows[0].id === 700 && typeof rows[1].id === "number" && rows[1].a === 2 ? undefined : "the identity was not filled") }, { Prefer: "return=representation, missing=default" }),
  insert("a generated column", "/always", { a: 1, doubled: 3 }, databaseError(400, "428C9", 'cannot insert a non-DEFAULT value into column "doubled"')),

  // The database says no
  insert("a key that is there", "/labels", { id: 1, name: "X" }, error(409, "23505", 'duplicate key value violates unique constraint "labels_pkey"', "Key (id)=(1) already exists.")),
  insert("a key that is referred to and is not there", "/albums", { id: 90, artist_id: 99, title: "X" }, error(409, "23503", 'insert or update on table "albums" violates foreign key constraint "albums_artist_id_fkey"', 'Key (artist_id)=(99) is not present in table "artists".')),
  insert("a null too many", "/labels", { id: 10 }, error(400, "23502", 'null value in column "name" of relation "labels" violates not-null constraint', "Failing row contains (10, null, null, null).")),
  insert("a check", "/notices", { id: 10, title: "X", grade: 9 }, databaseError(400, "23514", 'value for domain private.grade violates check constraint "grade_check"')),
  insert("a value of the wrong type", "/labels", { id: "ten", name: "X" }, databaseError(400, "22P02", 'invalid input syntax for type integer: "ten"')),
  insert("a table that is not there", "/xylophones", { id: 1 }, refused(404, "PGRST205")),
  insert("a view that cannot be written", "/grouped_tracks", { album_id: 1 }, refused(500, "55000")),
  shown("a view that can", "/editable_labels?select=id,name", { id: 10, name: "V" }, [{ id: 10, name: "V" }]),
  insert("a view with a trigger", "/insertable_titles", { title: "T" }, empty(201)),

  // Rights
  insert("writing without the right to read: minimal", "/letterbox", { id: 1, letter: "hush" }, empty(201), { Prefer: "return=minimal" }),
  insert("writing without the right to read: representation", "/letterbox", { id: 1, letter: "hush" }, { ...error(401, "42501", "permission denied for table letterbox"), headers: { "WWW-Authenticate": "Bearer" } }, full),
  shown("some columns may be read: selected", "/half_open?select=id,open", { id: 10, open: "o" }, [{ id: 10, open: "o" }]),
  insert("some columns may be read: all", "/half_open", { id: 10, open: "o" }, databaseError(401, "42501", "permission denied for table half_open"), full),
  insert("only some columns may be written", "/half_open", { id: 10, closed: "c" }, databaseError(401, "42501", "permission denied for table half_open")),
  { name: "a row that the policy forbids", method: "POST", path: "/diaries", claims: { role: "conformance_author", sub: "ann" }, body: { id: 9, owner: "ben", entry: "x" }, expect: error(403, "42501", 'new row violates row-level security policy for table "diaries"') },
  { name: "a row that it allows", method: "POST", path: "/diaries", claims: { role: "conformance_author", sub: "ann" }, body: { id: 9, owner: "ann", entry: "x" }, expect: empty(201) },

  // Triggers speak
  insert("a trigger sets status and headers", "/announcing", { id: 1 }, { status: 205, headers: { "X-Announced": "yes" } }),
];
