// Calls of functions, and what errors look like to the library.
import assert from "node:assert/strict";
import { test } from "node:test";

import { PostgrestError } from "@supabase/postgrest-js";

import { ada, answer, data, garden, ids, refusal, withHeaders } from "./garden.mjs";

test("scalars, defaults, and null", async () => {
  assert.equal(await data(garden.rpc("add", { a: 1, b: 2 })), 3);
  assert.equal(await data(garden.rpc("add", { a: 1 })), 11);
  assert.equal(await data(garden.rpc("add", { a: null, b: 2 })), null);
});

test("GET and HEAD", async () => {
  assert.equal(await data(garden.rpc("add", { a: 1, b: 2 }, { get: true })), 3);
  assert.equal(await data(garden.rpc("joined", { words: ["x", "y"] }, { get: true })), "x+y");
  const head = await answer(garden.rpc("tall_species", { minimum: 2 }, { head: true, count: "exact" }));
  assert.deepEqual([head.status, head.data, head.count], [200, null, 2]);
  const methods = [{}, { get: true }].map((options) => data(garden.rpc("whoami", {}, options)));
  assert.deepEqual((await Promise.all(methods)).map((one) => one.method), ["POST", "GET"]);
});

test("the overload that fits is called", async () => {
  assert.equal(await data(garden.rpc("greet", { name: "Ada" })), "Hello Ada");
  assert.equal(await data(garden.rpc("greet", { name: "Ada", loud: true })), "HELLO ADA");
});

test("variadic arguments", async () => {
  assert.equal(await data(garden.rpc("total", { numbers: [1, 2, 3] })), 6);
  assert.equal(await data(garden.rpc("total", { numbers: [1, 2, 3] }, { get: true })), 6);
});

test("JSON and arrays as arguments", async () => {
  const value = { deep: [1, { "ü": null }], text: 'a "b"' };
  assert.deepEqual(await data(garden.rpc("mirror", { value })), value);
  assert.deepEqual(await data(garden.rpc("mirror", { value: [1, 2] })), [1, 2]);
  assert.equal(await data(garden.rpc("joined", { words: ["a,b", '"c"', "d e"] })), 'a,b+"c"+d e');
});

test("one unnamed argument takes the whole body", async () => {
  assert.deepEqual(await data(garden.rpc("whole_body", { a: 1, b: [2] })), { got: { a: 1, b: [2] } });
});

test("sets of rows take filters, order, limits, embeds and counts", async () => {
  const query = garden.rpc("tall_species", { minimum: 1 }, { count: "exact" }).select("id, families(name)").neq("growth", "tree");
  const result = await answer(query.order("id", { ascending: false }).limit(1));
  assert.deepEqual(result.data, [{ id: 2, families: { name: "Rosaceae" } }]);
  assert.equal(result.count, 2);
  assert.deepEqual(await ids(garden.rpc("tall_species", {}, { get: true }).select("id").range(1, 2)), [2, 3]);
  assert.deepEqual(await ids(garden.rpc("tall_species").like("name", "%rose").lt("height", 2)), [2]);
  assert.equal(await data(garden.rpc("tall_species").select("id,name").eq("id", 3).csv()), 'id,name\n3,"English oak"');
});

test("one row, a table of columns, a set of scalars", async () => {
  assert.deepEqual(await data(garden.rpc("species_called", { wanted: "Sage" }).select("id, families(name)")), { id: 5, families: { name: "Lamiaceae" } });
  assert.deepEqual(await data(garden.rpc("extremes")), [{ lowest: 0.6, highest: 35 }]);
  assert.deepEqual(await data(garden.rpc("extremes").single()), { lowest: 0.6, highest: 35 });
  assert.deepEqual(await data(garden.rpc("colours")), ["red", "green", "blue"]);
  assert.equal(await data(garden.rpc("tall_species", { minimum: 999 }).maybeSingle()), null);
});

test("void functions answer 204, and write", async () => {
  const result = await answer(garden.rpc("write_note", { body: "by a function" }));
  assert.deepEqual([result.status, result.data], [204, null]);
  assert.deepEqual(await data(garden.from("notes").delete().eq("body", "by a function").select("body")), [{ body: "by a function" }]);
});

test("functions that write: rollback, maxAffected, and no GET", async () => {
  const retired = await data(garden.rpc("retire_species", { wanted: [1, 2] }).select("id, note").order("id").rollback());
  assert.deepEqual(retired, [{ id: 1, note: "retired" }, { id: 2, note: "retired" }]);
  assert.equal((await data(garden.from("species").select("note").eq("id", 1).single())).note, "Grows in old hedges");
  assert.equal((await refusal(garden.rpc("retire_species", { wanted: [1, 2] }).maxAffected(1))).code, "PGRST124");
  const get = await refusal(garden.rpc("retire_species", { wanted: [1] }, { get: true }));
  assert.deepEqual([get.status, get.code], [405, "25006"]);
});

test("who calls, and with which headers", async () => {
  assert.deepEqual(await data(ada.rpc("whoami")), { role: "garden_member", sub: "ada", method: "POST", path: "/rpc/whoami", header: null });
  const visitor = await data(withHeaders({ "X-Garden": "gate" }).rpc("whoami", {}, { get: true }));
  assert.deepEqual(visitor, { role: "garden_visitor", sub: null, method: "GET", path: "/rpc/whoami", header: "gate" });
});

test("the same function of another schema", async () => {
  assert.equal(await data(garden.schema("herbarium").rpc("add", { a: 1, b: 2 })), "herbarium 3");
});

test("explain", async () => {
  assert.match(await data(garden.rpc("tall_species", { minimum: 1 }).explain()), /cost=\d/);
});

test("what a function raises", async () => {
  assert.deepEqual(await refusal(garden.rpc("refuse")), {
    status: 400, code: "P0001", message: "the gate is shut", details: "It is night.", hint: "Come back at dawn.",
  });
  assert.deepEqual(await refusal(garden.rpc("teapot")), { status: 418, code: "PT418", message: "a teapot", details: "short", hint: "stout" });
});

test("no such function, and a hint", async () => {
  const unknown = await refusal(garden.rpc("ad", { a: 1, b: 2 }));
  assert.deepEqual([unknown.status, unknown.code], [404, "PGRST202"]);
  assert.equal(unknown.message, "Could not find the function garden.ad(a, b) in the schema cache");
  const wrong = await refusal(garden.rpc("add", { a: 1, c: 2 }));
  assert.equal(wrong.hint, "Perhaps you meant to call the function garden.add(a, b)");
});

test("no such table, and a hint", async () => {
  assert.deepEqual(await refusal(garden.from("specie").select()), {
    status: 404, code: "PGRST205", details: null, hint: "Perhaps you meant the table 'garden.species'",
    message: "Could not find the table 'garden.specie' in the schema cache",
  });
});

test("no such column, and a wrong value", async () => {
  assert.deepEqual(await refusal(garden.from("seeds").select("colour")), {
    status: 400, code: "42703", details: null, hint: null, message: "column seeds.colour does not exist",
  });
  const value = await refusal(garden.from("species").select().eq("id", "one"));
  assert.deepEqual([value.status, value.code, value.message], [400, "22P02", 'invalid input syntax for type integer: "one"']);
  const operator = await refusal(garden.from("species").select().filter("id", "similar", "1"));
  assert.deepEqual([operator.status, operator.code], [400, "PGRST100"]);
});

test("throwOnError throws the same as an error of the library", async () => {
  await assert.rejects(async () => await garden.from("nothing").select().throwOnError(), (error) => {
    assert.ok(error instanceof PostgrestError);
    assert.deepEqual([error.name, error.code], ["PostgrestError", "PGRST205"]);
    assert.ok("details" in error && "hint" in error && error.message);
    return true;
  });
  const { error, data: rows } = await garden.from("pollinators").select("name").limit(1).throwOnError();
  assert.deepEqual([error, rows], [null, [{ name: "bee" }]]);
});

test("HEAD of what is not there", async () => {
  const { status, data: rows } = await garden.from("nothing").select("*", { head: true });
  assert.deepEqual([status, rows], [204, null]); // The library's reading of a 404 without a body.
});

test("tokens that are not good", async () => {
  const bearer = (value) => withHeaders({ Authorization: `Bearer ${value}` }).from("pollinators").select();
  const garbage = await refusal(bearer("not.a.token"));
  assert.deepEqual([garbage.status, garbage.code], [401, "PGRST301"]);
  const [header, , signature] = process.env.GARDEN_TOKEN.split(".");
  const forged = `${header}.${Buffer.from('{"role":"garden_member","sub":"ben"}').toString("base64url")}.${signature}`;
  assert.equal((await refusal(bearer(forged))).code, "PGRST301");
});
