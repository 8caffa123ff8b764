import { refused } from "../expectations.mjs";

const options = (name, path, allow, more = {}) => ({
  name,
  method: "OPTIONS",
  path,
  expect: { status: 200, none: true, headers: { Allow: allow, "Access-Control-Allow-Origin": "*", "Content-Length": "0" } },
  ...more,
});
const preflight = { Origin: "https://one.example", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "Foo,Bar" };
const exposed = "Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, Server, Transfer-Encoding, Range-Unit";
const everything = "OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE";

export default [
  options("a table", "/labels", everything),
  options("a table without a key", "/keyless", "OPTIONS,GET,HEAD,POST,PATCH,DELETE"),
  options("a partitioned table", "/plays", everything),
  options("a view that can be written", "/editable_labels", everything),
  options("a view that cannot", "/grouped_tracks", "OPTIONS,GET,HEAD"),
  options("a view with a trigger for insertions", "/insertable_titles", "OPTIONS,GET,HEAD,POST"),
  options("a materialized view", "/album_totals", "OPTIONS,GET,HEAD"),
  options("a stable function", "/rpc/who", "OPTIONS,GET,HEAD,POST"),
  options("an immutable function", "/rpc/raw_json", "OPTIONS,GET,HEAD,POST"),
  options("a volatile function", "/rpc/touch", "OPTIONS,POST"),
  options("the root", "/", "OPTIONS,GET,HEAD"),
  options("a table of another schema", "/parents", everything, { config: "schemas", headers: { "Accept-Profile": "api2" } }),
  { name: "a table that is not there", method: "OPTIONS", path: "/xylophones", expect: refused(404, "PGRST205") },
  { name: "a function that is not there", method: "OPTIONS", path: "/rpc/xylophone", expect: refused(404, "PGRST202") },

  {
    name: "a preflight is wide open",
    method: "OPTIONS",
    path: "/labels",
    headers: preflight,
    expect: {
      status: 200,
      none: true,
      anyShape: true,
      headers: {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": "GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD",
        "Access-Control-Allow-Headers": "Authorization, Foo, Bar, Accept, Accept-Language, Content-Language",
        "Access-Control-Max-Age": "86400",
        "Access-Control-Allow-Credentials": null,
      },
    },
  },
  {
    name: "a preflight without headers",
    method: "OPTIONS",
    path: "/labels",
    headers: { Origin: "https://one.example", "Access-Control-Request-Method": "POST" },
    expect: { status: 200, anyShape: true, headers: { "Access-Control-Allow-Headers": "Authorization, Accept, Accept-Language, Content-Language" } },
  },
  { name: "a request from anywhere", path: "/genres?id=eq.1", headers: { Origin: "https://any.example" }, expect: { status: 200, headers: { "Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": exposed } } },
  { name: "a request from nowhere", path: "/genres?id=eq.1", expect: { status: 200, headers: { "Access-Control-Expose-Headers": null } } },
  { name: "an error can be read from anywhere, too", path: "/xylophones", headers: { Origin: "https://any.example" }, expect: { status: 404, headers: { "Access-Control-Allow-Origin": "*" } } },
  { name: "listed origins: a listed one", config: "origins", path: "/genres?id=eq.1", headers: { Origin: "https://two.example" }, expect: { status: 200, headers: { "Access-Control-Allow-Origin": "https://two.example", "Access-Control-Allow-Credentials": "true" } } },
  { name: "listed origins: another", config: "origins", path: "/genres?id=eq.1", headers: { Origin: "https://three.example" }, expect: { status: 200, headers: { "Access-Control-Allow-Origin": null, "Access-Control-Allow-Credentials": null } } },
  { name: "listed origins: a preflight of a listed one", config: "origins", method: "OPTIONS", path: "/genres", headers: preflight, expect: { status: 200, anyShape: true, headers: { "Access-Control-Allow-Origin": "https://one.example", "Access-Control-Allow-Credentials": "true" } } },
];
