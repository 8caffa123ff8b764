import { empty, error, ids, json } from "../expectations.mjs";

const typed = (name, path, accept, type, body, more = {}) => ({
  name,
  path,
  headers: accept ? { Accept: accept } : {},
  expect: { status: 200, text: body, headers: { "Content-Type": type } },
  ...more,
});
const none = (name, path, accept) => ({
  name,
  path,
  headers: { Accept: accept },
  expect: error(406, "PGRST107", `None of these media types are available: ${accept}`),
});
const genre = '[{"id":1,"name":"ambient"}]';
const jsonType = "application/json; charset=utf-8";
const csvType = "text/csv; charset=utf-8";

export default [
  // Built in
  typed("no Accept is JSON", "/genres?id=eq.1", undefined, jsonType, genre),
  typed("anything is JSON", "/genres?id=eq.1", "*/*", jsonType, genre),
  typed("a browser gets JSON", "/genres?id=eq.1", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", jsonType, genre),
  typed("parameters of JSON are fine", "/genres?id=eq.1", "application/json; charset=utf-8", jsonType, genre),
  typed("CSV", "/genres", "text/csv", csvType, "id,name\n1,ambient\n2,folk\n3,polka"),
  typed("CSV of selected columns", "/genres?select=name,id&id=eq.1", "text/csv", csvType, "name,id\nambient,1"),
  typed("CSV with quotes", "/samples?select=name&id=eq.3", "text/csv", csvType, 'name\n"three, or ""3"""'),
  typed("CSV of nulls", "/labels?id=eq.3", "text/csv", csvType, "id,name,country,founded\n3,\"Empty Shelf\",,"),
  typed("CSV of a function's rows", "/rpc/all_albums?select=id,title&id=eq.1", "text/csv", csvType, "id,title\n1,\"Low Tide\""),
  { name: "CSV of an insertion", method: "POST", path: "/genres", headers: { Accept: "text/csv", Prefer: "return=representation" }, body: { id: 9, name: "ska" }, expect: { status: 201, text: "id,name\n9,ska", headers: { "Content-Type": csvType } } },
  typed("the first of equals", "/genres?id=eq.1", "text/csv,application/json", csvType, "id,name\n1,ambient"),
  typed("weights decide", "/genres?id=eq.1", "text/csv;q=0.3,application/json;q=0.8", jsonType, genre),
  typed("what is not there is passed over", "/genres?id=eq.1", "application/x-none,text/csv", csvType, "id,name\n1,ambient"),
  typed("specific before general", "/genres?id=eq.1", "*/*,text/csv", csvType, "id,name\n1,ambient"),
  none("nothing fits", "/genres", "application/x-none"),
  none("nothing of several fits", "/genres", "application/x-none, image/png"),
  none("nothing fits a function's text", "/rpc/no_arguments", "image/png"),
  none("OpenAPI only at the root", "/genres", "application/openapi+json"),
  none("plans only if switched on", "/genres", "application/vnd.pgrst.plan+json"),
  { name: "not for a write with a representation, either", method: "POST", path: "/genres", headers: { Accept: "image/png", Prefer: "return=representation" }, body: { id: 9, name: "x" }, expect: error(406, "PGRST107", "None of these media types are available: image/png") },

  // Functions' own
  typed("a function's HTML", "/rpc/page", "text/html", "text/html", "<h1>Hi</h1>"),
  typed("a function's own type answers to anything", "/rpc/page", "*/*", "text/html", "<h1>Hi</h1>"),
  typed("and to no Accept", "/rpc/page", undefined, "text/html", "<h1>Hi</h1>"),
  typed("plain text has a charset", "/rpc/plain", "text/plain", "text/plain; charset=utf-8", "plain text"),
  { name: "bytes", path: "/rpc/bytes", headers: { Accept: "application/octet-stream" }, expect: { status: 200, bytes: "00ff", headers: { "Content-Type": "application/octet-stream" } } },
  typed("a domain of another schema on the path", "/rpc/elsewhere", "application/vnd.label.elsewhere", "application/vnd.label.elsewhere", "far"),
  typed("a function's own CSV comes before the built-in", "/rpc/csv_by_hand", "text/csv", csvType, "a;b\n1;2"),
  typed("the domain of anything", "/rpc/anything", "image/whatever", "application/octet-stream", "any"),
  typed("the domain of anything with a type of its own", "/rpc/anything_typed", "image/whatever", "image/x-label", "typed"),
  { name: "by POST", method: "POST", path: "/rpc/page", headers: { Accept: "text/html" }, body: {}, expect: { status: 200, text: "<h1>Hi</h1>", headers: { "Content-Type": "text/html" } } },

  // Aggregates
  typed("an aggregate of a table", "/labels?order=id", "application/vnd.label.sheet", "application/vnd.label.sheet", "Northwind\nSaltmarsh\nEmpty Shelf\n"),
  typed("an aggregate of a table with a filter", "/labels?id=eq.2", "application/vnd.label.sheet", "application/vnd.label.sheet", "Saltmarsh\n"),
  none("an aggregate of another table", "/genres", "application/vnd.label.sheet"),
  none("an aggregate of a table works without select only", "/labels?select=id", "application/vnd.label.sheet"),
  typed("an aggregate of any rows", "/genres", "application/vnd.label.any", "application/vnd.label.any", "***"),
  typed("an aggregate of any rows, selected", "/genres?select=id&id=lt.3", "application/vnd.label.any", "application/vnd.label.any", "**"),
  { name: "an aggregate of an insertion", method: "POST", path: "/labels", headers: { Accept: "application/vnd.label.sheet", Prefer: "return=representation" }, body: { id: 9, name: "Nine" }, expect: { status: 201, text: "Nine\n", headers: { "Content-Type": "application/vnd.label.sheet" } } },
  { name: "a minimal write needs no type", method: "POST", path: "/genres", headers: { Accept: "application/json" }, body: { id: 9, name: "x" }, expect: empty(201) },
  { name: "JSON goes on beside them", path: "/labels?select=id&id=eq.1", headers: { Accept: "application/json" }, expect: json(ids(1)) },
];
