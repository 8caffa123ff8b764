// What the auth API answers to what it refuses, in both shapes of errors, byte for byte the same
// where a difference would tell something.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, test } from "node:test";

import { approve, claimsOf, member, newAddress, ok, settingsFor, totpCode } from "./auth-helpers.mjs";
import { password, startWith } from "./program.mjs";

const apps = ["board", "profiler", "parakeet", "mnfst"];
let program;
before(async () => {
  const settings = settingsFor(apps);
  settings.apps.board.auth.reauthenticate_for_password = true;
  settings.apps.press = { auth: { mail_interval_seconds: 60, rate_limits: { loopback: true, flows: 4, tokens: 3, factors: 1 } } };
  program = await startWith({ apps: [...apps, "press"], settings });
});
after(() => program?.stop());

const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A token with these claims that nobody signed, or somebody with another key. */
const unsigned = (claims) => `${encode({ alg: "none", typ: "JWT" })}.${encode(claims)}.`;
const forged = (claims, secret) => {
  const body = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`;
  return `${body}.${createHmac("sha256", secret).update(body).digest("base64url")}`;
};

/** Asks as a client does; `version` is the shape of errors that it knows. */
async function ask(app, path, { body, token, key, method, version, raw } = {}) {
  const { url, anon_key } = program.status.apps[app];
  const headers = { apikey: key ?? anon_key, "content-type": "application/json" };
  if (key === null) delete headers.apikey;
  if (token) headers.authorization = `Bearer ${token}`;
  if (version) headers["x-supabase-api-version"] = version;
  const text = raw ?? (body && JSON.stringify(body));
  const response = await fetch(`${url}/auth/v1${path}`, { method: method ?? (text ? "POST" : "GET"), headers, body: text });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** Asks twice and checks that both shapes say the same: this status, this code. */
async function refuses(app, path, request, status, expected) {
  const old = await ask(app, path, request);
  const named = await ask(app, path, { ...request, version: "2024-01-01" });
  assert.deepEqual([old.status, old.body.code, old.body.error_code], [status, status, expected], JSON.stringify(old.body));
  assert.deepEqual([named.status, named.body.code], [status, expected], JSON.stringify(named.body));
  assert.equal(named.body.message, old.body.msg);
  assert.equal(named.headers.get("x-supabase-api-version"), "2024-01-01");
  assert.equal(old.headers.get("x-supabase-api-version"), null);
  for (const answer of [old, named]) assert.equal(answer.headers.get("x-sb-error-code"), expected);
  return named.body;
}

const signIn = (email, secret) => ({ body: { email, password: secret } });

/** The tokens of a member's new session. */
async function tokens(app, email) {
  return (await ok(program.anonymous(app).auth.signInWithPassword({ email, password }))).session;
}

test("a sign-in says the same of wrong passwords, unknown people and the deleted", async () => {
  const [ann, gone] = [await member(program, "board", "ann"), await member(program, "board", "gone")];
  await ok(program.service("board").auth.admin.deleteUser(gone.user.id, true));
  const attempts = {
    "a wrong password": signIn(ann.email, "another password"),
    "no password": { body: { email: ann.email } },
    "an unknown person": signIn(newAddress("nobody"), password),
    "a deleted person": signIn(gone.email, password),
    "a look-alike": signIn(ann.email.replace("ann", "аnn"), password),
    "a full-width look-alike": signIn(ann.email.replace("@", "＠"), password),
    "a null byte": signIn(`${ann.email}\u0000`, password),
    "a password of a megabyte": signIn(ann.email, "x".repeat(500_000)),
  };
  const answers = new Set();
  for (const [name, request] of Object.entries(attempts)) {
    const body = await refuses("board", "/token?grant_type=password", request, 400, "invalid_credentials");
    answers.add(JSON.stringify(body));
    assert.equal(answers.size, 1, `${name}: ${[...answers]}`);
  }
  const loud = await member(program, "board", "loud");
  assert.ok(await tokens("board", loud.email.toUpperCase()), "capitals make no other person");
});

test("a sign-in that is refused for a reason says which, to those who know the password", async () => {
  const path = "/token?grant_type=password";
  const banned = await member(program, "board", "banned");
  await ok(program.service("board").auth.admin.updateUserById(banned.user.id, { ban_duration: "1h" }));
  await refuses("board", path, signIn(banned.email, password), 400, "user_banned");
  await refuses("board", path, signIn(banned.email, "another password"), 400, "invalid_credentials");
  const unconfirmed = newAddress("unconfirmed");
  await ok(program.anonymous("board").auth.signUp({ email: unconfirmed, password }));
  await refuses("board", path, signIn(unconfirmed, password), 400, "email_not_confirmed");
  const waiting = await program.createUser("parakeet", newAddress("waiting"));
  await refuses("parakeet", path, signIn(waiting.email, password), 403, "approval_required");
  await approve(program, "parakeet", waiting.id);
  assert.ok(await tokens("parakeet", waiting.email));
  const locked = await member(program, "profiler", "locked");
  for (let attempt = 0; attempt < 5; attempt++) {
    await ask("profiler", path, signIn(locked.email, "another password"));
  }
  await refuses("profiler", path, signIn(locked.email, password), 400, "invalid_credentials");
});

test("tokens that are not ours open nothing", async () => {
  const ann = await member(program, "board", "tokens");
  const { access_token: good } = await tokens("board", ann.email);
  const claims = claimsOf(good);
  const elsewhere = await member(program, "profiler", "elsewhere");
  const other = (await tokens("profiler", elsewhere.email)).access_token;
  const { jwt_secret: secret } = program.status.apps.board;
  const [head, body, signature] = good.split(".");
  const bad = {
    "alg none": unsigned(claims),
    "alg none without a role": unsigned({ ...claims, role: undefined }),
    "another application's": other,
    "another key's": forged(claims, "a secret that is long enough to be one, of somebody else"),
    "our secret, expired": forged({ ...claims, exp: claims.iat - 100 }, secret),
    "changed claims": `${head}.${encode({ ...claims, role: "service_role" })}.${signature}`,
    "cut short": `${head}.${body}.`,
    "the public key as a secret": forged(claims, JSON.stringify((await ask("board", "/.well-known/jwks.json")).body.keys[0])),
    garbage: "a.b.c",
  };
  for (const token of Object.values(bad)) {
    await refuses("board", "/user", { token }, 403, "bad_jwt");
    await refuses("board", "/user", { token, method: "PUT", body: { data: {} } }, 403, "bad_jwt");
  }
  await refuses("board", "/admin/users", { token: bad["alg none"] }, 403, "bad_jwt");
  await refuses("board", "/user", {}, 401, "no_authorization");
  await refuses("board", "/user", { key: null, token: good }, 401, "no_authorization");
  await refuses("board", "/user", { key: other, token: good }, 401, "no_authorization");
  await refuses("board", "/user", { token: program.status.apps.board.anon_key }, 403, "bad_jwt");
  assert.equal((await ask("board", "/user", { token: good })).body.email, ann.email);
  assert.equal((await ask("board", "/user", { token: forged(claims, secret) })).status, 200, "Supabase's shared secret");
});

test("only those who administer administer", async () => {
  const ann = await member(program, "board", "plain");
  const { access_token: token } = await tokens("board", ann.email);
  const someone = `/admin/users/${ann.user.id}`;
  const invitation = { token, body: { email: newAddress("x") } };
  await refuses("board", "/admin/users", { token }, 403, "not_admin");
  await refuses("board", someone, { token }, 403, "not_admin");
  await refuses("board", someone, { token, method: "DELETE" }, 403, "not_admin");
  await refuses("board", "/invite", invitation, 403, "not_admin");
  await refuses("board", "/admin/generate_link", invitation, 403, "not_admin");
  await refuses("board", "/admin/users", { token: program.status.apps.board.anon_key }, 403, "not_admin");
});

test("refresh tokens and codes are known or not", async () => {
  const post = (body) => ({ body });
  const ann = await member(program, "board", "codes");
  await refuses("board", "/token?grant_type=refresh_token", post({ refresh_token: "unknown" }), 400, "refresh_token_not_found");
  await refuses("board", "/token?grant_type=refresh_token", post({}), 400, "validation_failed");
  await refuses("board", "/token?grant_type=magic", post({}), 400, "invalid_credentials");
  const verifier = "v".repeat(43);
  const pkce = (auth_code, code_verifier) => post({ auth_code, code_verifier });
  await refuses("board", "/token?grant_type=pkce", pkce("unknown", verifier), 404, "flow_state_not_found");
  await refuses("board", "/token?grant_type=pkce", pkce("", verifier), 400, "validation_failed");
  await refuses("board", "/otp", post({ email: newAddress("x"), code_challenge: "short", code_challenge_method: "s256" }), 400, "validation_failed");
  await refuses("board", "/otp", post({ email: newAddress("x"), create_user: false }), 422, "otp_disabled");
  for (const body of [
    { type: "email", email: ann.email, token: "123456" },
    { type: "email", email: newAddress("nobody"), token: "123456" },
    { type: "recovery", token_hash: "0".repeat(56) },
  ]) {
    await refuses("board", "/verify", post(body), 403, "otp_expired");
  }
  await refuses("board", "/verify", post({ type: "telepathy", token_hash: "x" }), 400, "validation_failed");
  await refuses("board", "/verify", post({ token_hash: "x" }), 400, "validation_failed");
});

test("a code that is too old no longer works", async () => {
  const ann = await member(program, "board", "late");
  await ok(program.anonymous("board").auth.signInWithOtp({ email: ann.email }));
  const { code: token } = await program.mailbox("board").next(ann.email);
  await program.sql("board", "update auth.one_time_tokens set created_at = created_at - interval '2 hours'");
  await refuses("board", "/verify", { body: { type: "email", email: ann.email, token } }, 403, "otp_expired");
});

test("what is no request is told so", async () => {
  const signUp = (body) => ({ body });
  const email = () => newAddress("form");
  const cases = [
    ["/signup", { raw: "{" }, 400, "bad_json"],
    ["/signup", { raw: "[1]" }, 400, "bad_json"],
    ["/signup", signUp({ email: "no address", password }), 400, "validation_failed"],
    ["/signup", signUp({ email: email() }), 400, "validation_failed"],
    ["/signup", signUp({ email: email(), password: "short" }), 422, "weak_password"],
    ["/signup", signUp({ email: email(), password: "x".repeat(73) }), 422, "weak_password"],
    ["/signup", signUp({ phone: "+4912345", password }), 400, "phone_provider_disabled"],
    ["/signup", signUp({}), 422, "anonymous_provider_disabled"],
    ["/signup", signUp({ email: `${"a".repeat(300)}@example.com`, password }), 400, "validation_failed"],
    ["/signup", { raw: `{"email":"a@example.com","x":"${"x".repeat(2_000_000)}"}` }, 413, "validation_failed"],
    ["/recover", signUp({}), 400, "validation_failed"],
    ["/resend", signUp({ type: "signup" }), 400, "validation_failed"],
    ["/nowhere", {}, 404, "not_found"],
  ];
  for (const [path, request, status, expected] of cases) await refuses("board", path, request, status, expected);
  const weak = await ask("board", "/signup", signUp({ email: email(), password: "short" }));
  assert.deepEqual(weak.body.weak_password, { reasons: ["length"] });
});

test("second factors refuse what they should", async () => {
  const ann = await member(program, "board", "factor");
  const { access_token: token } = await tokens("board", ann.email);
  const enroll = (body) => ({ token, body: { factor_type: "totp", ...body } });
  const unknown = "00000000-0000-4000-8000-000000000000";
  await refuses("board", "/factors", enroll({ factor_type: "phone" }), 422, "mfa_totp_enroll_not_enabled");
  await refuses("board", `/factors/${unknown}/challenge`, { token, method: "POST" }, 404, "mfa_factor_not_found");
  const factor = (await ask("board", "/factors", enroll({ friendly_name: "a" }))).body;
  const challenge = (await ask("board", `/factors/${factor.id}/challenge`, { token, method: "POST" })).body;
  const verify = (code) => ({ token, body: { challenge_id: challenge.id, code } });
  await refuses("board", `/factors/${factor.id}/verify`, verify("12"), 422, "mfa_verification_failed");
  await program.sql("board", "update auth.mfa_challenges set created_at = created_at - interval '1 hour'");
  await refuses("board", `/factors/${factor.id}/verify`, verify(totpCode(factor.totp.secret)), 422, "mfa_challenge_expired");
});

test("an old session needs a mailed code to change the password", async () => {
  const ann = await member(program, "board", "stale");
  const { access_token: token } = await tokens("board", ann.email);
  const change = (more) => ({ token, method: "PUT", body: { password: "a new password", ...more } });
  await program.sql("board", `update auth.sessions set created_at = created_at - interval '2 days' where user_id = '${ann.user.id}'`);
  await refuses("board", "/user", change(), 401, "reauthentication_needed");
  await refuses("board", "/user", change({ nonce: "000000" }), 422, "reauthentication_not_valid");
  await ask("board", "/reauthenticate", { token });
  const { code: nonce } = await program.mailbox("board").next(ann.email);
  assert.equal((await ask("board", "/user", change({ nonce }))).status, 200);
});

test("the time of an answer does not tell who has an account", async () => {
  const ann = await member(program, "board", "timed");
  const requests = {
    "/recover": (email) => ({ body: { email } }),
    "/token?grant_type=password": (email) => signIn(email, "another password"),
  };
  for (const [path, request] of Object.entries(requests)) {
    const median = async (email) => {
      const times = [];
      for (let round = 0; round < 9; round++) {
        const began = performance.now();
        await ask("board", path, request(email()));
        times.push(performance.now() - began);
      }
      return times.sort((a, b) => a - b)[4];
    };
    const [known, unknown] = [await median(() => ann.email), await median(() => newAddress("nobody"))];
    // Both wait for the same beat of a tenth of a second, so they differ by whole beats or not at all.
    assert.ok(Math.abs(known - unknown) < 60, `${path}: ${known} ms and ${unknown} ms`);
  }
});

test("who asks too often waits, in each application by itself", async () => {
  const recover = (email) => ({ body: { email } });
  const email = newAddress("often");
  assert.equal((await ask("press", "/recover", recover(email))).status, 200);
  const { message } = await refuses("press", "/recover", recover(email), 429, "over_email_send_rate_limit");
  assert.match(message, /after \d+ seconds/);
  assert.equal((await ask("press", "/recover", recover(newAddress("other")))).status, 200);
  await refuses("press", "/recover", recover(newAddress("other")), 429, "over_request_rate_limit");
  for (let attempt = 0; attempt < 3; attempt++) await ask("press", "/token?grant_type=password", signIn(email, password));
  await refuses("press", "/token?grant_type=password", signIn(email, password), 429, "over_request_rate_limit");
  assert.equal((await ask("board", "/recover", recover(email))).status, 200);
});
