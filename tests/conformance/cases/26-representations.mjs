import { databaseError, ids, json } from "../expectations.mjs";

const full = { Prefer: "return=representation" };
const read = (name, path, value) => ({ name, path, expect: json(value) });
const red = { id: 2, color: "#ff0000" };

export default [
  read("a value as its cast to json says", "/covers?select=id,color&id=eq.1", [{ id: 1, color: "#0000ff" }]),
  read("everything", "/covers?id=eq.1", [{ id: 1, album_id: 1, color: "#0000ff", title: "blue" }]),
  read("a null", "/covers?select=color&id=eq.3", [{ color: null }]),
  read("an alias", "/covers?select=paint:color&id=eq.1", [{ paint: "#0000ff" }]),
  read("through a view", "/cover_colors?id=eq.2", [red]),
  read("inside an embed", "/albums?select=covers(id,color)&id=eq.1", [{ covers: [{ id: 1, color: "#0000ff" }, red] }]),
  read("inside a spread", "/albums?select=id,...covers(color)&id=eq.1", [{ id: 1, color: ["#0000ff", "#ff0000"] }]),
  read("a filter's value as its cast from text says", "/covers?select=id&color=eq.%230000ff", ids(1)),
  read("without the sign that the cast takes away", "/covers?select=id&color=eq.ff0000", ids(2)),
  read("neq", "/covers?select=id&color=neq.ff0000", ids(1)),
  read("gt", "/covers?select=id&color=gt.0000ff", ids(2)),
  read("in", "/covers?select=id&color=in.(0000ff,ff0000)", ids(1, 2)),
  read("is.null", "/covers?select=id&color=is.null", ids(3)),
  read("not", "/covers?select=id&color=not.eq.ff0000", ids(1)),
  read("inside or", "/covers?select=id&or=(color.eq.ff0000,id.eq.3)", ids(2, 3)),
  read("on an embed", "/albums?select=covers(id)&covers.color=eq.ff0000&id=eq.1", [{ covers: ids(2) }]),
  read("through a view, filtered", "/cover_colors?select=id&color=eq.ff0000", ids(2)),
  read("order is the database's", "/covers?select=id&order=color.desc.nullslast", ids(2, 1, 3)),
  { name: "a cast applies to what is shown", path: "/covers?select=color::text&id=eq.1", expect: { status: 200, has: [[[0, "color"], /#0000ff/]] } },
  { name: "a value that its cast refuses", path: "/covers?color=eq.nope", expect: databaseError(400, "22P02", /invalid hexadecimal digit|"n" is not a valid hexadecimal digit/) },
  { name: "an insertion", method: "POST", path: "/covers?select=id,color", headers: full, body: { id: 9, color: "#00ff00" }, expect: { status: 201, json: [{ id: 9, color: "#00ff00" }] } },
  { name: "an insertion of several", method: "POST", path: "/covers?select=id,color", headers: full, body: [{ id: 9, color: "00ff00" }, { id: 10, color: "#000001" }], expect: { status: 201, json: [{ id: 9, color: "#00ff00" }, { id: 10, color: "#000001" }] } },
  { name: "an insertion with columns", method: "POST", path: "/covers?select=id,color&columns=id,color", headers: full, body: { id: 9, color: "#00ff00", title: "no" }, expect: { status: 201, json: [{ id: 9, color: "#00ff00" }] } },
  { name: "an insertion through a view", method: "POST", path: "/cover_colors", headers: full, body: { id: 9, color: "#00ff00" }, expect: { status: 201, json: [{ id: 9, color: "#00ff00" }] } },
  { name: "an insertion of null", method: "POST", path: "/covers?select=color", headers: full, body: { id: 9, color: null }, expect: { status: 201, json: [{ color: null }] } },
  { name: "an update", method: "PATCH", path: "/covers?id=eq.1&select=id,color", headers: full, body: { color: "#123456" }, expect: json([{ id: 1, color: "#123456" }]) },
  { name: "an update by a filter of it", method: "PATCH", path: "/covers?color=eq.ff0000&select=id,title", headers: full, body: { title: "crimson" }, expect: json([{ id: 2, title: "crimson" }]) },
  { name: "an update of other columns", method: "PATCH", path: "/covers?id=eq.1", headers: full, body: { title: "sea" }, expect: json([{ id: 1, album_id: 1, color: "#0000ff", title: "sea" }]) },
  { name: "a deletion", method: "DELETE", path: "/covers?color=eq.0000ff&select=id,color", headers: full, expect: json([{ id: 1, color: "#0000ff" }]) },
];
