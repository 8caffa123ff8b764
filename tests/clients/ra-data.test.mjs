// The data provider of react-admin, with react-admin's own way to fetch.
import assert from "node:assert/strict";
import { test } from "node:test";

import providerModule from "@raphiniert/ra-data-postgrest";
import { fetchUtils } from "ra-core";

// The package is CommonJS: its default export lies one level deeper here.
const postgrestProvider = providerModule.default ?? providerModule;
const ascendingNullsFirst = "asc.nullsfirst,desc.nullslast";

const settings = {
  apiUrl: process.env.GARDEN_URL,
  httpClient: fetchUtils.fetchJson,
  defaultListOp: "eq",
  primaryKeys: new Map([
    ["beds", ["house", "number"]],
    ["readings", ["station_id", "taken_on"]],
    ["seeds", ["sku"]],
    ["species_details", ["species_id"]],
    ["open_loans", ["loan_id"]],
  ]),
  schema: () => "",
};
const provider = postgrestProvider(settings);

/** The parameters of a list, with those that a test leaves out. */
function list({ page = 1, perPage = 10, field = "id", order = "ASC", ...more } = {}) {
  return { pagination: { page, perPage }, sort: { field, order }, filter: {}, ...more };
}

/** The ids of a list in its order, and the total. */
async function listed(resource, parameters) {
  const { data, total } = await provider.getList(resource, list(parameters));
  return [data.map((row) => row.id), total];
}

test("getList: pages and total", async () => {
  assert.deepEqual(await listed("species"), [[1, 2, 3, 4, 5], 5]);
  assert.deepEqual(await listed("species", { page: 2, perPage: 2 }), [[3, 4], 5]);
  assert.deepEqual(await listed("species", { page: 3, perPage: 2 }), [[5], 5]);
  assert.deepEqual(await listed("notes", { field: "body" }).then(([, total]) => total), 2);
});

test("getList: sort, and where nulls go", async () => {
  assert.deepEqual((await listed("species", { order: "DESC" }))[0], [5, 4, 3, 2, 1]);
  assert.deepEqual((await listed("species", { field: "height" }))[0], [4, 2, 1, 3, 5]);
  assert.deepEqual((await listed("species", { field: "height", meta: { nullsfirst: true } }))[0], [5, 4, 2, 1, 3]);
  assert.deepEqual((await listed("species", { field: "height", order: "DESC", meta: { nullslast: true } }))[0], [3, 1, 2, 4, 5]);
  const other = postgrestProvider({ ...settings, sortOrder: ascendingNullsFirst });
  const { data } = await other.getList("species", list({ field: "height" }));
  assert.deepEqual(data.map((row) => row.id), [5, 4, 2, 1, 3]);
  assert.deepEqual((await listed("species", { field: "traits->petals", meta: { nullslast: true } }))[0], [3, 4, 1, 2, 5]);
});

const filters = {
  "the default operator": [{ growth: "shrub" }, [1, 2]],
  "comparisons": [{ "height@gte": 3 }, [1, 3]],
  "two at once": [{ "height@gt": 1, growth: "shrub" }, [1, 2]],
  "neq": [{ "growth@neq": "herb" }, [1, 2, 3]],
  "ilike": [{ "name@ilike": "ROSE" }, [1, 2]],
  "like": [{ "name@like": "oak" }, [3]],
  "in": [{ "id@in": "(1,5)" }, [1, 5]],
  "is": [{ "height@is": "null" }, [5]],
  "not": [{ "growth@not": "in.(herb,tree)" }, [1, 2]],
  "contains": [{ "tags@cs": "{edible}" }, [1, 4]],
  "overlap of arrays": [{ "tags@ov": "{bred,native}" }, [2, 3, 4]],
  "adjacent ranges": [{ "flowering@adj": "[140,150)" }, [1, 3]],
  "text search": [{ "words@fts": "smell" }, [4]],
  "regular expression": [{ "name@imatch": "^s" }, [5]],
  "a JSON path": [{ "traits->colour->>name": "red" }, [2]],
  "or": [{ "@or": { "name@eq": "Sage", "height@gt": 10 } }, [3, 5]],
  "and": [{ "@and": { "growth@eq": "herb", "height@lt": 1 } }, [4]],
};
for (const [name, [filter, expected]] of Object.entries(filters)) {
  test(`getList: filter with ${name}`, async () => {
    assert.deepEqual(await listed("species", { filter }), [expected, expected.length]);
  });
}

test("getList: columns and embedded rows", async () => {
  const { data } = await provider.getList("families", list({ meta: { columns: ["id", "name"], embed: ["species"] }, perPage: 2 }));
  assert.deepEqual(data.map((row) => [Object.keys(row), row.species.length]), [[["id", "name", "species"], 2], [["id", "name", "species"], 1]]);
});

test("getList: prefetched rows go aside", async () => {
  const { data, meta } = await provider.getList("species", list({ meta: { prefetch: ["families"] }, filter: { "id@lte": 3 } }));
  assert.deepEqual(meta.prefetched.families.map((row) => row.name), ["Rosaceae", "Fagaceae"]);
  assert.ok(!("families" in data[0]));
});

test("getList: filters and sort on embedded rows", async () => {
  const parameters = { field: "families(name)", meta: { columns: "*,families!inner(name)" }, filter: { "families.name@neq": "Lamiaceae" } };
  const [found, total] = await listed("species", parameters);
  assert.deepEqual([found[0], found.length, total], [3, 3, 3]);
});

test("getList: a function that returns rows", async () => {
  assert.deepEqual(await listed("rpc/tall_species", { filter: { "minimum@": 2 } }), [[1, 3], 2]);
});

test("getList: keys of two columns become one id", async () => {
  assert.deepEqual(await listed("beds"), [['["north",1]', '["north",2]', '["south",1]'], 3]);
  assert.deepEqual((await listed("readings", { order: "DESC" }))[0], ['[2,"2025-06-01"]', '[1,"2025-06-01"]', '[1,"2024-06-01"]']);
});

test("getList: a view", async () => {
  assert.deepEqual(await listed("open_loans"), [[1, 3], 2]);
});

test("getOne", async () => {
  assert.equal((await provider.getOne("species", { id: 3 })).data.name, "English oak");
  assert.deepEqual((await provider.getOne("beds", { id: '["north",1]' })).data, { id: '["north",1]', house: "north", number: 1, light: "shade" });
  assert.deepEqual((await provider.getOne("species_details", { id: 1 })).data, { id: 1, species_id: 1, latin: "Rosa canina", toxic: false });
  const embedded = await provider.getOne("species", { id: 4, meta: { columns: ["name"], embed: ["pollinators"] } });
  assert.deepEqual(embedded.data, { name: "Lavender", pollinators: [{ id: 1, name: "bee" }, { id: 2, name: "moth" }] });
  const { meta } = await provider.getOne("species", { id: 4, meta: { prefetch: ["families"] } });
  assert.deepEqual(meta.prefetched.families, [{ id: 3, name: "Lamiaceae" }]);
});

test("getOne of what is not there", async () => {
  await assert.rejects(provider.getOne("species", { id: 99 }), (error) => {
    assert.deepEqual([error.status, error.body.code, error.message], [406, "PGRST116", "Cannot coerce the result to a single JSON object"]);
    return true;
  });
});

test("getMany", async () => {
  const names = async (resource, ids) => (await provider.getMany(resource, { ids })).data.map((row) => row.id).sort();
  assert.deepEqual(await names("species", [1, 4, 99]), [1, 4]);
  assert.deepEqual(await names("species", [2]), [2]);
  assert.deepEqual(await names("species", []), []);
  assert.deepEqual(await names("beds", ['["north",2]', '["south",1]']), ['["north",2]', '["south",1]']);
  assert.deepEqual(await names("readings", ['[1,"2024-06-01"]', '[2,"2025-06-01"]']), ['[1,"2024-06-01"]', '[2,"2025-06-01"]']);
  assert.deepEqual(await names("seeds", ["s1", "s2"]), ["s1", "s2"]);
});

test("getManyReference", async () => {
  const reference = async (more) => provider.getManyReference("plantings", list({ target: "species_id", id: 4, ...more }));
  const { data, total } = await reference();
  assert.deepEqual([data.map((row) => row.id), total], [[2, 3], 2]);
  const page = await reference({ page: 2, perPage: 1, order: "DESC" });
  assert.deepEqual([page.data.map((row) => row.id), page.total], [[2], 2]);
  const some = await reference({ filter: { "quantity@gt": 10 }, meta: { embed: ["beds"] } });
  assert.deepEqual([some.data[0].beds, some.total], [{ house: "north", number: 1, light: "shade" }, 1]);
});

test("create, update, delete", async () => {
  const { data: created } = await provider.create("plantings", { data: { house: "north", bed: 2, species_id: 5, quantity: 3 } });
  assert.ok(created.id > 100);
  const { data: updated } = await provider.update("plantings", { id: created.id, data: { ...created, quantity: 4 }, previousData: created });
  assert.deepEqual(updated, { ...created, quantity: 4 });
  const { data: same } = await provider.update("plantings", { id: created.id, data: updated, previousData: updated });
  assert.deepEqual(same, updated);
  const { data: deleted } = await provider.delete("plantings", { id: created.id, previousData: updated });
  assert.deepEqual(deleted, updated);
  assert.deepEqual((await listed("plantings"))[1], 4);
});

test("create with chosen columns and embedded rows back", async () => {
  const { data } = await provider.create("plantings", {
    data: { house: "north", bed: 2, species_id: 5 }, meta: { columns: ["id", "quantity"], embed: ["species"], headers: { Prefer: "return=representation, tx=rollback" } },
  });
  assert.deepEqual([data.quantity, data.species.name], [1, "Sage"]);
  assert.equal((await listed("plantings"))[1], 4);
});

test("create, update, delete with a key of two columns", async () => {
  const { data: created } = await provider.create("beds", { data: { house: "west", number: 7, light: "dusk" } });
  assert.equal(created.id, '["west",7]');
  const change = { id: created.id, data: { ...created, light: "dawn" }, previousData: created };
  assert.equal((await provider.update("beds", change)).data.light, "dawn");
  assert.equal((await provider.delete("beds", { id: created.id, previousData: created })).data.light, "dawn");
  await assert.rejects(provider.getOne("beds", { id: created.id }));
});

test("updateMany and deleteMany", async () => {
  for (const sku of ["m1", "m2"]) await provider.create("seeds", { data: { sku, shelf: "M" } });
  assert.deepEqual((await provider.updateMany("seeds", { ids: ["m1", "m2"], data: { quantity: 0 } })).data.sort(), ["m1", "m2"]);
  assert.deepEqual((await provider.getMany("seeds", { ids: ["m1", "m2"] })).data.map((row) => row.quantity), [0, 0]);
  assert.deepEqual((await provider.deleteMany("seeds", { ids: ["m1", "m2"] })).data.sort(), ["m1", "m2"]);
  assert.equal((await listed("seeds"))[1], 2);
});

test("updateMany and deleteMany with keys of two columns, in a partitioned table", async () => {
  const days = ["2024-12-30", "2025-01-02"];
  for (const taken_on of days) await provider.create("readings", { data: { station_id: 1, taken_on, celsius: 0 } });
  const ids = days.map((day) => JSON.stringify([1, day]));
  assert.deepEqual((await provider.updateMany("readings", { ids, data: { celsius: -2.5 } })).data.sort(), ids);
  assert.deepEqual((await provider.getMany("readings", { ids })).data.map((row) => row.celsius), [-2.5, -2.5]);
  assert.deepEqual((await provider.deleteMany("readings", { ids })).data.sort(), ids);
  assert.equal((await listed("readings"))[1], 3);
});

test("another schema, for all and for one request", async () => {
  const herbarium = postgrestProvider({ ...settings, schema: () => "herbarium" });
  assert.equal((await herbarium.getList("sheets", list())).total, 3);
  assert.equal((await herbarium.getList("families", list({ meta: { schema: "garden" } }))).total, 4);
  assert.equal((await provider.getOne("sheets", { id: 2, meta: { schema: "herbarium" } })).data.title, "Oak leaf");
  const { data } = await herbarium.create("sheets", { data: { id: 50, title: "New" } });
  assert.equal((await herbarium.delete("sheets", { id: 50, previousData: data })).data.title, "New");
});

test("a token, and errors as react-admin shows them", async () => {
  const httpClient = (url, options) => {
    options.headers.set("Authorization", `Bearer ${process.env.GARDEN_TOKEN}`);
    return fetchUtils.fetchJson(url, options);
  };
  const ada = postgrestProvider({ ...settings, httpClient });
  assert.equal((await ada.getList("diaries", list())).total, 2);
  await assert.rejects(provider.getList("diaries", list()), { name: "HttpError", status: 401, message: "permission denied for table diaries" });
  await assert.rejects(provider.create("seeds", { data: { sku: "s1" } }), { status: 409 });
});

test("a browser may read the total: CORS exposes Content-Range", async () => {
  const response = await fetch(`${settings.apiUrl}/species?limit=1`, { headers: { origin: "http://shop.example", prefer: "count=exact" } });
  assert.equal(response.headers.get("access-control-allow-origin"), "*");
  assert.match(response.headers.get("access-control-expose-headers"), /Content-Range/i);
  const preflight = await fetch(`${settings.apiUrl}/species`, {
    method: "OPTIONS",
    headers: { origin: "http://shop.example", "access-control-request-method": "PATCH", "access-control-request-headers": "prefer,content-type,authorization" },
  });
  assert.equal(preflight.status, 200);
  assert.match(preflight.headers.get("access-control-allow-methods"), /PATCH/);
  assert.match(preflight.headers.get("access-control-allow-headers"), /prefer/i);
});
