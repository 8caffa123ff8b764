import { error, json } from "../expectations.mjs";
import { fromNow, token } from "../tokens.mjs";

const author = { role: "conformance_author" };
const who = (name, bearer, value, more = {}) => ({ name, path: "/rpc/who", bearer, expect: json(value), ...more });
const asAuthor = (name, bearer, more) => who(name, bearer, "conformance_author", more);
const refused = (name, bearer, code, message, details = null, more = {}) => ({
  name,
  path: "/genres?id=eq.1",
  bearer,
  expect: error(401, code, message, details, null, { "WWW-Authenticate": `Bearer error="invalid_token", error_description="${message}"` }),
  ...more,
});
// The details tell by how many seconds.
const outOfTime = (name, bearer, message) => ({
  name,
  path: "/genres?id=eq.1",
  bearer,
  expect: { status: 401, has: [[["code"], "PGRST303"], [["message"], message], [["details"], /^Invalid by \d+ seconds$/]] },
});
const wrongKey = ["PGRST301", "No suitable key or wrong key type", "None of the keys was able to decode the JWT"];
const audience = { config: "audience" };

export default [
  { name: "without a token", path: "/rpc/who", expect: json("conformance_anon") },
  asAuthor("with a role", token(author)),
  who("without a role", token({ sub: "ann" }), "conformance_anon"),
  asAuthor("the scheme in capitals", undefined, { headers: { Authorization: `BEARER ${token(author)}` } }),
  asAuthor("the scheme in small letters", undefined, { headers: { Authorization: `bearer ${token(author)}` } }),
  who("another scheme is none", undefined, "conformance_anon", { headers: { Authorization: "Basic YTpi" } }),
  { name: "the role decides what is seen", path: "/diaries?select=owner", claims: { ...author, sub: "ann" }, expect: json([{ owner: "ann" }]) },
  {
    name: "what anonymous callers may not see",
    path: "/diaries",
    expect: error(401, "42501", "permission denied for table diaries", null, null, { "WWW-Authenticate": "Bearer" }),
  },
  {
    name: "what nobody may see",
    path: "/vault",
    bearer: token(author),
    expect: error(403, "42501", "permission denied for table vault", null, null, { "WWW-Authenticate": null }),
  },
  {
    name: "a role that does not exist",
    path: "/genres",
    bearer: token({ role: "conformance_nobody" }),
    expect: error(401, "22023", 'role "conformance_nobody" does not exist', null, null, { "WWW-Authenticate": "Bearer" }),
  },
  { name: "a role that may not be taken", path: "/genres", bearer: token({ role: "postgres" }), expect: { status: /40[13]/ } },

  // Broken tokens fail on public tables, too
  refused("an empty token", undefined, "PGRST301", "Empty JWT is sent in Authorization header", null, { headers: { Authorization: "Bearer " } }),
  refused("one part", "garbage", "PGRST301", "Expected 3 parts in JWT; got 1"),
  refused("two parts", token(author).split(".").slice(0, 2).join("."), "PGRST301", "Expected 3 parts in JWT; got 2"),
  { name: "three parts of garbage", path: "/genres", bearer: "a.b.c", expect: { status: 401, has: [[["code"], "PGRST301"]], headers: { "WWW-Authenticate": /^Bearer error="invalid_token", error_description="/ } } },
  refused("another secret", token(author, { key: "another secret altogether, and long enough" }), ...wrongKey),
  refused("a changed body", token(author).replace(/\..*?\./, `.${Buffer.from('{"role":"postgres"}').toString("base64url")}.`), ...wrongKey),
  { name: "unsigned", path: "/genres", bearer: token(author, { alg: "none" }), expect: { status: 401, has: [[["code"], "PGRST301"], [["message"], "Wrong or unsupported encoding algorithm"]] } },
  { name: "another algorithm than the key's", path: "/genres", bearer: token(author, { alg: "RS256" }), expect: { status: 401, has: [[["code"], "PGRST301"]] } },

  // Times
  asAuthor("not expired", token({ ...author, exp: fromNow(600) })),
  asAuthor("just expired: clocks may differ", token({ ...author, exp: fromNow(-5) })),
  outOfTime("expired", token({ ...author, exp: fromNow(-60) }), "JWT expired"),
  asAuthor("valid since", token({ ...author, nbf: fromNow(-60) })),
  asAuthor("valid soon: clocks may differ", token({ ...author, nbf: fromNow(15) })),
  outOfTime("not yet valid", token({ ...author, nbf: fromNow(90) }), "JWT not yet valid"),
  asAuthor("issued now", token({ ...author, iat: fromNow(0) })),
  outOfTime("issued in the future", token({ ...author, iat: fromNow(90) }), "JWT issued at future"),
  refused("exp that is text", token({ ...author, exp: "tomorrow" }), "PGRST303", "The JWT 'exp' claim must be a number"),
  refused("nbf that is text", token({ ...author, nbf: "today" }), "PGRST303", "The JWT 'nbf' claim must be a number"),
  refused("iat that is a list", token({ ...author, iat: [1] }), "PGRST303", "The JWT 'iat' claim must be a number"),

  // Audience
  asAuthor("an audience is of no matter without a setting", token({ ...author, aud: "anybody" })),
  refused("but its type is", token({ ...author, aud: 5 }), "PGRST303", "The JWT 'aud' claim must be a string or an array of strings"),
  asAuthor("the audience", token({ ...author, aud: "the-label" }), audience),
  asAuthor("the audience among others", token({ ...author, aud: ["x", "the-label"] }), audience),
  asAuthor("no audience", token(author), audience),
  asAuthor("a null audience", token({ ...author, aud: null }), audience),
  asAuthor("an empty list", token({ ...author, aud: [] }), audience),
  refused("another audience", token({ ...author, aud: "else" }), "PGRST303", "JWT not in audience", null, audience),
  refused("other audiences", token({ ...author, aud: ["x", "y"] }), "PGRST303", "JWT not in audience", null, audience),
  refused("an empty audience", token({ ...author, aud: "" }), "PGRST303", "JWT not in audience", null, audience),
  refused("an audience that is a number", token({ ...author, aud: 5 }), "PGRST303", "The JWT 'aud' claim must be a string or an array of strings", null, audience),
  refused("a list with a number", token({ ...author, aud: ["the-label", 5] }), "PGRST303", "The JWT 'aud' claim must be a string or an array of strings", null, audience),

  // Other configurations
  { name: "no anonymous role: no token", config: "no-anon", path: "/genres", expect: error(401, "PGRST302", "Anonymous access is disabled", null, null, { "WWW-Authenticate": "Bearer" }) },
  asAuthor("no anonymous role: a token", token(author), { config: "no-anon" }),
  { name: "no anonymous role: a token without a role", config: "no-anon", path: "/genres", bearer: token({ sub: "x" }), expect: { status: 401, has: [[["code"], "PGRST302"]] } },
  { name: "no secret: no token", config: "no-secret", path: "/genres?select=id&id=eq.1", expect: json([{ id: 1 }]) },
  { name: "no secret: a token", config: "no-secret", path: "/genres", bearer: token(author), expect: error(500, "PGRST300", "Server lacks JWT secret") },
  asAuthor("a secret in base64", token(author), { config: "secret-base64" }),
  asAuthor("an RSA key", token(author, { alg: "RS256", header: { kid: "rsa" } }), { config: "rsa-key" }),
  asAuthor("an RSA key, not named", token(author, { alg: "RS256" }), { config: "rsa-key" }),
  { name: "an RSA key: HS256 is refused", config: "rsa-key", path: "/genres", bearer: token(author), expect: { status: 401, has: [[["code"], "PGRST301"]] } },
  asAuthor("a set of keys: RSA", token(author, { alg: "RS256", header: { kid: "rsa" } }), { config: "key-set" }),
  asAuthor("a set of keys: elliptic", token(author, { alg: "ES256", header: { kid: "ec" } }), { config: "key-set" }),
  { name: "a set of keys: another name", config: "key-set", path: "/genres", bearer: token(author, { alg: "RS256", header: { kid: "else" } }), expect: { status: 401, has: [[["code"], "PGRST301"]] } },
  asAuthor("the role in another claim", token({ label: { roles: ["conformance_author"] } }), { config: "role-claim" }),
  who("the role in another claim, absent", token(author), "conformance_anon", { config: "role-claim" }),
  asAuthor("one token twice: the same answer", token({ ...author, jti: "again" }), { then: asAuthor("again", token({ ...author, jti: "again" })) }),
];
