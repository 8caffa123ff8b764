// Every filter method of the library: which species it must find.
import assert from "node:assert/strict";
import { test } from "node:test";

import { garden, ids } from "./garden.mjs";

const filters = {
  "eq": [(q) => q.eq("id", 3), [3]],
  "eq on text with a comma and spaces": [(q) => q.eq("note", "A smell of summer, and of soap"), [4]],
  "eq on an enumeration": [(q) => q.eq("growth", "tree"), [3]],
  "eq on a generated column": [(q) => q.eq("code", "LAV"), [4]],
  "eq on a computed column": [(q) => q.eq("size_class", "tall"), [3]],
  "eq on a JSON path": [(q) => q.eq("traits->colour->>name", "red"), [2]],
  "eq on an element of a JSON array": [(q) => q.eq("traits->scents->>1", "dry"), [4]],
  "eq on an element of an array": [(q) => q.eq("tags->>0", "thorny"), [1, 2]],
  "neq": [(q) => q.neq("growth", "herb"), [1, 2, 3]],
  "gt": [(q) => q.gt("height", 1.5), [1, 3]],
  "gt as JSON": [(q) => q.gt("traits->petals", 2), [1, 2]],
  "gte": [(q) => q.gte("height", 1.5), [1, 2, 3]],
  "lt": [(q) => q.lt("height", 3), [2, 4]],
  "lt on an enumeration": [(q) => q.lt("growth", "tree"), [1, 2, 4, 5]],
  "lte": [(q) => q.lte("height", 3), [1, 2, 4]],
  "two filters on one column": [(q) => q.gt("id", 1).lt("id", 4), [2, 3]],
  "like": [(q) => q.like("name", "%rose"), [1, 2]],
  "like with stars": [(q) => q.like("name", "*rose"), [1, 2]],
  "like is case sensitive": [(q) => q.like("name", "%ROSE"), []],
  "likeAllOf": [(q) => q.likeAllOf("name", ["%rose", "Dog%"]), [1]],
  "likeAnyOf": [(q) => q.likeAnyOf("name", ["Dog%", "Sage"]), [1, 5]],
  "ilike": [(q) => q.ilike("name", "%ROSE"), [1, 2]],
  "ilikeAllOf": [(q) => q.ilikeAllOf("name", ["%ROSE", "dog%"]), [1]],
  "ilikeAnyOf": [(q) => q.ilikeAnyOf("name", ["dog%", "sage"]), [1, 5]],
  "regexMatch": [(q) => q.regexMatch("name", "^[DS]"), [1, 5]],
  "regexMatch keeps a star": [(q) => q.regexMatch("name", "^Do*g"), [1]],
  "regexIMatch": [(q) => q.regexIMatch("name", "^[ds]"), [1, 5]],
  "is null": [(q) => q.is("height", null), [5]],
  "isDistinct": [(q) => q.isDistinct("parent_id", 1), [1, 3, 4, 5]],
  "in": [(q) => q.in("id", [1, 3, 99]), [1, 3]],
  "in with reserved characters": [(q) => q.in("note", ["A smell of summer, and of soap", "(x)"]), [4]],
  "in with quotes in a value": [(q) => q.in("name", ["Sage", 'a "quote"']), [5]],
  "in nothing": [(q) => q.in("id", []), []],
  "notIn": [(q) => q.notIn("id", [1, 2]), [3, 4, 5]],
  "contains, array": [(q) => q.contains("tags", ["edible"]), [1, 4]],
  "contains, JSON": [(q) => q.contains("traits", { petals: 5 }), [1]],
  "contains, nested JSON": [(q) => q.contains("traits", { colour: { name: "pink" } }), [1]],
  "contains, range": [(q) => q.contains("flowering", "[155,160)"), [1]],
  "containedBy, array": [(q) => q.containedBy("tags", ["native", "edible"]), [3, 4, 5]],
  "containedBy, JSON": [(q) => q.containedBy("traits", { petals: 0, more: 1 }), [3, 5]],
  "containedBy, range": [(q) => q.containedBy("flowering", "[100,200)"), [1, 3]],
  "rangeGt": [(q) => q.rangeGt("flowering", "[100,150)"), [1, 2, 4]],
  "rangeGte": [(q) => q.rangeGte("flowering", "[160,300)"), [2, 4]],
  "rangeLt": [(q) => q.rangeLt("flowering", "[150,160)"), [3]],
  "rangeLte": [(q) => q.rangeLte("flowering", "[100,200)"), [1, 3]],
  "rangeAdjacent": [(q) => q.rangeAdjacent("flowering", "[140,150)"), [1, 3]],
  "overlaps, array": [(q) => q.overlaps("tags", ["bred", "native"]), [2, 3, 4]],
  "overlaps, range": [(q) => q.overlaps("flowering", "[0,155)"), [1, 3]],
  "textSearch": [(q) => q.textSearch("words", "growing & rose", { config: "english" }), [1, 2]],
  "textSearch, plain": [(q) => q.textSearch("words", "the summer smell", { type: "plain", config: "english" }), [4]],
  "textSearch, phrase": [(q) => q.textSearch("words", "old hedges", { type: "phrase", config: "english" }), [1]],
  "textSearch, websearch": [(q) => q.textSearch("words", "rose -garden", { type: "websearch", config: "english" }), [1]],
  "textSearch on text": [(q) => q.textSearch("note", "smells", { config: "english" }), [4]],
  "textSearch without a language": [(q) => q.textSearch("words", "'grow'"), [1, 2]],
  "match": [(q) => q.match({ growth: "shrub", parent_id: 1 }), [2]],
  "not eq": [(q) => q.not("growth", "eq", "shrub"), [3, 4, 5]],
  "not in": [(q) => q.not("id", "in", "(1,2)"), [3, 4, 5]],
  "not is": [(q) => q.not("height", "is", null), [1, 2, 3, 4]],
  "not contains": [(q) => q.not("tags", "cs", "{native}"), [1, 2, 5]],
  "not textSearch": [(q) => q.not("words", "fts(english)", "rose"), [3, 4, 5]],
  "or": [(q) => q.or("id.eq.1,name.eq.Sage"), [1, 5]],
  "or with and inside": [(q) => q.or("id.eq.1,and(growth.eq.herb,height.is.null)"), [1, 5]],
  "or with not": [(q) => q.or("id.not.gt.1,not.and(id.gt.1,id.lt.5)"), [1, 5]],
  "or with quotes": [(q) => q.or('note.eq."A smell of summer, and of soap",id.in.(1,2)'), [1, 2, 4]],
  "or with arrays": [(q) => q.or("tags.cs.{native},tags.ov.{bred}"), [2, 3, 4]],
  "two ors": [(q) => q.or("id.eq.1,id.eq.2").or("growth.eq.tree,parent_id.eq.1"), [2]],
  "filter": [(q) => q.filter("id", "in", "(3,4)"), [3, 4]],
  "filter with any": [(q) => q.filter("id", "eq(any)", "{1,2}"), [1, 2]],
  "filter with all": [(q) => q.filter("id", "gt(all)", "{1,2}"), [3, 4, 5]],
  "filter with not": [(q) => q.filter("name", "not.like", "%rose"), [3, 4, 5]],
};

for (const [name, [build, expected]] of Object.entries(filters)) {
  test(name, async () => {
    assert.deepEqual(await ids(build(garden.from("species").select("id"))), expected);
  });
}

test("is with booleans", async () => {
  const toxic = (value) => garden.from("species_details").select("id:species_id").is("toxic", value);
  assert.deepEqual(await ids(toxic(false)), [1, 3]);
  assert.deepEqual(await ids(toxic(true)), []);
  assert.deepEqual(await ids(toxic(null)), [4]);
});

test("filters on embedded rows leave the parents", async () => {
  const query = garden.from("families").select("id, species(id)").eq("species.growth", "shrub");
  assert.deepEqual(await ids(query), [1, 2, 3, 4]);
});

test("or on embedded rows", async () => {
  const query = garden.from("families").select("id, species!inner(id)");
  assert.deepEqual(await ids(query.or("name.eq.Sage,id.eq.3", { referencedTable: "species" })), [2, 3]);
});
