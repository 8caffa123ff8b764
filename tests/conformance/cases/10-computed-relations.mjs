import { ids, json } from "../expectations.mjs";

const read = (name, path, value) => ({ name, path, expect: json(value) });

export default [
  read("SETOF with ROWS 1 is one", "/artists?select=name,latest_album(title)&id=eq.1", [{ name: "Ada", latest_album: { title: "High Tide" } }]),
  read("ROWS 1 without a row", "/artists?select=name,latest_album(title)&id=eq.4", [{ name: "Dot", latest_album: null }]),
  read("SETOF is many", "/albums?select=id,long_tracks(title)&id=in.(1,3)&order=id", [
    { id: 1, long_tracks: [{ title: "Flow" }] },
    { id: 3, long_tracks: [] },
  ]),
  read("a row is one", "/artists?select=name,home_label(name)&id=eq.1", [{ name: "Ada", home_label: { name: "Northwind" } }]),
  read("an alias", "/artists?select=newest:latest_album(id)&id=eq.1", [{ newest: { id: 2 } }]),
  read("a filter", "/albums?select=id,long_tracks(id)&long_tracks.seconds=gt.210&id=eq.1", [{ id: 1, long_tracks: ids(2) }]),
  read("inner", "/albums?select=id,long_tracks!inner(id)&order=id", [
    { id: 1, long_tracks: ids(2) },
    { id: 2, long_tracks: ids(3) },
    { id: 4, long_tracks: ids(5) },
  ]),
  read("is.null", "/albums?select=id,long_tracks()&long_tracks=is.null", ids(3)),
  read("an embed inside", "/artists?select=latest_album(title,tracks(title))&id=eq.1", [{ latest_album: { title: "High Tide", tracks: [{ title: "Crest" }] } }]),
  read("spread", "/artists?select=name,...latest_album(newest:title)&id=eq.1", [{ name: "Ada", newest: "High Tide" }]),
  read("spread of many", "/albums?select=id,...long_tracks(seconds)&id=eq.1", [{ id: 1, seconds: [240] }]),
  read("within one table, to many", "/artists?select=name,students(name)&id=eq.1", [{ name: "Ada", students: [{ name: "Bo" }, { name: "Cy" }] }]),
  read("within one table, to one", "/artists?select=name,teacher(name)&id=eq.2", [{ name: "Bo", teacher: { name: "Ada" } }]),
  read("within one table, there and back", "/artists?select=name,students(name,teacher(name))&id=eq.1", [
    { name: "Ada", students: [{ name: "Bo", teacher: { name: "Ada" } }, { name: "Cy", teacher: { name: "Ada" } }] },
  ]),
  read("takes the place of an inferred one", "/remixes?select=id,tracks(title)&order=id", [
    { id: 1, tracks: { title: "Hush" } },
    { id: 2, tracks: { title: "Hush" } },
  ]),
  read("on a function's rows", "/rpc/all_albums?select=id,long_tracks(id)&id=eq.1", [{ id: 1, long_tracks: ids(2) }]),
  {
    name: "in an insertion's answer",
    method: "POST",
    path: "/artists?select=name,home_label(name)",
    headers: { Prefer: "return=representation" },
    body: { id: 50, label_id: 2, name: "Eve" },
    expect: { status: 201, json: [{ name: "Eve", home_label: { name: "Saltmarsh" } }] },
  },
  {
    name: "in an update's answer",
    method: "PATCH",
    path: "/artists?id=eq.1&select=name,home_label(name)",
    headers: { Prefer: "return=representation" },
    body: { label_id: 2 },
    expect: json([{ name: "Ada", home_label: { name: "Saltmarsh" } }]),
  },
  read("related order through one", "/artists?select=id,home_label()&order=home_label(name).desc.nullslast,id", ids(3, 1, 2, 4)),
];
