import { error, ids, json } from "../expectations.mjs";

const read = (name, path, value, headers) => ({ name, path, expect: json(value, headers) });
const counted = (name, path, value, contentRange, status = 200) => ({
  name,
  path,
  headers: { Prefer: "count=exact" },
  expect: { ...json(value, { "Content-Range": contentRange }), status },
});

export default [
  // !inner
  read("inner, to many", "/artists?select=id,albums!inner(id)&order=id", [
    { id: 1, albums: ids(1, 2) },
    { id: 2, albums: ids(3) },
    { id: 3, albums: ids(4) },
  ]),
  read("inner, to many, filtered", "/artists?select=id,albums!inner(id)&albums.year=eq.2012&order=id", [
    { id: 1, albums: ids(2) },
    { id: 2, albums: ids(3) },
  ]),
  read("inner, to one", "/artists?select=id,labels!inner(name)&order=id", [
    { id: 1, labels: { name: "Northwind" } },
    { id: 2, labels: { name: "Northwind" } },
    { id: 3, labels: { name: "Saltmarsh" } },
  ]),
  read("inner, to one, filtered", "/albums?select=id,artists!inner(name)&artists.name=eq.Cy", [{ id: 4, artists: { name: "Cy" } }]),
  read("inner, many to many", "/genres?select=name,albums!inner(id)&albums.id=eq.3", [{ name: "folk", albums: ids(3) }]),
  read("inner, one to one", "/artists?select=name,passports!inner(number)&passports.number=eq.C-3", [{ name: "Cy", passports: { number: "C-3" } }]),
  read("inner, a composite key", "/tours?select=title,concerts!inner(city)&concerts.city=eq.Nuuk", [{ title: "Ice", concerts: [{ city: "Nuuk" }] }]),
  read("inner, a view", "/studios?select=title,bookings!inner(id)&bookings.id=eq.3", [{ title: "Cellar", bookings: ids(3) }]),
  read("inner, with nothing shown", "/artists?select=id,albums!inner()&albums.year=eq.2012&order=id", ids(1, 2)),
  read("two inner joins beside each other", "/artists?select=id,albums!inner(id),passports!inner(id)&order=id", [
    { id: 1, albums: ids(1, 2), passports: { id: 10 } },
    { id: 3, albums: ids(4), passports: { id: 30 } },
  ]),
  read("inner in inner", "/labels?select=id,artists!inner(id,albums!inner(id))&artists.albums.year=eq.2020", [
    { id: 2, artists: [{ id: 3, albums: ids(4) }] },
  ]),
  read("inner below left does not reach the root", "/labels?select=id,artists(id,albums!inner(id))&artists.albums.year=eq.2020&order=id", [
    { id: 1, artists: [] },
    { id: 2, artists: [{ id: 3, albums: ids(4) }] },
    { id: 3, artists: [] },
  ]),
  read("left below inner does not restrict", "/labels?select=id,artists!inner(id,albums(id))&artists.albums.year=eq.2020&order=id", [
    { id: 1, artists: [{ id: 1, albums: [] }, { id: 2, albums: [] }] },
    { id: 2, artists: [{ id: 3, albums: ids(4) }] },
  ]),
  read("left, said aloud", "/artists?select=id,labels!left(name)&id=eq.4", [{ id: 4, labels: null }]),
  read("inner with an alias", "/artists?select=id,works:albums!inner(id)&works.id=eq.4", [{ id: 3, works: ids(4) }]),
  read("inner with a tree", "/artists?select=id,albums!inner(id)&albums.or=(id.eq.1,id.eq.4)&order=id", [
    { id: 1, albums: ids(1) },
    { id: 3, albums: ids(4) },
  ]),
  counted("inner and the exact count", "/artists?select=id,albums!inner(id)&albums.year=eq.2012&limit=1&order=id", [{ id: 1, albums: ids(2) }], "0-0/2", 206),
  counted("inner in inner and the exact count", "/labels?select=id,artists!inner(id,albums!inner(id))&artists.albums.year=eq.2020", [{ id: 2, artists: [{ id: 3, albums: ids(4) }] }], "0-0/1"),
  read("inner on a function's rows", "/rpc/all_albums?select=id,artists!inner(name)&artists.name=eq.Bo", [{ id: 3, artists: { name: "Bo" } }]),
  read("inner, itself", "/artists?select=id,mentor_id!inner(name)&order=id", [
    { id: 2, mentor_id: { name: "Ada" } },
    { id: 3, mentor_id: { name: "Ada" } },
  ]),

  // embed=is.null
  read("without any", "/artists?select=id,albums()&albums=is.null", ids(4)),
  read("with some", "/artists?select=id,albums()&albums=not.is.null&order=id", ids(1, 2, 3)),
  read("without one", "/artists?select=id,labels(name)&labels=is.null", [{ id: 4, labels: null }]),
  read("with one", "/artists?select=id,labels(name)&labels=not.is.null&id=gte.3", [{ id: 3, labels: { name: "Saltmarsh" } }]),
  read("a row whose columns are null is a row", "/artists?select=id,profiles(bio)&profiles=not.is.null&order=id", [
    { id: 1, profiles: { bio: "Grew up by the sea." } },
    { id: 2, profiles: { bio: null } },
  ]),
  read("many to many", "/genres?select=name,albums()&albums=is.null", [{ name: "polka" }]),
  read("with a filter on the embed", "/artists?select=id,albums()&albums.year=eq.2012&albums=is.null&order=id", ids(3, 4)),
  read("by alias", "/artists?select=id,works:albums()&works=is.null", ids(4)),
  read("inside or", "/artists?select=id,albums(),labels()&or=(albums.is.null,labels.not.is.null)&order=id", ids(1, 2, 3, 4)),
  read("inside and, across embeds", "/artists?select=id,albums(),passports()&and=(albums.not.is.null,passports.is.null)", ids(2)),
  read("with not before it", "/artists?select=id,albums(),passports()&not.or=(albums.is.null,passports.is.null)&order=id", ids(1, 3)),
  read("or over filters of two embeds", "/artists?select=id,albums(),passports()&albums.year=eq.2020&passports.number=eq.A-1&or=(albums.not.is.null,passports.not.is.null)&order=id", ids(1, 3)),
  read("below the root", "/labels?select=id,artists(id,albums())&artists.albums=is.null&order=id", [
    { id: 1, artists: [] },
    { id: 2, artists: [] },
    { id: 3, artists: [] },
  ]),
  read("nested", "/labels?select=id,artists()&artists=is.null", ids(3)),
  read("is.null beside a limit of the embed", "/artists?select=id,albums(id)&albums=not.is.null&albums.limit=1&order=id&limit=1", [{ id: 1, albums: ids(1) }]),
  counted("with the exact count", "/artists?select=id,albums()&albums=not.is.null&order=id&limit=1", ids(1), "0-0/3", 206),
  read("a column of an embed's name stays a column", "/collisions?select=id,collisions&collisions=is.null", [{ id: 2, collisions: null }]),
  {
    name: "other operators are refused",
    path: "/artists?select=id,albums()&albums=eq.1",
    expect: error(400, "PGRST120", "Bad operator on the 'albums' embedded resource", "Only is null or not is null filters are allowed on embedded resources"),
  },
];
