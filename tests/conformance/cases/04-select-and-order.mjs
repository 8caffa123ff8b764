import { databaseError, error, ids, json, refused, text } from "../expectations.mjs";

const ada = { id: 1, label_id: 1, mentor_id: null, name: "Ada" };
const read = (name, path, value) => ({ name, path, expect: json(value) });

export default [
  read("everything", "/artists?id=eq.1", [ada]),
  read("an empty select is everything", "/artists?select=&id=eq.1", [ada]),
  read("a star", "/artists?select=*&id=eq.1", [ada]),
  { name: "columns in the order asked for", path: "/artists?select=name,id&id=eq.1", expect: text('[{"name":"Ada","id":1}]') },
  { name: "rows are separated as the database does it", path: "/genres?select=id&id=lt.3", expect: text('[{"id":1}, \n {"id":2}]') },
  read("spaces after commas", "/artists?select=id, name&id=eq.1", [{ id: 1, name: "Ada" }]),
  read("renaming", "/artists?select=number:id&id=eq.1", [{ number: 1 }]),
  read("renaming in Arabic", "/artists?select=رقم:id&id=eq.1", [{ رقم: 1 }]),
  read("a star and an alias", "/genres?select=*,label:name&id=eq.1", [{ id: 1, name: "ambient", label: "ambient" }]),
  read("a cast", "/albums?select=year::text&id=eq.1", [{ year: "2010" }]),
  read("alias and cast", "/albums?select=y:year::text&id=eq.1", [{ y: "2010" }]),
  read("a cast to an array type by its inner name", "/samples?select=numbers::_text&id=eq.1", [{ numbers: ["1", "2", "3"] }]),
  read("a cast to a type with a digit", "/albums?select=id::int8&id=eq.1", [{ id: 1 }]),
  {
    name: "a cast to no type",
    path: "/albums?select=id::nope",
    expect: databaseError(400, "42704", 'type "nope" does not exist'),
  },
  {
    name: "a column that is not there",
    path: "/albums?select=nope",
    expect: databaseError(400, "42703", "column albums.nope does not exist"),
  },
  { name: "a comma too many", path: "/albums?select=id,,title", expect: refused(400, "PGRST100") },
  { name: "a parenthesis that stays open", path: "/albums?select=id,artists(name", expect: refused(400, "PGRST100") },
  { name: "text after a complete select is not looked at", path: "/albums?select=id)&id=eq.1", expect: json(ids(1)) },
  read("columns called t and count", "/collisions?select=t,count&id=eq.1", [{ t: 7, count: 70 }]),
  read("types as JSON has them", "/samples?select=flag,amount,at,tags,numbers,span,mood,bits,fixed&id=eq.1", [
    {
      flag: true,
      amount: 1.5,
      at: "2024-01-01T00:00:00+00:00",
      tags: ["a", "b"],
      numbers: [1, 2, 3],
      span: "[1,5)",
      mood: "calm",
      bits: "10101",
      fixed: "abcd",
    },
  ]),
  read("a view", "/studios?select=studio,title&studio=eq.1", [{ studio: 1, title: "Attic" }]),
  read("a materialized view", "/album_totals?album_id=eq.1", [{ album_id: 1, n: 2 }]),
  read("a partitioned table", "/plays?select=track_id,times&day=lt.2024-01-01", [{ track_id: 1, times: 10 }]),
  {
    name: "a partition is not offered",
    path: "/plays_2024",
    expect: { status: 404, has: [[["code"], "PGRST205"], [["message"], "Could not find the table 'api.plays_2024' in the schema cache"]] },
  },
  {
    name: "a table of another schema is not offered",
    path: "/not_exposed",
    expect: error(404, "PGRST205", "Could not find the table 'api.not_exposed' in the schema cache"),
  },
  {
    name: "a read has its headers",
    path: "/genres?select=id",
    expect: json(ids(1, 2, 3), { "Content-Range": "0-2/*", "Content-Location": "/genres?select=id", "Content-Length": "34" }),
  },

  read("order", "/albums?select=id&order=title", ids(3, 2, 1, 4)),
  read("order descending", "/albums?select=id&order=title.desc", ids(4, 1, 2, 3)),
  read("order by two", "/albums?select=id&order=year.desc,title.asc", ids(4, 3, 2, 1)),
  read("nulls come last ascending", "/albums?select=id&order=rating", ids(3, 1, 4, 2)),
  read("nulls come first descending", "/albums?select=id&order=rating.desc", ids(2, 4, 1, 3)),
  read("nulls first", "/albums?select=id&order=rating.asc.nullsfirst", ids(2, 3, 1, 4)),
  read("nulls last", "/albums?select=id&order=rating.desc.nullslast", ids(4, 1, 3, 2)),
  read("nulls without a direction", "/albums?select=id&order=rating.nullsfirst", ids(2, 3, 1, 4)),
  read("order by a computed column", "/albums?select=id&order=decade.desc,id", ids(4, 1, 2, 3)),
  read("order by a column that is not selected", "/artists?select=name&order=id.desc", [{ name: "Dot" }, { name: "Cy" }, { name: "Bo" }, { name: "Ada" }]),
  read("order of an embed", "/artists?select=id,albums(id)&albums.order=id.desc&id=eq.1", [{ id: 1, albums: ids(2, 1) }]),
  read("order of an embed by its alias", "/artists?select=id,works:albums(id)&works.order=id.desc&id=eq.1", [{ id: 1, works: ids(2, 1) }]),
  read("order of an embed of an embed", "/artists?select=albums(tracks(id))&albums.tracks.order=id.desc&id=eq.1", [
    { albums: [{ tracks: ids(2, 1) }, { tracks: ids(3) }] },
  ]),
  read("order by a related column", "/albums?select=id,artists(name)&order=artists(name).desc,id", [
    { id: 4, artists: { name: "Cy" } },
    { id: 3, artists: { name: "Bo" } },
    { id: 1, artists: { name: "Ada" } },
    { id: 2, artists: { name: "Ada" } },
  ]),
  read("order by a related column through an alias", "/albums?select=id,who:artists()&order=who(name).desc,id", ids(4, 3, 1, 2)),
  read("related order with nulls", "/artists?select=id,labels()&order=labels(name).desc.nullsfirst,id", ids(4, 3, 1, 2)),
  read("related order inside an embed", "/genres?select=id,album_genres(album_id,albums())&album_genres.order=albums(title).desc&id=eq.1", [
    { id: 1, album_genres: [{ album_id: 1 }, { album_id: 2 }] },
  ]),
  read("related order by a JSON path", "/bookings?select=id,studios()&order=studios(title).desc,id", ids(3, 1, 2)),
  {
    name: "related order needs a relation to one",
    path: "/artists?select=id,albums(id)&order=albums(title)",
    expect: error(
      400,
      "PGRST118",
      "A related order on 'albums' is not possible",
      "'artists' and 'albums' do not form a many-to-one or one-to-one relationship",
    ),
  },
  {
    name: "related order needs the embed",
    path: "/albums?select=id&order=artists(name)",
    expect: error(
      400,
      "PGRST108",
      "'artists' is not an embedded resource in this request",
      null,
      "Verify that 'artists' is included in the 'select' query parameter.",
    ),
  },
  {
    name: "a direction that does not exist",
    path: "/albums?order=id.ac",
    expect: error(400, "PGRST100", '"failed to parse order (id.ac)" (line 1, column 4)', 'unexpected "c" expecting "asc", "desc", "nullsfirst" or "nullslast"'),
  },
  {
    name: "text after an order is looked at",
    path: "/albums?order=id.asc.nullslasttt",
    expect: { status: 400, has: [[["code"], "PGRST100"], [["message"], '"failed to parse order (id.asc.nullslasttt)" (line 1, column 17)']] },
  },
];
