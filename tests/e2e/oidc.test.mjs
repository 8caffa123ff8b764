// Signing in with an identity provider, with the real client and a real provider of OpenID Connect.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createServer } from "node:net";
import { after, before, test } from "node:test";

import { another, arrive, browser, claimsOf, code, member, newAddress, ok, signedIn, strict } from "./auth-helpers.mjs";
import { browse, client as registration, startGitHub, startLiar, startProvider } from "./identity-providers.mjs";
import { password, rows, startWith } from "./program.mjs";

const app = "board";
const people = {};
let program, home, provider, liar, gitHub;

/** Somebody at the provider. */
function person(name, more = {}) {
  const id = `${name}-${randomUUID().slice(0, 8)}`;
  const claims = { email: `${id}@example.com`, email_verified: true, name: `${name} of the provider`, ...more.claims };
  people[id] = { ...more, claims };
  return { id, email: claims.email };
}

/** A port that is free now, so that the provider can know where the program will be. */
async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const gitHubAddress = newAddress("octo");

before(async () => {
  const port = await freePort();
  const callback = (name) => `http://127.0.0.1:${port}/${name}/auth/v1/callback`;
  provider = await startProvider(people, [callback("board"), callback("parakeet")]);
  liar = await startLiar();
  gitHub = await startGitHub(
    { id: 583231, login: "octocat", name: "Octo Cat", avatar_url: "https://example.com/octo.png" },
    [{ email: "other@example.com", primary: false, verified: true }, { email: gitHubAddress, primary: true, verified: true }],
  );
  const providers = {
    google: { ...registration, issuer: provider.url },
    // The board knows the providers that it has; LinkedIn is as good a name for a liar as any.
    linkedin_oidc: { ...registration, issuer: liar.url },
    github: { ...registration, url: gitHub.url },
  };
  const auth = { ...strict, providers };
  program = await startWith({ apps: ["board", "parakeet"], settings: { apps: { board: { auth }, parakeet: { auth } } }, port });
  home = `${program.status.url}/welcome`;
});
after(async () => {
  await program?.stop();
  for (const started of [provider, liar, gitHub]) started?.stop();
});

/** Goes to the provider and back; answers with where the browser ends. */
async function goTo(client, name, login, onStep) {
  const queryParams = login ? { login_hint: login } : {};
  const options = { redirectTo: home, queryParams };
  const { url } = await ok(client.auth.signInWithOAuth({ provider: name, options }));
  return browse(url, home, onStep);
}

test("somebody new comes with an identity", async () => {
  const ann = person("ann");
  const client = browser(program, app, "implicit");
  const { fragment } = await goTo(client, "google", ann.id);
  assert.ok(fragment.provider_token);
  const { user } = await ok(client.auth.setSession(fragment));
  assert.equal(user.email, ann.email);
  assert.ok(user.email_confirmed_at);
  assert.deepEqual([user.app_metadata.provider, user.app_metadata.providers], ["google", ["google"]]);
  assert.equal(user.user_metadata.full_name, "ann of the provider");
  assert.equal(user.identities[0].id, ann.id);
  assert.equal(claimsOf(fragment.access_token).amr[0].method, "oauth");
  const [row] = await rows(program.service(app).from("users").select("auth_provider,email").eq("id", user.id));
  assert.deepEqual(row, { auth_provider: "google", email: ann.email });

  const again = browser(program, app);
  const { query } = await goTo(again, "google", ann.id);
  const data = await ok(again.auth.exchangeCodeForSession(query.code));
  assert.equal(data.user.id, user.id);
  assert.ok(data.session.provider_token);
  assert.equal(await code(again.auth.exchangeCodeForSession(query.code)), "pkce_code_verifier_not_found");
  assert.equal(await code(program.anonymous(app).auth.signInWithPassword({ email: ann.email, password })), "invalid_credentials");
});

test("GitHub's people come by its API", async () => {
  const client = browser(program, app);
  const { query } = await goTo(client, "github");
  const { user, session } = await ok(client.auth.exchangeCodeForSession(query.code));
  assert.equal(user.email, gitHubAddress);
  assert.equal(user.user_metadata.user_name, "octocat");
  assert.equal(user.identities[0].id, "583231");
  assert.equal(session.provider_token, "github-token");
  const [row] = await rows(program.service(app).from("users").select("auth_provider").eq("id", user.id));
  assert.equal(row.auth_provider, "github");
});

test("a verified address leads to the account that has it", async () => {
  const { email, user } = await member(program, app, "same");
  const same = person("same", { claims: { email } });
  const client = browser(program, app, "implicit");
  const { fragment } = await goTo(client, "google", same.id);
  const { user: found } = await ok(client.auth.setSession(fragment));
  assert.equal(found.id, user.id);
  assert.deepEqual(found.app_metadata.providers.sort(), ["email", "google"]);
  assert.match((await program.mailbox(app).next(email)).text, /google/i);
});

test("who signed up with an address that is somebody else's loses it to its owner", async () => {
  const owner = person("owner");
  const thief = program.anonymous(app);
  await ok(thief.auth.signUp({ email: owner.email, password }));
  const client = browser(program, app, "implicit");
  await ok(client.auth.setSession((await goTo(client, "google", owner.id)).fragment));
  assert.equal(await code(thief.auth.signInWithPassword({ email: owner.email, password })), "invalid_credentials");
});

test("an address that the provider does not vouch for opens no account and makes none at once", async () => {
  const { email } = await member(program, app, "doubted");
  const doubted = person("doubted", { claims: { email, email_verified: false } });
  const taken = await goTo(browser(program, app, "implicit"), "google", doubted.id);
  assert.equal(taken.query.error_code, "email_exists");
  assert.equal(taken.fragment.error_code, "email_exists");

  const fresh = person("fresh", { claims: { email_verified: false } });
  const waiting = await goTo(browser(program, app, "implicit"), "google", fresh.id);
  assert.equal(waiting.query.error_code, "provider_email_needs_verification");
  const client = program.anonymous(app);
  const { user } = await arrive(client, (await program.mailbox(app).next(fresh.email)).link);
  assert.equal(user.email, fresh.email);
  const later = browser(program, app, "implicit");
  const found = await ok(later.auth.setSession((await goTo(later, "google", fresh.id)).fragment));
  assert.equal(found.user.id, user.id);
});

test("an identity is linked to the account that asks, and unlinked", async () => {
  const { email, user } = await member(program, app, "linker");
  const client = browser(program, app);
  await ok(client.auth.signInWithPassword({ email, password }));
  const other = person("linked");
  const link = async (who) => {
    const options = { redirectTo: home, skipBrowserRedirect: true, queryParams: { login_hint: who.id } };
    const { url } = await ok(client.auth.linkIdentity({ provider: "google", options }));
    return browse(url, home);
  };
  await ok(client.auth.exchangeCodeForSession((await link(other)).query.code));
  const { identities } = await ok(client.auth.getUserIdentities());
  assert.deepEqual(identities.map((identity) => identity.provider).sort(), ["email", "google"]);
  const byProvider = browser(program, app, "implicit");
  const found = await ok(byProvider.auth.setSession((await goTo(byProvider, "google", other.id)).fragment));
  assert.deepEqual([found.user.id, found.user.email], [user.id, email]);

  const owned = person("owned");
  await goTo(browser(program, app, "implicit"), "google", owned.id);
  assert.equal((await link(owned)).query.error_code, "identity_already_exists");

  await ok(client.auth.unlinkIdentity(identities.find((identity) => identity.provider === "google")));
  const left = (await ok(client.auth.getUser())).user;
  assert.deepEqual(left.identities.map((identity) => identity.provider), ["email"]);
  assert.deepEqual(left.app_metadata.providers, ["email"]);
  await another(program, app, email);
});

test("who says no, comes back without a session", async () => {
  const shy = person("shy", { denies: true });
  const { query, fragment } = await goTo(browser(program, app), "google", shy.id);
  assert.deepEqual([query.error, query.error_description], ["access_denied", "The person said no"]);
  assert.equal(fragment.access_token, undefined);
});

test("a state is good for one return of the flow that began with it", async () => {
  const eve = person("eve");
  let callback;
  await goTo(browser(program, app, "implicit"), "google", eve.id, (url) => {
    if (url.pathname.endsWith("/callback")) callback = url;
  });
  const back = async (change) => {
    const url = new URL(callback);
    change(url.searchParams);
    return (await browse(url, `${program.status.url}/?`)).query;
  };
  const states = {
    "used again": () => {},
    "made up": (parameters) => parameters.set("state", randomUUID()),
    "no state at all": (parameters) => parameters.delete("state"),
    "garbage": (parameters) => parameters.set("state", "' or true --"),
  };
  for (const [name, change] of Object.entries(states)) {
    assert.equal((await back(change)).error_code, "bad_oauth_state", name);
  }
  await program.sql(app, "update auth.flow_state set created_at = created_at - interval '1 hour'");
});

test("an ID token that is not for this sign-in is refused", async () => {
  const lies = {
    "another sign-in": (claims) => void (claims.nonce = "another"),
    "no sign-in": (claims) => void delete claims.nonce,
    "another client": (claims) => void (claims.aud = "another"),
    "several clients": (claims) => void (claims.aud = [registration.client_id, "another"]),
    "another issuer": (claims) => void (claims.iss = "https://accounts.google.com"),
    "expired": (claims) => void (claims.exp = claims.iat - 300),
    "nobody": (claims) => void delete claims.sub,
    "unsigned": (claims) =>
      `${Buffer.from('{"alg":"none"}').toString("base64url")}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.`,
    "another key": Object.assign(() => {}, { signedByAnother: true }),
    "an unknown key": (_, header) => void (header.kid = "k2"),
  };
  for (const [name, lie] of Object.entries(lies)) {
    liar.lie = lie;
    const { query, fragment } = await goTo(browser(program, app, "implicit"), "linkedin_oidc");
    assert.equal(fragment.access_token, undefined, name);
    assert.deepEqual([query.error, query.error_code], ["server_error", "unexpected_failure"], name);
  }
  liar.lie = () => {};
  assert.ok((await goTo(browser(program, app, "implicit"), "linkedin_oidc")).fragment.access_token, "the truth is believed");
});

test("the browser is sent only where the operator allows", async () => {
  const ann = person("sent");
  const client = browser(program, app, "implicit");
  const options = { redirectTo: "https://evil.example/", queryParams: { login_hint: ann.id } };
  const { url } = await ok(client.auth.signInWithOAuth({ provider: "google", options }));
  const { fragment } = await browse(url, `${program.status.url}/#`);
  assert.ok(fragment.access_token);
  const unknown = await fetch(`${program.status.apps[app].url}/auth/v1/authorize?provider=nowhere`);
  assert.deepEqual([unknown.status, (await unknown.json()).error_code], [400, "validation_failed"]);
});

test("a provider's people wait for their approval, too", async () => {
  const pat = person("pat");
  const client = browser(program, "parakeet", "implicit");
  const { query } = await goTo(client, "google", pat.id);
  assert.equal(query.error_code, "approval_required");
  await rows(program.service("parakeet").from("users").update({ approved: true }).eq("email", pat.email).select("id"));
  assert.ok((await goTo(client, "google", pat.id)).fragment.access_token);
});
