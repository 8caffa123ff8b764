// Embedded rows of every kind of relationship.
import assert from "node:assert/strict";
import { test } from "node:test";

import { data, garden, ids, refusal } from "./garden.mjs";

test("many to one", async () => {
  assert.deepEqual(await data(garden.from("species").select("name, families(name)").eq("id", 3).single()), {
    name: "English oak", families: { name: "Fagaceae" },
  });
});

test("one to many, ordered and limited", async () => {
  const query = () => garden.from("families").select("name, species(name)").order("id").order("name", { referencedTable: "species", ascending: false });
  assert.deepEqual(await data(query()), [
    { name: "Rosaceae", species: [{ name: "Garden rose" }, { name: "Dog rose" }] },
    { name: "Fagaceae", species: [{ name: "English oak" }] },
    { name: "Lamiaceae", species: [{ name: "Sage" }, { name: "Lavender" }] },
    { name: "Empty", species: [] },
  ]);
  const [roses] = await data(query().limit(1, { referencedTable: "species" }).limit(1));
  assert.deepEqual(roses.species, [{ name: "Garden rose" }]);
  const [second] = await data(query().range(1, 1, { referencedTable: "species" }).limit(1));
  assert.deepEqual(second.species, [{ name: "Dog rose" }]);
});

test("many to many", async () => {
  const query = garden.from("pollinators").select("name, species(name)").order("id").order("name", { referencedTable: "species" });
  assert.deepEqual(await data(query), [
    { name: "bee", species: [{ name: "Dog rose" }, { name: "Garden rose" }, { name: "Lavender" }] },
    { name: "moth", species: [{ name: "Dog rose" }, { name: "Lavender" }] },
    { name: "wind", species: [{ name: "English oak" }] },
  ]);
});

test("one to one, both ways", async () => {
  assert.deepEqual(await data(garden.from("species").select("id, species_details(latin)").in("id", [1, 2]).order("id")), [
    { id: 1, species_details: { latin: "Rosa canina" } },
    { id: 2, species_details: null },
  ]);
  assert.deepEqual(await data(garden.from("species_details").select("latin, species(name)").eq("species_id", 3)), [
    { latin: "Quercus robur", species: { name: "English oak" } },
  ]);
});

test("a foreign key of two columns", async () => {
  const query = garden.from("beds").select("house, number, plantings(quantity)").order("house").order("number");
  assert.deepEqual(await data(query.order("id", { referencedTable: "plantings" })), [
    { house: "north", number: 1, plantings: [{ quantity: 2 }, { quantity: 12 }] },
    { house: "north", number: 2, plantings: [] },
    { house: "south", number: 1, plantings: [{ quantity: 6 }, { quantity: 1 }] },
  ]);
  assert.deepEqual(await data(garden.from("plantings").select("beds(light)").eq("id", 1).single()), { beds: { light: "shade" } });
});

test("a self reference, by column and by constraint", async () => {
  assert.deepEqual(await data(garden.from("gardeners").select("name, mentor:mentor_id(name)").order("id")), [
    { name: "Ada", mentor: null },
    { name: "Ben", mentor: { name: "Ada" } },
    { name: "Cleo", mentor: { name: "Ada" } },
    { name: "Dan", mentor: { name: "Ben" } },
  ]);
  const query = garden.from("gardeners").select("name, pupils:gardeners!mentor_id(name, pupils:gardeners!mentor_id(name))").eq("id", 1);
  assert.deepEqual(await data(query.order("id", { referencedTable: "pupils" })), [
    { name: "Ada", pupils: [{ name: "Ben", pupils: [{ name: "Dan" }] }, { name: "Cleo", pupils: [] }] },
  ]);
});

test("two ways to one table need a hint", async () => {
  const { status, code, message, hint, details } = await refusal(garden.from("exchanges").select("gardeners(name)"));
  assert.deepEqual([status, code], [300, "PGRST201"]);
  assert.equal(message, "Could not embed because more than one relationship was found for 'exchanges' and 'gardeners'");
  assert.match(hint, /gardeners!exchanges_giver_id_fkey/);
  assert.deepEqual(details.map((one) => one.cardinality), ["many-to-one", "many-to-one"]);
  assert.deepEqual(details[0], {
    cardinality: "many-to-one", embedding: "exchanges with gardeners",
    relationship: "exchanges_giver_id_fkey using exchanges(giver_id) and gardeners(id)",
  });
});

test("hints: constraint, column, and both at once with aliases", async () => {
  const columns = "what, from:gardeners!exchanges_giver_id_fkey(name), to:gardeners!receiver_id(name), giver_id(id)";
  assert.deepEqual(await data(garden.from("exchanges").select(columns).eq("id", 1)), [
    { what: "bulbs", from: { name: "Ada" }, to: { name: "Ben" }, giver_id: { id: 1 } },
  ]);
  assert.deepEqual(await data(garden.from("gardeners").select("given:exchanges!giver_id(what)").eq("id", 3)), [{ given: [{ what: "cuttings" }] }]);
});

test("!inner keeps only parents with children", async () => {
  assert.deepEqual(await ids(garden.from("families").select("id, species!inner()")), [1, 2, 3]);
  assert.deepEqual(await ids(garden.from("families").select("id, species!inner(id)").eq("species.growth", "herb")), [3]);
  assert.deepEqual(await ids(garden.from("families").select("id, species!inner(plantings!inner(id))").gt("species.plantings.quantity", 5)), [3]);
  assert.deepEqual(await ids(garden.from("species").select("id, parent:parent_id!inner(name)")), [2, 5]);
});

test("null filters on embedded rows", async () => {
  assert.deepEqual(await ids(garden.from("families").select("id, species()").is("species", null)), [4]);
  assert.deepEqual(await ids(garden.from("families").select("id, species()").not("species", "is", null)), [1, 2, 3]);
  assert.deepEqual(await ids(garden.from("families").select("id, species()").or("species.is.null,name.eq.Rosaceae")), [1, 4]);
});

test("spread, of one and of many", async () => {
  assert.deepEqual(await data(garden.from("species").select("name, ...families(family:name)").eq("id", 4).single()), {
    name: "Lavender", family: "Lamiaceae",
  });
  assert.deepEqual(await data(garden.from("families").select("name, ...species(ids:id)").order("id").order("id", { referencedTable: "species" })), [
    { name: "Rosaceae", ids: [1, 2] },
    { name: "Fagaceae", ids: [3] },
    { name: "Lamiaceae", ids: [4, 5] },
    { name: "Empty", ids: [] },
  ]);
});

test("order by a related column", async () => {
  const rows = await data(garden.from("species").select("id, families(name)").order("families(name)").order("id", { ascending: false }));
  assert.deepEqual(rows.map((row) => row.id), [3, 5, 4, 2, 1]);
});

test("several levels and filters at each", async () => {
  const query = garden.from("families").select("name, species(name, plantings(quantity, beds(light)))").eq("name", "Lamiaceae");
  query.eq("species.name", "Lavender").gt("species.plantings.quantity", 10);
  assert.deepEqual(await data(query), [
    { name: "Lamiaceae", species: [{ name: "Lavender", plantings: [{ quantity: 12, beds: { light: "shade" } }] }] },
  ]);
});

test("the same table twice, each with filters of its own", async () => {
  const query = garden.from("families").select("name, low:species(id), high:species(id)").eq("id", 1);
  assert.deepEqual(await data(query.lt("low.height", 2).gt("high.height", 2)), [{ name: "Rosaceae", low: [{ id: 2 }], high: [{ id: 1 }] }]);
});

test("foreign keys show through views over a schema that is not exposed", async () => {
  assert.deepEqual(await data(garden.from("borrowers").select("name, loans(item)").order("id").order("id", { referencedTable: "loans" })), [
    { name: "Eva", loans: [{ item: "spade" }, { item: "rake" }] },
    { name: "Finn", loans: [{ item: "hose" }] },
  ]);
  assert.deepEqual(await data(garden.from("loans").select("item, borrowers(name)").eq("id", 3)), [{ item: "hose", borrowers: { name: "Finn" } }]);
});

test("and through a view over a view, and between a view and a table", async () => {
  assert.deepEqual(await data(garden.from("open_loans").select("item, borrowers(name)").eq("loan_id", 1)), [{ item: "spade", borrowers: { name: "Eva" } }]);
  assert.deepEqual(await data(garden.from("borrowers").select("id, open_loans(item)").eq("id", 1)), [{ id: 1, open_loans: [{ item: "spade" }] }]);
  assert.deepEqual(await data(garden.from("trees").select("name, families(name), species_details(latin)")), [
    { name: "English oak", families: { name: "Fagaceae" }, species_details: { latin: "Quercus robur" } },
  ]);
});

test("partitioned tables embed and are embedded", async () => {
  const rows = await data(garden.from("stations").select("name, readings(celsius)").order("id").order("taken_on", { referencedTable: "readings" }));
  assert.deepEqual(rows, [
    { name: "hill", readings: [{ celsius: 18.5 }, { celsius: 19.5 }] },
    { name: "pond", readings: [{ celsius: 17 }] },
  ]);
  assert.deepEqual(await data(garden.from("readings").select("stations(name)").eq("station_id", 2)), [{ stations: { name: "pond" } }]);
});

test("computed relationships", async () => {
  assert.deepEqual(await data(garden.from("species").select("name, relatives(name)").in("id", [1, 3]).order("id")), [
    { name: "Dog rose", relatives: [{ name: "Garden rose" }] },
    { name: "English oak", relatives: [] },
  ]);
});

test("no relationship, and an unknown one", async () => {
  const none = await refusal(garden.from("seeds").select("*, stations(*)"));
  assert.deepEqual([none.status, none.code], [400, "PGRST200"]);
  assert.equal(none.message, "Could not find a relationship between 'seeds' and 'stations' in the schema cache");
  assert.equal((await refusal(garden.from("families").select("speciess(*)"))).hint, "Perhaps you meant 'species' instead of 'speciess'.");
  assert.equal((await refusal(garden.from("families").select("id").eq("species.id", 1))).code, "PGRST108");
});
