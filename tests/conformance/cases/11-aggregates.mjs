import { error, json } from "../expectations.mjs";

const config = "aggregates";
const read = (name, path, value) => ({ name, config, path, expect: json(value) });
const unordered = (name, path, rows) => ({ name, config, path, expect: { status: 200, anyOrder: rows } });
const off = (name, path) => ({ name, path, expect: error(400, "PGRST123", "Use of aggregate functions is not allowed") });

export default [
  off("off unless switched on: count()", "/albums?select=count()"),
  off("off: a column's sum", "/albums?select=year.sum()"),
  off("off: inside an embed", "/artists?select=name,albums(count())"),
  off("off: inside a spread", "/albums?select=title,...artists(id.max())"),
  off("off: the bare word", "/albums?select=count"),
  read("count()", "/albums?select=count()", [{ count: 4 }]),
  read("the bare word count", "/albums?select=count", [{ count: 4 }]),
  read("count with an alias", "/albums?select=n:count()", [{ n: 4 }]),
  read("count of a column leaves out nulls", "/albums?select=rating.count()", [{ count: 3 }]),
  read("a column called count stays one", "/collisions?select=count&id=eq.1", [{ count: 70 }]),
  read("count() beside such a column", "/collisions?select=n:count()", [{ n: 2 }]),
  read("sum", "/tracks?select=seconds.sum()", [{ sum: 1070 }]),
  read("avg", "/tracks?select=seconds.avg()&album_id=eq.1", [{ avg: 210 }]),
  read("max", "/tracks?select=seconds.max()", [{ max: 300 }]),
  read("min", "/tracks?select=seconds.min()", [{ min: 150 }]),
  read("several", "/tracks?select=shortest:seconds.min(),longest:seconds.max(),n:count()", [{ shortest: 150, longest: 300, n: 6 }]),
  read("of no rows", "/nothing?select=id.sum(),count()", [{ sum: null, count: 0 }]),
  read("with a filter", "/tracks?select=seconds.sum()&album_id=eq.1", [{ sum: 420 }]),
  read("grouped", "/albums?select=year,count()&order=year", [
    { year: 2010, count: 1 },
    { year: 2012, count: 2 },
    { year: 2020, count: 1 },
  ]),
  read("grouped by two", "/albums?select=year,artist_id,count()&year=eq.2012&order=artist_id", [
    { year: 2012, artist_id: 1, count: 1 },
    { year: 2012, artist_id: 2, count: 1 },
  ]),
  read("grouped under an alias", "/albums?select=when:year,n:count()&year=eq.2012", [{ when: 2012, n: 2 }]),
  read("grouped by a computed column", "/albums?select=decade,count()&order=decade", [
    { decade: 2010, count: 3 },
    { decade: 2020, count: 1 },
  ]),
  read("a cast before", "/documents?select=data->>n::int.sum()", [{ sum: 3 }]),
  read("a cast after", "/tracks?select=seconds.sum()::text", [{ sum: "1070" }]),
  read("casts before and after", "/documents?select=total:data->>n::int.sum()::text", [{ total: "3" }]),
  read("a JSON path with an alias", "/documents?select=most:datab->a->>b.max()", [{ most: "shallow" }]),
  read("grouped by a JSON path", "/documents?select=data->>n,count()&id=lte.1", [{ n: "1", count: 1 }]),
  unordered("grouped by an embed", "/albums?select=count(),artists(name)", [
    { count: 2, artists: { name: "Ada" } },
    { count: 1, artists: { name: "Bo" } },
    { count: 1, artists: { name: "Cy" } },
  ]),
  unordered("grouped by a spread", "/albums?select=n:count(),...artists(name)", [
    { n: 2, name: "Ada" },
    { n: 1, name: "Bo" },
    { n: 1, name: "Cy" },
  ]),
  read("inside an embed, per parent", "/artists?select=name,albums(count())&order=id", [
    { name: "Ada", albums: [{ count: 2 }] },
    { name: "Bo", albums: [{ count: 1 }] },
    { name: "Cy", albums: [{ count: 1 }] },
    { name: "Dot", albums: [{ count: 0 }] },
  ]),
  read("inside an embed, grouped", "/artists?select=name,albums(year,count())&albums.order=year&id=eq.1", [
    { name: "Ada", albums: [{ year: 2010, count: 1 }, { year: 2012, count: 1 }] },
  ]),
  read("inside an embed of an embed", "/artists?select=albums(id,tracks(seconds.sum()))&id=eq.1", [
    { albums: [{ id: 1, tracks: [{ sum: 420 }] }, { id: 2, tracks: [{ sum: 200 }] }] },
  ]),
  read("inside a spread of one: grouped by the parent", "/albums?select=year,...artists(id.max())&order=year", [
    { year: 2010, max: 1 },
    { year: 2012, max: 2 },
    { year: 2020, max: 3 },
  ]),
  read("inside a spread of one, with an alias", "/albums?select=year,...artists(top:id.max())&year=eq.2012", [{ year: 2012, top: 2 }]),
  {
    name: "inside a spread of many",
    config,
    path: "/artists?select=name,...albums(count())",
    expect: error(400, "PGRST127", "Feature not implemented", "Aggregates are not implemented for one-to-many or many-to-many spreads."),
  },
  read("on a function's rows", "/rpc/all_albums?select=year,count()&order=year&limit=1", [{ year: 2010, count: 1 }]),
];
