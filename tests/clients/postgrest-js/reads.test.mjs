// Selecting, the modifiers after it, counts, schemas and names of all kinds.
import assert from "node:assert/strict";
import { test } from "node:test";

import { ada, answer, data, garden, headerText, ids, refusal } from "./garden.mjs";

test("all columns, with the database's own types", async () => {
  const row = await data(garden.from("species").select().eq("id", 4).single());
  assert.deepEqual(row, {
    id: 4, family_id: 3, parent_id: null, name: "Lavender", growth: "herb", height: 0.6, tags: ["edible", "native"],
    flowering: "[170,230)", traits: { petals: 2, scents: ["sweet", "dry"] }, note: "A smell of summer, and of soap",
    code: "LAV", words: "'lavend':1 'smell':3 'soap':8 'summer':5",
  });
});

test("aliases, casts, JSON paths and computed columns", async () => {
  const columns = "title:name, height::text, n:traits->petals, traits->colour->>name, size_class";
  assert.deepEqual(await data(garden.from("species").select(columns).eq("id", 1).single()), {
    title: "Dog rose", height: "3.00", n: 5, name: "pink", size_class: "low",
  });
});

test("white space in select does not matter", async () => {
  const query = garden.from("pollinators").select(`
    id,
    name
  `);
  assert.equal((await data(query)).length, 3);
});

test("order", async () => {
  const ordered = async (...terms) => {
    const query = terms.reduce((q, [column, options]) => q.order(column, options), garden.from("species").select("id"));
    return (await data(query)).map((row) => row.id);
  };
  assert.deepEqual(await ordered(["name"]), [1, 3, 2, 4, 5]);
  assert.deepEqual(await ordered(["id", { ascending: false }]), [5, 4, 3, 2, 1]);
  assert.deepEqual(await ordered(["height"]), [4, 2, 1, 3, 5]);
  assert.deepEqual(await ordered(["height", { ascending: false }]), [5, 3, 1, 2, 4]);
  assert.deepEqual(await ordered(["height", { nullsFirst: true }]), [5, 4, 2, 1, 3]);
  assert.deepEqual(await ordered(["height", { ascending: false, nullsFirst: false }]), [3, 1, 2, 4, 5]);
  assert.deepEqual(await ordered(["growth"], ["id", { ascending: false }]), [5, 4, 2, 1, 3]);
  assert.deepEqual(await ordered(["traits->petals", { nullsFirst: false }], ["id"]), [3, 4, 1, 2, 5]);
});

test("limit and range", async () => {
  const query = () => garden.from("species").select("id").order("id");
  assert.deepEqual(await ids(query().limit(2)), [1, 2]);
  assert.deepEqual(await ids(query().limit(0)), []);
  assert.deepEqual(await ids(query().range(1, 3)), [2, 3, 4]);
  assert.deepEqual(await ids(query().range(10, 20)), []);
});

test("a range and a count: 206, and 416 when it starts too far", async () => {
  const query = () => garden.from("species").select("id", { count: "exact" }).order("id");
  const part = await answer(query().range(0, 1));
  assert.deepEqual([part.status, part.count, part.data.length], [206, 5, 2]);
  const all = await answer(query().range(0, 10));
  assert.deepEqual([all.status, all.count, all.data.length], [200, 5, 5]);
  const { status, code, message, details } = await refusal(query().range(10, 11));
  assert.deepEqual([status, code, message], [416, "PGRST103", "Requested range not satisfiable"]);
  assert.equal(details, "An offset of 10 was requested, but there are only 5 rows.");
});

test("counts without rows", async () => {
  for (const count of ["exact", "planned", "estimated"]) {
    const result = await answer(garden.from("species").select("*", { count, head: true }));
    assert.deepEqual([result.data, result.count], [null, 5], count);
  }
  const some = await answer(garden.from("species").select("*", { count: "exact", head: true }).eq("growth", "herb"));
  assert.equal(some.count, 2);
  const uncounted = await answer(garden.from("species").select("*", { head: true }));
  assert.deepEqual([uncounted.status, uncounted.data, uncounted.count], [200, null, null]);
});

test("a count with !inner counts what is left", async () => {
  const query = garden.from("families").select("id, species!inner(id)", { count: "exact" });
  assert.equal((await answer(query.eq("species.growth", "herb"))).count, 1);
});

test("single", async () => {
  const one = (id) => garden.from("pollinators").select().lte("id", id).single();
  assert.deepEqual(await data(one(1)), { id: 1, name: "bee" });
  const many = await refusal(one(2));
  assert.deepEqual(many, {
    status: 406, code: "PGRST116", hint: null, details: "The result contains 2 rows",
    message: "Cannot coerce the result to a single JSON object",
  });
  assert.equal((await refusal(one(0))).details, "The result contains 0 rows");
});

test("maybeSingle", async () => {
  const one = (id) => garden.from("pollinators").select().lte("id", id).maybeSingle();
  assert.deepEqual(await data(one(1)), { id: 1, name: "bee" });
  assert.equal(await data(one(0)), null);
  assert.equal((await refusal(one(2))).code, "PGRST116");
});

test("csv", async () => {
  const query = garden.from("species").select("id,name,tags,note").in("id", [1, 4]).order("id").csv();
  assert.equal(
    await data(query),
    'id,name,tags,note\n1,"Dog rose","{thorny,edible}","Grows in old hedges"\n' +
      '4,Lavender,"{edible,native}","A smell of summer, and of soap"',
  );
});

test("nulls can be left out", async () => {
  const query = () => garden.from("species").select("id, note, species_details(toxic)").eq("id", 5);
  assert.deepEqual(await data(query().stripNulls()), [{ id: 5 }]);
  assert.deepEqual(await data(query().single().stripNulls()), { id: 5 });
});

test("explain as text and as JSON", async () => {
  const query = () => garden.from("species").select("id").eq("id", 1);
  assert.match(await data(query().explain()), /cost=\d/);
  const [{ Plan }] = await data(query().explain({ format: "json" }));
  assert.ok(Plan["Node Type"]);
  const [analyzed] = await data(query().explain({ format: "json", analyze: true, verbose: true, buffers: true, settings: true, wal: true }));
  assert.ok(analyzed["Execution Time"] >= 0);
  assert.ok(analyzed.Plan.Output);
  assert.match(await data(query().single().explain()), /cost=\d/);
});

test("aggregates", async () => {
  const byGrowth = garden.from("species").select("growth, n:id.count(), tallest:height.max(), height.avg()::int").order("growth");
  assert.deepEqual(await data(byGrowth), [
    { growth: "herb", n: 2, tallest: 0.6, avg: 1 },
    { growth: "shrub", n: 2, tallest: 3, avg: 2 },
    { growth: "tree", n: 1, tallest: 35, avg: 35 },
  ]);
  assert.deepEqual(await data(garden.from("plantings").select("quantity.sum(), count()")), [{ sum: 21, count: 4 }]);
  assert.deepEqual(await data(garden.from("families").select("name, species(count)").order("id")), [
    { name: "Rosaceae", species: [{ count: 2 }] },
    { name: "Fagaceae", species: [{ count: 1 }] },
    { name: "Lamiaceae", species: [{ count: 2 }] },
    { name: "Empty", species: [{ count: 0 }] },
  ]);
});

test("views read like tables", async () => {
  assert.deepEqual(await data(garden.from("open_loans").select().order("loan_id")), [
    { loan_id: 1, who: 1, item: "spade" },
    { loan_id: 3, who: 2, item: "hose" },
  ]);
});

test("a partitioned table is one table, and its partitions are hidden", async () => {
  assert.equal((await data(garden.from("readings").select().eq("station_id", 1))).length, 2);
  assert.equal((await refusal(garden.from("readings_2024").select())).code, "PGRST205");
});

test("row security sees the token", async () => {
  assert.deepEqual((await data(ada.from("diaries").select("body").order("body"))).map((row) => row.body), ["rain", "sun"]);
  const visitor = await refusal(garden.from("diaries").select());
  assert.deepEqual([visitor.status, visitor.code, visitor.message], [401, "42501", "permission denied for table diaries"]);
  assert.deepEqual((await refusal(ada.from("secrets").select())).status, 403);
});

test("another schema", async () => {
  const herbarium = garden.schema("herbarium");
  assert.deepEqual(await data(herbarium.from("species").select().order("id")), [{ id: 1, pressed: true }, { id: 9, pressed: false }]);
  const unknown = await refusal(garden.schema("store").from("people").select());
  assert.deepEqual([unknown.status, unknown.code, unknown.message], [406, "PGRST106", "Invalid schema: store"]);
  assert.match(unknown.hint, /garden, herbarium, Größe & Maß/);
});

test("names with umlauts, spaces, dots, quotes and other scripts", async () => {
  const schema = garden.schema(headerText("Größe & Maß"));
  assert.deepEqual(await data(schema.from("Maße").select('"Länge cm", "punkt.name", "komma,(klammer)"').eq("Schlüssel", "groß")), [
    { "Länge cm": 12.5, "punkt.name": "a.b", "komma,(klammer)": "x" },
  ]);
  assert.deepEqual(await data(schema.from("Maße").select("Schlüssel").eq('"punkt.name"', "a.b")), [{ Schlüssel: "groß" }]);
  assert.deepEqual(await data(schema.from("Maße").select("Schlüssel").gt('"Länge cm"', 1)), [{ Schlüssel: "groß" }]);
  assert.deepEqual(await data(schema.from("Maße").select('"quote\\"d"').order('"quote\\"d"')), [{ 'quote"d': "nein" }, { 'quote"d': 'sagt "ja"' }]);
  assert.deepEqual(await data(schema.from("Maße").select('a:"and"').or('"and".eq.und,"komma,(klammer)".eq."y, (z)"').order('"and"')), [
    { a: "oder" }, { a: "und" },
  ]);
  assert.deepEqual(await data(schema.from("日本語").select("名前").eq("値", 2)), [{ 名前: "に" }]);
  assert.deepEqual(await data(schema.from("Teile%2FStück").select("Nr, Maße(Schlüssel)").eq("Nr", 3)), [
    { Nr: 3, Maße: { Schlüssel: "klein" } },
  ]);
  assert.equal(await data(schema.rpc("zähle auf", { "von wo": 1 })), 2);
});

test("the description of the API", async () => {
  const { data: spec } = await answer(garden.getOpenApiSpec());
  assert.equal(spec.swagger, "2.0");
  assert.ok(spec.paths["/species"].get);
  assert.ok(spec.paths["/rpc/add"].post);
  assert.ok(!spec.paths["/secrets"]);
  assert.ok(spec.definitions.species.properties.height);
});

test("a request can be aborted", async () => {
  const { error } = await garden.from("species").select().abortSignal(AbortSignal.abort());
  assert.match(error.message, /AbortError/);
  assert.equal((await data(garden.from("species").select("id"))).length, 5);
});
