import { error, ids, json, refused, text } from "../expectations.mjs";

const read = (name, path, value) => ({ name, path, expect: json(value) });
const names = (...all) => all.map((name) => ({ name }));

export default [
  read("many to one", "/albums?select=title,artists(name)&id=eq.3", [{ title: "Gravel", artists: { name: "Bo" } }]),
  read("many to one without one", "/artists?select=name,labels(name)&id=eq.4", [{ name: "Dot", labels: null }]),
  read("one to many", "/artists?select=name,albums(title)&id=eq.1", [{ name: "Ada", albums: [{ title: "Low Tide" }, { title: "High Tide" }] }]),
  read("one to many without any", "/artists?select=name,albums(title)&id=eq.4", [{ name: "Dot", albums: [] }]),
  read("many to many", "/albums?select=title,genres(name)&id=eq.1", [{ title: "Low Tide", genres: names("ambient", "folk") }]),
  read("many to many the other way", "/genres?select=name,albums(id)&order=id", [
    { name: "ambient", albums: ids(1, 2) },
    { name: "folk", albums: ids(1, 3) },
    { name: "polka", albums: [] },
  ]),
  read("one to one by the primary key", "/artists?select=name,profiles(bio)&order=id&limit=3", [
    { name: "Ada", profiles: { bio: "Grew up by the sea." } },
    { name: "Bo", profiles: { bio: null } },
    { name: "Cy", profiles: null },
  ]),
  read("one to one the other way", "/profiles?select=artists(name)&artist_id=eq.1", [{ artists: { name: "Ada" } }]),
  read("one to one by a unique column", "/artists?select=passports(number)&id=in.(1,2)&order=id", [{ passports: { number: "A-1" } }, { passports: null }]),
  read("a composite key, to one", "/concerts?select=city,tours(title)&order=id", [
    { city: "Oslo", tours: { title: "Tides Live" } },
    { city: "Turku", tours: { title: "Tides Live" } },
    { city: "Nuuk", tours: { title: "Ice" } },
    { city: "Secret", tours: null },
  ]),
  read("a composite key, to many", "/tours?select=title,concerts(city)&order=title", [
    { title: "Dust", concerts: [] },
    { title: "Ice", concerts: [{ city: "Nuuk" }] },
    { title: "Tides Live", concerts: [{ city: "Oslo" }, { city: "Turku" }] },
  ]),
  read("a partitioned table", "/tracks?select=title,plays(times)&id=eq.1", [{ title: "Ebb", plays: [{ times: 10 }, { times: 20 }] }]),
  read("from a partitioned table", "/plays?select=times,tracks(title)&track_id=eq.2", [{ times: 5, tracks: { title: "Flow" } }]),
  { name: "a partition is not offered", path: "/tracks?select=plays_2024(times)", expect: refused(400, "PGRST200") },
  read("three levels", "/labels?select=name,artists(name,albums(title,tracks(title)))&id=eq.2", [
    { name: "Saltmarsh", artists: [{ name: "Cy", albums: [{ title: "Reeds", tracks: [{ title: "Wind" }, { title: "Hush" }] }] }] },
  ]),
  read("down and up again", "/albums?select=artists(name,labels(name))&id=eq.4", [{ artists: { name: "Cy", labels: { name: "Saltmarsh" } } }]),
  read("everything of an embed", "/tracks?select=albums(*)&id=eq.1", [{ albums: { id: 1, artist_id: 1, title: "Low Tide", year: 2010, rating: 4.5 } }]),
  read("a star and an embed", "/genres?select=*,albums(id)&id=eq.3", [{ id: 3, name: "polka", albums: [] }]),
  read("an alias", "/albums?select=by:artists(name)&id=eq.1", [{ by: { name: "Ada" } }]),
  read("aliases inside", "/albums?select=by:artists(who:name)&id=eq.1", [{ by: { who: "Ada" } }]),
  read("casts inside", "/albums?select=artists(id::text)&id=eq.1", [{ artists: { id: "1" } }]),
  read("an embed of an embed, from a view", "/bookings?select=id,albums(id,artists(name))&id=eq.3", [{ id: 3, albums: { id: 4, artists: { name: "Cy" } } }]),
  { name: "embeds come after the columns", path: "/albums?select=artists(name),id&id=eq.1", expect: text('[{"id":1,"artists":{"name":"Ada"}}]') },
  read("the same table twice", "/artists?select=name,early:albums(id),late:albums(id)&early.year=lt.2012&late.year=gte.2012&id=eq.1", [
    { name: "Ada", early: ids(1), late: ids(2) },
  ]),
  read("an empty embed shows nothing", "/albums?select=id,artists()&id=eq.1", ids(1)),
  read("an empty embed, to many", "/artists?select=id,albums()&id=eq.1", ids(1)),
  read("only an empty embed inside", "/artists?select=id,albums(id,tracks())&id=eq.2", [{ id: 2, albums: ids(3) }]),
  read("a filter on an embed leaves the parents alone", "/artists?select=name,albums(id)&albums.year=eq.2020&order=id", [
    { name: "Ada", albums: [] },
    { name: "Bo", albums: [] },
    { name: "Cy", albums: ids(4) },
    { name: "Dot", albums: [] },
  ]),
  read("a filter on an embed of one", "/albums?select=id,artists(name)&artists.name=eq.Ada&order=id", [
    { id: 1, artists: { name: "Ada" } },
    { id: 2, artists: { name: "Ada" } },
    { id: 3, artists: null },
    { id: 4, artists: null },
  ]),
  read("a filter on an embed of an embed", "/artists?select=albums(id,tracks(id))&albums.tracks.seconds=gt.190&id=eq.1", [
    { albums: [{ id: 1, tracks: ids(2) }, { id: 2, tracks: ids(3) }] },
  ]),
  read("columns named like the server's own aliases", "/collisions?select=t,count,above:parent(t,count)&id=eq.2", [
    { t: 8, count: 80, above: { t: 7, count: 70 } },
  ]),
  read("a column of the table's name", "/collisions?select=collisions&id=eq.1", [{ collisions: "own name" }]),

  // Self references
  read("itself, to one by the column", "/artists?select=name,mentor:mentor_id(name)&id=eq.2", [{ name: "Bo", mentor: { name: "Ada" } }]),
  read("itself, to many by a hint", "/artists?select=name,students:artists!mentor_id(name)&id=eq.1", [{ name: "Ada", students: names("Bo", "Cy") }]),
  read("itself, both ways", "/artists?select=name,mentor_id(name),students:artists!mentor_id(name)&id=eq.2", [
    { name: "Bo", mentor_id: { name: "Ada" }, students: [] },
  ]),
  read("itself, several levels", "/artists?select=name,mentor_id(name,mentor_id(name))&id=eq.3", [
    { name: "Cy", mentor_id: { name: "Ada", mentor_id: null } },
  ]),

  // Views
  read("from a view", "/bookings?select=id,albums(title)&id=eq.1", [{ id: 1, albums: { title: "Low Tide" } }]),
  read("to a view", "/albums?select=title,bookings(id)&id=in.(1,2)&order=id", [
    { title: "Low Tide", bookings: ids(1) },
    { title: "High Tide", bookings: [] },
  ]),
  read("between views, with renamed columns", "/bookings?select=id,studios(title)&order=id", [
    { id: 1, studios: { title: "Attic" } },
    { id: 2, studios: { title: "Attic" } },
    { id: 3, studios: { title: "Cellar" } },
  ]),
  read("between views, to many", "/studios?select=title,bookings(id)&studio=eq.1", [{ title: "Attic", bookings: ids(1, 2) }]),
  read("a junction that only a view shows", "/studios?select=title,genres(name)&order=studio", [
    { title: "Attic", genres: names("ambient", "folk") },
    { title: "Cellar", genres: names("polka") },
  ]),
  read("a view with a common table expression", "/recent_albums?select=title,artists(name)&id=eq.4", [{ title: "Reeds", artists: { name: "Cy" } }]),
  read("a view over a view", "/recent_titles?select=name,artists(name)&id=eq.4", [{ name: "Reeds", artists: { name: "Cy" } }]),
  read("to a view over a view", "/artists?select=name,recent_titles(name)&id=eq.1", [{ name: "Ada", recent_titles: names("High Tide") }]),
  read("a view over a view, to what refers to its key", "/recent_titles?select=name,tracks(title)&id=eq.2", [{ name: "High Tide", tracks: [{ title: "Crest" }] }]),
  read("a view with a subselect and a CASE", "/decorated_albums?select=title,track_count,age,artists(name)&id=eq.1", [
    { title: "Low Tide", track_count: 2, age: "old", artists: { name: "Ada" } },
  ]),
  read("a view with GROUP BY", "/grouped_tracks?select=n,albums(title)&album_id=eq.1", [{ n: 2, albums: { title: "Low Tide" } }]),
  read("a materialized view", "/album_totals?select=n,albums(title)&album_id=eq.4", [{ n: 2, albums: { title: "Reeds" } }]),
  read("to a materialized view", "/albums?select=title,album_totals(n)&id=eq.4", [{ title: "Reeds", album_totals: [{ n: 2 }] }]),
  read("a column shown twice, by a hint", "/twice_albums?select=id,artists!maker_id(name)&id=eq.4", [{ id: 4, artists: { name: "Cy" } }]),
  read("a composite key through a view", "/whole_concerts?select=city,tours(title)&id=eq.3", [{ city: "Nuuk", tours: { title: "Ice" } }]),
  { name: "half of a composite key is none", path: "/half_concerts?select=city,tours(title)", expect: refused(400, "PGRST200") },
  read("a view between many and many", "/recent_albums?select=title,genres(name)&id=eq.2", [{ title: "High Tide", genres: names("ambient") }]),

  // What is not there
  {
    name: "no relation",
    path: "/artists?select=lonely(id)",
    expect: error(
      400,
      "PGRST200",
      "Could not find a relationship between 'artists' and 'lonely' in the schema cache",
      "Searched for a foreign key relationship between 'artists' and 'lonely' in the schema 'api', but no matches were found.",
      "Perhaps you meant 'labels' instead of 'lonely'.",
    ),
  },
  {
    name: "no such target, but a similar one",
    path: "/albums?select=artist(name)",
    expect: error(
      400,
      "PGRST200",
      "Could not find a relationship between 'albums' and 'artist' in the schema cache",
      "Searched for a foreign key relationship between 'albums' and 'artist' in the schema 'api', but no matches were found.",
      "Perhaps you meant 'artists' instead of 'artist'.",
    ),
  },
  {
    name: "a hint that fits nothing",
    path: "/albums?select=artists!nope(name)",
    expect: {
      status: 400,
      has: [
        [["code"], "PGRST200"],
        [["details"], "Searched for a foreign key relationship between 'albums' and 'artists' using the hint 'nope' in the schema 'api', but no matches were found."],
      ],
    },
  },
  {
    name: "a root that is not there comes first",
    path: "/album?select=artist(name)",
    expect: { status: 404, has: [[["code"], "PGRST205"]] },
  },
  {
    name: "a filter on what is not embedded",
    path: "/albums?select=id&artists.name=eq.Ada",
    expect: error(
      400,
      "PGRST108",
      "'artists' is not an embedded resource in this request",
      null,
      "Verify that 'artists' is included in the 'select' query parameter.",
    ),
  },
  { name: "an order on what is not embedded", path: "/albums?select=id&artists.order=name", expect: refused(400, "PGRST108") },
  { name: "a limit on what is not embedded", path: "/albums?select=id&artists.limit=1", expect: refused(400, "PGRST108") },
  { name: "a tree on what is not embedded", path: "/albums?select=id&artists.or=(id.eq.1)", expect: refused(400, "PGRST108") },

  // Old names beside aliases
  {
    name: "the target's name works beside its alias, with a warning",
    path: "/artists?select=id,works:albums(id)&albums.id=eq.1&id=eq.1",
    expect: json([{ id: 1, works: ids(1) }], { Warning: /^299 / }),
  },
  {
    name: "no warning without need",
    path: "/artists?select=id,works:albums(id)&works.id=eq.1&id=eq.1",
    expect: json([{ id: 1, works: ids(1) }], { Warning: null }),
  },
  {
    name: "the target's name does not work if that is switched off",
    config: "no-legacy-names",
    path: "/artists?select=id,works:albums(id)&albums.id=eq.1&id=eq.1",
    expect: refused(400, "PGRST108"),
  },
  {
    name: "the alias does",
    config: "no-legacy-names",
    path: "/artists?select=id,works:albums(id)&works.id=eq.1&id=eq.1",
    expect: json([{ id: 1, works: ids(1) }]),
  },
];
