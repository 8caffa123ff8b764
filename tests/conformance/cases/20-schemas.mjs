import { empty, error, json } from "../expectations.mjs";

const config = "schemas";
const read = (name, path, profile, expect, more = {}) => ({ name, config, path, headers: profile ? { "Accept-Profile": profile } : {}, expect, ...more });
const write = (name, method, path, profile, body, expect, prefer = "return=representation") => ({
  name,
  config,
  method,
  path,
  headers: { Prefer: prefer, ...(profile && { "Content-Profile": profile }) },
  body,
  expect,
});
const unknown = error(406, "PGRST106", "Invalid schema: private", null, "Only the following schemas are exposed: api, api2, تست");

export default [
  read("the first is the default", "/labels?select=name&id=eq.1", undefined, json([{ name: "Northwind" }], { "Content-Profile": "api" })),
  read("the first by name", "/labels?select=name&id=eq.1", "api", json([{ name: "Northwind" }], { "Content-Profile": "api" })),
  read("another", "/labels", "api2", json([{ id: 1, motto: "other" }], { "Content-Profile": "api2" })),
  read("embeds in it", "/children?select=name,parents(name)&id=eq.1", "api2", json([{ name: "c1", parents: { name: "p1" } }])),
  read("what is only in the first", "/genres", "api2", error(404, "PGRST205", "Could not find the table 'api2.genres' in the schema cache")),
  read("one that is not exposed", "/labels", "private", unknown),
  read("HEAD", "/labels", "api2", { status: 200, none: true, headers: { "Content-Profile": "api2" } }, { method: "HEAD" }),
  read("a function by GET", "/rpc/where_am_i", "api2", json("api2", { "Content-Profile": "api2" })),
  write("a function by POST", "POST", "/rpc/where_am_i", "api2", {}, json("api2", { "Content-Profile": "api2" })),
  write("a function that is only there", "POST", "/rpc/where_am_i", undefined, {}, { status: 404, has: [[["code"], "PGRST202"]] }),
  write("an insertion", "POST", "/labels", "api2", { id: 5, motto: "m" }, { status: 201, json: [{ id: 5, motto: "m" }], headers: { "Content-Profile": "api2" } }),
  write("an update", "PATCH", "/labels?id=eq.1", "api2", { motto: "m" }, json([{ id: 1, motto: "m" }], { "Content-Profile": "api2" })),
  write("a deletion", "DELETE", "/labels?id=eq.1", "api2", undefined, json([{ id: 1, motto: "other" }], { "Content-Profile": "api2" })),
  write("PUT", "PUT", "/labels?id=eq.1", "api2", { id: 1, motto: "m" }, json([{ id: 1, motto: "m" }], { "Content-Profile": "api2" })),
  write("a write to one that is not exposed", "POST", "/labels", "private", { id: 5 }, unknown),
  { name: "Accept-Profile says nothing about writes", config, method: "POST", path: "/labels?select=id", headers: { "Accept-Profile": "api2", Prefer: "return=representation" }, body: { id: 50, name: "five" }, expect: { status: 201, json: [{ id: 50 }] } },
  { name: "Content-Profile says nothing about reads", config, path: "/labels?select=name&id=eq.1", headers: { "Content-Profile": "api2" }, expect: json([{ name: "Northwind" }]) },
  { name: "a schema in Arabic script", config, path: "/موارد", headers: { "Accept-Profile": Buffer.from("تست").toString("latin1") }, expect: json([{ شناسه: 1, نام: "یک" }]) },
  { name: "columns in Arabic script", config, path: "/موارد?select=نام&شناسه=eq.1", headers: { "Accept-Profile": Buffer.from("تست").toString("latin1") }, expect: json([{ نام: "یک" }]) },
  { name: "an insertion in Arabic script", config, method: "POST", path: "/موارد", headers: { "Content-Profile": Buffer.from("تست").toString("latin1"), Prefer: "return=headers-only" }, body: { شناسه: 2, نام: "دو" }, expect: empty(201) },
  { name: "with one schema no Content-Profile", path: "/labels?select=id&id=eq.1", expect: json([{ id: 1 }], { "Content-Profile": null }) },
  { name: "with one schema a profile that is not exposed", path: "/labels", headers: { "Accept-Profile": "private" }, expect: { status: 406, has: [[["code"], "PGRST106"], [["hint"], "Only the following schemas are exposed: api"]] } },

  // The extra search path
  { name: "functions in the extra search path are found from inside", path: "/rpc/uses_extension?word=it", expect: json("found it") },
  { name: "without it they are not", config: "no-search-path", path: "/rpc/uses_extension?word=it", expect: { status: 404, has: [[["code"], "42883"]] } },
  { name: "its tables are not exposed", path: "/not_exposed", expect: { status: 404, has: [[["code"], "PGRST205"]] } },
  { name: "its functions are not exposed", path: "/rpc/only_found", expect: { status: 404, has: [[["code"], "PGRST202"]] } },
];
