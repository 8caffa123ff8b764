// Inserts, updates, upserts, deletions. Most are rolled back, so that the tests do not see each other.
import assert from "node:assert/strict";
import { test } from "node:test";

import { ada, answer, data, garden, headerText, refusal, withHeaders } from "./garden.mjs";

const seeds = () => garden.from("seeds");
const sheets = () => garden.schema("herbarium").from("sheets");

/** How many seeds there are: no test may change that for another. */
async function countSeeds() {
  return (await answer(garden.from("seeds").select("*", { count: "exact", head: true }))).count;
}

test("insert without and with rows back", async () => {
  const quiet = await answer(seeds().insert({ sku: "n1" }).rollback());
  assert.deepEqual([quiet.status, quiet.data, quiet.count], [201, null, null]);
  const loud = await answer(seeds().insert({ sku: "n1", name: "kale" }).select().rollback());
  assert.deepEqual([loud.status, loud.data], [201, [{ sku: "n1", name: "kale", quantity: 10, shelf: "A" }]]);
  assert.deepEqual(await data(seeds().insert({ sku: "n1" }).select("key:sku").single().rollback()), { key: "n1" });
  assert.equal(await countSeeds(), 2);
});

test("rollback undoes, and commits are kept", async () => {
  await answer(seeds().insert({ sku: "kept", name: "leek" }));
  assert.equal(await countSeeds(), 3);
  await answer(seeds().delete().eq("sku", "kept").rollback());
  assert.equal(await countSeeds(), 3);
  await answer(seeds().delete().eq("sku", "kept"));
  assert.equal(await countSeeds(), 2);
});

test("insert many rows with different keys", async () => {
  const rows = [{ sku: "n1", quantity: 1 }, { sku: "n2", shelf: "C" }];
  const defaults = await answer(seeds().insert(rows, { defaultToNull: false, count: "exact" }).select("sku, quantity, shelf").rollback());
  assert.deepEqual(defaults.data, [{ sku: "n1", quantity: 1, shelf: "A" }, { sku: "n2", quantity: 10, shelf: "C" }]);
  assert.equal(defaults.count, 2);
  // Without defaults an absent key is null, and the shelf may not be.
  const nulls = await refusal(seeds().insert(rows).rollback());
  assert.deepEqual([nulls.status, nulls.code], [400, "23502"]);
  assert.deepEqual(await data(seeds().insert([]).select().rollback()), []);
});

test("insert into identity, array, range, JSON and enumeration columns", async () => {
  const plant = { family_id: 2, name: "Beech", growth: "tree", tags: ["native", "a,b"], flowering: "[100,120)", traits: { leaf: { toothed: false } } };
  const row = await data(garden.from("species").insert(plant).select("id, code, tags, flowering, traits, families(name)").single().rollback());
  assert.ok(row.id > 100);
  assert.deepEqual({ ...row, id: 0 }, {
    id: 0, code: "BEE", tags: ["native", "a,b"], flowering: "[100,120)", traits: { leaf: { toothed: false } }, families: { name: "Fagaceae" },
  });
  assert.equal((await refusal(garden.from("families").insert({ id: 9, name: "x" }).rollback())).code, "428C9");
  assert.equal((await refusal(garden.from("species").insert({ family_id: 1, name: "x", growth: "moss" }).rollback())).code, "22P02");
});

test("insert into a partitioned table and through a view", async () => {
  assert.deepEqual(await data(garden.from("readings").insert({ station_id: 2, taken_on: "2024-02-02", celsius: 1.5 }).select().rollback()), [
    { station_id: 2, taken_on: "2024-02-02", celsius: 1.5 },
  ]);
  assert.deepEqual(await data(garden.from("loans").insert({ id: 9, borrower_id: 2, item: "saw" }).select("item, borrowers(name)").rollback()), [
    { item: "saw", borrowers: { name: "Finn" } },
  ]);
});

test("update", async () => {
  const quiet = await answer(seeds().update({ quantity: 0 }).eq("sku", "s1").rollback());
  assert.deepEqual([quiet.status, quiet.data], [204, null]);
  const loud = await answer(seeds().update({ quantity: 0 }, { count: "exact" }).in("sku", ["s1", "s2"]).select("sku, quantity").order("sku").rollback());
  assert.deepEqual([loud.status, loud.data, loud.count], [200, [{ sku: "s1", quantity: 0 }, { sku: "s2", quantity: 0 }], 2]);
  const nothing = await answer(seeds().update({ quantity: 0 }).eq("sku", "none").select().rollback());
  assert.deepEqual([nothing.status, nothing.data], [200, []]);
  assert.equal((await answer(seeds().update({}).eq("sku", "s1").rollback())).status, 204);
});

test("update with filters of all kinds, and embedded rows in the answer", async () => {
  const query = garden.from("species").update({ note: "pruned" }).or("name.eq.Sage,and(growth.eq.shrub,height.gt.2)");
  assert.deepEqual(await data(query.select("id, note, families(name)").order("id").rollback()), [
    { id: 1, note: "pruned", families: { name: "Rosaceae" } },
    { id: 5, note: "pruned", families: { name: "Lamiaceae" } },
  ]);
});

test("delete", async () => {
  const quiet = await answer(garden.from("plantings").delete({ count: "exact" }).eq("house", "north").rollback());
  assert.deepEqual([quiet.status, quiet.data, quiet.count], [204, null, 2]);
  const loud = await answer(garden.from("plantings").delete().eq("house", "north").lt("quantity", 5).select("id, species(name)").rollback());
  assert.deepEqual([loud.status, loud.data], [200, [{ id: 1, species: { name: "Dog rose" } }]]);
});

test("upsert merges or ignores, on the key or on another column", async () => {
  const rows = [{ sku: "s1", name: "radish", quantity: 50 }, { sku: "n1", name: "kale", quantity: 1 }];
  const merged = await answer(seeds().upsert(rows, { count: "exact" }).select("sku, quantity").rollback());
  assert.deepEqual([merged.status, merged.count], [201, 2]);
  assert.deepEqual(merged.data, [{ sku: "s1", quantity: 50 }, { sku: "n1", quantity: 1 }]);
  const updated = await answer(seeds().upsert({ sku: "s1", quantity: 51 }).select("quantity, shelf").rollback());
  assert.deepEqual([updated.status, updated.data], [200, [{ quantity: 51, shelf: "A" }]]);
  const ignored = await answer(seeds().upsert(rows, { ignoreDuplicates: true }).select("sku").rollback());
  assert.deepEqual([ignored.status, ignored.data], [201, [{ sku: "n1" }]]);
  const byName = await data(seeds().upsert({ sku: "s1", name: "radish", shelf: "Z" }, { onConflict: "name" }).select().rollback());
  assert.deepEqual(byName, [{ sku: "s1", name: "radish", quantity: 5, shelf: "Z" }]);
});

test("upsert with a key of two columns and with defaults", async () => {
  const bed = await answer(garden.from("beds").upsert({ house: "north", number: 1, light: "dusk" }, { onConflict: "house,number" }).select().rollback());
  assert.deepEqual([bed.status, bed.data], [200, [{ house: "north", number: 1, light: "dusk" }]]);
  const rows = [{ sku: "n1" }, { sku: "n2", shelf: "C" }];
  assert.deepEqual(await data(seeds().upsert(rows, { defaultToNull: false }).select("sku, quantity, shelf").rollback()), [
    { sku: "n1", quantity: 10, shelf: "A" }, { sku: "n2", quantity: 10, shelf: "C" },
  ]);
});

test("maxAffected", async () => {
  const refused = await refusal(seeds().update({ quantity: 0 }).gte("quantity", 0).maxAffected(1).rollback());
  assert.deepEqual([refused.status, refused.code], [400, "PGRST124"]);
  await answer(seeds().delete().eq("sku", "s1").maxAffected(1).rollback());
});

test("a single object is demanded of writes too, or nothing is written", async () => {
  const refused = await refusal(seeds().update({ quantity: 0 }).gte("quantity", 0).select().single());
  assert.deepEqual([refused.status, refused.code, refused.details], [406, "PGRST116", "The result contains 2 rows"]);
  assert.deepEqual((await data(seeds().select("quantity").order("sku"))).map((row) => row.quantity), [5, 7]);
});

test("csv, HEAD and Location", async () => {
  assert.equal(await data(seeds().insert({ sku: "n1", name: "kale" }).select("sku,name").csv().rollback()), "sku,name\nn1,kale");
  const response = await fetch(`${process.env.GARDEN_URL}/beds`, {
    method: "POST", body: '{"house":"süd haus","number":1}',
    headers: { "content-type": "application/json", prefer: "return=headers-only, tx=rollback" },
  });
  assert.equal(response.status, 201);
  assert.equal(response.headers.get("location"), "/beds?house=eq.s%C3%BCd%20haus&number=eq.1");
});

test("row security holds for writes", async () => {
  assert.deepEqual(await data(ada.from("diaries").insert({ body: "fog" }).select("owner, body").rollback()), [{ owner: "ada", body: "fog" }]);
  const foreign = await refusal(ada.from("diaries").insert({ owner: "ben", body: "lie" }).rollback());
  assert.deepEqual([foreign.status, foreign.code], [403, "42501"]);
  assert.deepEqual(await data(ada.from("diaries").delete().eq("owner", "ben").select().rollback()), []);
});

test("another schema, and names in every script", async () => {
  assert.deepEqual(await data(sheets().insert({ id: 9, title: "Sage", species_id: 5 }).select().rollback()), [{ id: 9, title: "Sage", species_id: 5 }]);
  const schema = garden.schema(headerText("Größe & Maß"));
  const row = { Schlüssel: "neu", "Länge cm": 1, "punkt.name": ".", 'quote"d': '"', and: "&", "komma,(klammer)": "," };
  assert.deepEqual(await data(schema.from("Maße").insert(row).select().rollback()), [row]);
  assert.deepEqual(await data(schema.from("日本語").update({ 名前: "三" }).eq("値", 2).select().rollback()), [{ 値: 2, 名前: "三" }]);
  assert.deepEqual(await data(schema.from("日本語").upsert([{ 値: 1, 名前: "一" }]).select().rollback()), [{ 値: 1, 名前: "一" }]);
});

test("errors of writes", async () => {
  const duplicate = await refusal(seeds().insert({ sku: "s1" }));
  assert.deepEqual(duplicate, {
    status: 409, code: "23505", details: "Key (sku)=(s1) already exists.", hint: null,
    message: 'duplicate key value violates unique constraint "seeds_pkey"',
  });
  const missing = await refusal(garden.from("plantings").insert({ house: "west", bed: 1, species_id: 1 }));
  assert.deepEqual([missing.status, missing.code], [409, "23503"]);
  assert.equal((await refusal(garden.from("plantings").update({ quantity: 0 }).eq("id", 1))).code, "23514");
  const column = await refusal(seeds().insert([{ sku: "n1", colour: "red" }]));
  assert.deepEqual([column.status, column.code], [400, "PGRST204"]);
  assert.equal(column.message, "Could not find the 'colour' column of 'seeds' in the schema cache");
});

test("a stubborn preference is refused", async () => {
  const strict = withHeaders({ Prefer: "handling=strict, anything=else" });
  const { status, code, message } = await refusal(strict.from("seeds").select());
  assert.deepEqual([status, code, message], [400, "PGRST122", "Invalid preferences given with handling=strict"]);
});
