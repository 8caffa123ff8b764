import { databaseError, ids, json } from "../expectations.mjs";

const samples = (query) => `/samples?select=id&${query}`;
const lyrics = (query) => `/lyrics?select=id&${query}`;
const filter = (name, path, ...expected) => ({ name, path, expect: json(ids(...expected)) });
/** A case about one operator on one table. */
const sample = (name, query, ...expected) => filter(name, samples(query), ...expected);
const lyric = (name, query, ...expected) => filter(name, lyrics(query), ...expected);

export default [
  sample("eq", "id=eq.2", 2),
  sample("eq on text with spaces and punctuation", "name=eq.per%25cent%20*%20star", 5),
  sample("+ is a space", "name=eq.per%25cent+*+star", 5),
  sample("an invalid percent sequence stays as it is", "name=like.o%", 1),
  sample("eq. compares with the empty string", "name=eq.", 4),
  sample("neq", "id=neq.2", 1, 3, 4, 5),
  sample("neq leaves out nulls", "name=neq.one", 2, 3, 4, 5),
  sample("gt", "id=gt.3", 4, 5),
  sample("gte", "id=gte.3", 3, 4, 5),
  sample("lt", "id=lt.3", 1, 2),
  sample("lte", "id=lte.3", 1, 2, 3),
  sample("not.eq", "id=not.eq.2", 1, 3, 4, 5),
  sample("not.gt", "id=not.gt.3", 1, 2, 3),
  sample("two filters on one column are both applied", "id=gt.1&id=lt.4", 2, 3),
  sample("timestamps", "at=gt.2024-03-01", 2),
  sample("numeric by text", "amount=eq.1.5", 1),
  sample("enum", "mood=eq.loud", 2),
  sample("bits", "bits=eq.10101", 1),
  sample("array equality", "numbers=eq.{3,4}", 2),

  // Patterns
  sample("like with a star", "name=like.*n*", 1, 5),
  sample("like with a percent sign", "name=like.%25n%25", 1, 5),
  sample("like is exact in case", "name=like.ONE"),
  sample("ilike", "name=ilike.T*", 2, 3),
  sample("not.like", "name=not.like.*o*", 4, 5),
  sample("match", "name=match.^t", 2, 3),
  sample("match takes * as the regular expression's", "name=match.^on*e$", 1),
  sample("imatch", "name=imatch.^T", 2, 3),
  sample("not.imatch", "name=not.imatch.^T", 1, 4, 5),

  // is
  sample("is.null", "name=is.null"),
  sample("is.null finds nulls", "flag=is.null", 3, 4),
  sample("is.not_null", "flag=is.not_null", 1, 2, 5),
  sample("is.true", "flag=is.true", 1, 5),
  sample("is.false", "flag=is.false", 2),
  sample("is.unknown", "flag=is.unknown", 3, 4),
  sample("is in any case", "flag=is.NuLL", 3, 4),
  sample("is.TRUE", "flag=is.TRUE", 1, 5),
  sample("not.is.null", "flag=not.is.null", 1, 2, 5),
  sample("not.is.not_null", "flag=not.is.not_null", 3, 4),
  {
    name: "is takes nothing else",
    path: samples("flag=is.nope"),
    expect: { status: 400, has: [[["code"], "PGRST100"], [["hint"], null], [["message"], /failed to parse filter \(is\.nope\)/]] },
  },
  sample("isdistinct", "flag=isdistinct.true", 2, 3, 4),
  sample("not.isdistinct", "flag=not.isdistinct.true", 1, 5),

  // in
  sample("in", "id=in.(1,3)", 1, 3),
  sample("not.in", "id=not.in.(1,3)", 2, 4, 5),
  sample("in with nothing", "id=in.()"),
  sample("in with nothing but spaces", "id=in.(  )"),
  sample("in with nothing on text", "name=in.()"),
  sample("not.in with nothing", "id=not.in.()", 1, 2, 3, 4, 5),
  sample("in with quotes around commas", 'name=in.("three, or \\"3\\"",one)', 1, 3),
  sample("in with a backslash before any character", 'name=in.("o\\ne")', 1),
  sample("a lone quote is literal", 'name=in.(o"ne)'),
  sample("spaces around elements", "id=in.( 1, 3 )", 1, 3),
  {
    name: "an empty element is not a number",
    path: samples("id=in.( ,3)"),
    expect: databaseError(400, "22P02", 'invalid input syntax for type integer: ""'),
  },
  sample("in on an enum", "mood=in.(calm,loud)", 1, 2, 5),

  // Arrays and ranges
  sample("cs on arrays", "tags=cs.{b}", 1, 2),
  sample("cd on arrays", "tags=cd.{a,b,c}", 1, 2, 3),
  sample("ov on arrays", "numbers=ov.{1,4}", 1, 2),
  sample("cs on ranges", "span=cs.[2,3]", 1),
  sample("cd on ranges", "span=cd.[0,12]", 1, 2),
  sample("ov on ranges", "span=ov.[4,6]", 1, 2),
  sample("sl", "span=sl.[6,8]", 1),
  sample("sr", "span=sr.[6,8]", 3),
  sample("nxr", "span=nxr.[5,9]", 1, 2),
  sample("nxl", "span=nxl.[5,30)", 2, 3),
  sample("adj", "span=adj.[10,20)", 2, 3),
  sample("not.adj", "span=not.adj.[10,20)", 1),

  // Quantifiers
  sample("eq(any)", "id=eq(any).{1,2}", 1, 2),
  sample("like(any)", "name=like(any).{o*,*r}", 1, 5),
  sample("like(all)", "name=like(all).{t*,*o}", 2),
  sample("ilike(any)", "name=ilike(any).{O*,T*}", 1, 2, 3),
  sample("match(any)", "name=match(any).{^o,^t}", 1, 2, 3),
  sample("imatch(all)", "name=imatch(all).{^T,O$}", 2),
  sample("gt(all)", "id=gt(all).{1,3}", 4, 5),
  sample("lte(any)", "id=lte(any).{1,2}", 1, 2),
  sample("not.eq(any)", "id=not.eq(any).{1,2}", 3, 4, 5),
  {
    name: "in takes no quantifier",
    path: samples("id=in(any).(1)"),
    expect: { status: 400, has: [[["code"], "PGRST100"]] },
  },

  // Text search
  lyric("fts on tsvector", "words=fts.cat", 2),
  lyric("fts of two words", "words=fts.fat%26sleep", 2),
  lyric("fts with a language", "words=fts(english).running", 1),
  lyric("plfts", "words=plfts.The Fat Cats", 2),
  lyric("phfts", "words=phfts.fat cats", 2),
  lyric("phfts with a wrong order", "words=phfts.cats fat"),
  lyric("wfts", "words=wfts(english).cats or waves", 1, 2),
  lyric("wfts without one", "words=wfts.-cats", 1, 3),
  lyric("not.fts", "words=not.fts.cat", 1, 3),
  lyric("fts on text", "body=fts.cat", 2),
  lyric("fts on text with a language", "body=fts(french).impossible", 3),
  lyric("plfts on json", "raw=plfts.fat cats", 2),
  lyric("fts on jsonb with a language", "doc=phfts(english).waves are running", 1),
  lyric("fts on a domain over a domain of tsvector", "deep_words=fts.cat", 2),

  // What the database says passes through
  {
    name: "a value that is no number",
    path: samples("id=eq.two"),
    expect: databaseError(400, "22P02", 'invalid input syntax for type integer: "two"'),
  },
  {
    name: "a value that is no timestamp",
    path: samples("at=eq.yesteryear"),
    expect: databaseError(400, "22007", 'invalid input syntax for type timestamp with time zone: "yesteryear"'),
  },
  {
    name: "an operator that the type lacks",
    path: samples("id=like.1*"),
    expect: { status: 404, has: [[["code"], "42883"], [["message"], "operator does not exist: integer ~~ unknown"]] },
  },
  {
    name: "a column that is not there",
    path: samples("nope=eq.1"),
    expect: databaseError(400, "42703", "column samples.nope does not exist"),
  },
  {
    name: "a filter without an operator",
    path: samples("id=2"),
    expect: {
      status: 400,
      json: {
        code: "PGRST100",
        details: 'unexpected "2" expecting "not" or operator (eq, gt, ...)',
        hint: null,
        message: '"failed to parse filter (2)" (line 1, column 1)',
      },
    },
  },
  {
    name: "an operator that does not exist",
    path: samples("id=equals.2"),
    expect: { status: 400, has: [[["code"], "PGRST100"], [["message"], /^"failed to parse filter \(equals\.2\)" \(line 1, column \d+\)$/]] },
  },

  // Tables that are not there
  {
    name: "a table that is not there",
    path: "/xylophones",
    expect: {
      status: 404,
      json: {
        code: "PGRST205",
        details: null,
        hint: null,
        message: "Could not find the table 'api.xylophones' in the schema cache",
      },
    },
  },
  {
    name: "a table that is nearly there",
    path: "/artist",
    expect: {
      status: 404,
      json: {
        code: "PGRST205",
        details: null,
        hint: "Perhaps you meant the table 'api.artists'",
        message: "Could not find the table 'api.artist' in the schema cache",
      },
    },
  },
  {
    name: "a path of two segments",
    path: "/labels/1",
    expect: {
      status: 404,
      json: { code: "PGRST125", details: null, hint: null, message: "Invalid path specified in request URL" },
    },
  },

  // Computed columns
  filter("a computed column in a filter", "/albums?select=id&decade=eq.2020", 4),
  filter("a computed column of two row types: this one", "/albums?select=id&shout=eq.REEDS", 4),
  filter("a computed column of two row types: that one", "/artists?select=id&shout=eq.BO!", 2),
  { name: "a computed column in select", path: "/albums?select=id,decade&id=eq.4", expect: json([{ id: 4, decade: 2020 }]) },
  { name: "a computed column with an alias and a cast", path: "/albums?select=d:decade::text&id=eq.4", expect: json([{ d: "2020" }]) },
  {
    name: "a computed column of a schema that is not exposed",
    path: "/albums?select=hidden_rank",
    expect: databaseError(400, "42703", "column albums.hidden_rank does not exist"),
  },

  // Names
  { name: "names with spaces", path: "/odd names?select=the id&the id=eq.1", expect: json([{ "the id": 1 }]) },
  { name: "names with a dollar", path: "/odd%20names?select=$price&$price=eq.5", expect: json([{ $price: 5 }]) },
  { name: "names with a semicolon", path: "/odd%20names?select=%22semi;colon%22&%22semi;colon%22=eq.semi", expect: json([{ "semi;colon": "semi" }]) },
  { name: "names with a dot, in quotes", path: '/odd%20names?select="dotted.name"&"dotted.name"=eq.dot', expect: json([{ "dotted.name": "dot" }]) },
  { name: "names with a comma, in quotes", path: '/odd%20names?select="comma,name"', expect: json([{ "comma,name": "comma" }]) },
  { name: "names in Arabic", path: "/odd%20names?select=عمود&عمود=eq.قيمة", expect: json([{ عمود: "قيمة" }]) },
];
