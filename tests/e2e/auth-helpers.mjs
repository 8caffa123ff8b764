// What people do with the auth API: come to an application, follow links, read codes.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

import { Secret, TOTP } from "otpauth";

import { password, rows } from "./program.mjs";

/** How the auth API of every application is set here: each step needs its mail, and at once. */
export const strict = { confirm_email: true, mail_interval_seconds: 0, manual_linking: true };

/** The applications, and what differs in how people come to them. */
export const applications = {
  board: {},
  press: {},
  profiler: {},
  parakeet: { waitsForApproval: true },
  mnfst: { byInvitation: true },
};

/** The settings file that gives each of these applications the same auth settings. */
export const settingsFor = (names, auth = strict) => ({
  apps: Object.fromEntries(names.map((name) => [name, { auth }])),
});

/** An address that nobody used before. */
export const newAddress = (name) => `${name}-${randomUUID().slice(0, 8)}@example.com`;

/** The data of a client's answer, or its error thrown. */
export async function ok(answer) {
  const { data, error } = await answer;
  if (error) throw new Error(`${error.status} ${error.code}: ${error.message}`, { cause: error });
  return data;
}

/** The code of the error that a client's answer has to have. */
export async function code(answer) {
  const { data, error } = await answer;
  assert.ok(error, `expected a refusal, got ${JSON.stringify(data)}`);
  return error.code;
}

/** Storage in memory, as a browser's. */
export class MemoryStorage {
  #items = new Map();
  getItem = (key) => this.#items.get(key) ?? null;
  setItem = (key, value) => void this.#items.set(key, value);
  removeItem = (key) => void this.#items.delete(key);
}

/** A client that keeps its session and a PKCE verifier, as in a browser. */
export const browser = (program, app, flowType = "pkce") =>
  program.anonymous(app, { flowType, storage: new MemoryStorage(), persistSession: true, detectSessionInUrl: false });

/** Follows a link as a browser does, one step; answers with what the next address says. */
export async function follow(link) {
  const response = await fetch(link, { redirect: "manual" });
  assert.ok([302, 303].includes(response.status), `${response.status} ${await response.text()}`);
  const url = new URL(response.headers.get("location"));
  return {
    url,
    headers: response.headers,
    query: Object.fromEntries(url.searchParams),
    fragment: Object.fromEntries(new URLSearchParams(url.hash.slice(1))),
  };
}

/** Follows a link that ends in tokens, and gives them to the client. */
export async function arrive(client, link) {
  const { fragment } = await follow(link);
  assert.ok(fragment.access_token, JSON.stringify(fragment));
  return ok(client.auth.setSession(fragment));
}

/** Follows a link that ends in a code, which the client trades. */
export async function arriveWithCode(client, link) {
  const { query, fragment } = await follow(link);
  assert.ok(query.code, JSON.stringify({ query, fragment }));
  return ok(client.auth.exchangeCodeForSession(query.code));
}

/** The administrator of a tenant that is made for it, where people come by invitation. */
export async function tenantAdministrator(program, app, slug = randomUUID()) {
  const [tenant] = await rows(program.service(app).from("tenants").insert({ name: slug, slug }).select("id"));
  const email = newAddress("administrator");
  const user = await program.createUser(app, email, { tenant_id: tenant.id, role: "tenant_admin" });
  return { tenant, email, user, client: await program.signIn(app, email) };
}

/** Lets an account in, where an administrator has to. */
export const approve = (program, app, id) =>
  rows(program.service(app).from("users").update({ approved: true }).eq("id", id).select("id"));

/** A confirmed account that may sign in, made by an administrator. */
export async function member(program, app, name, metadata = {}) {
  const email = newAddress(name);
  const place = {};
  if (applications[app]?.byInvitation) {
    const slug = randomUUID();
    const [tenant] = await rows(program.service(app).from("tenants").insert({ name: slug, slug }).select("id"));
    Object.assign(place, { tenant_id: tenant.id, role: "user" });
  }
  const user = await program.createUser(app, email, { ...place, ...metadata });
  if (applications[app]?.waitsForApproval) await approve(program, app, user.id);
  return { user, email };
}

/** The same, signed in. */
export async function signedIn(program, app, name) {
  const { user, email } = await member(program, app, name);
  return { user, email, client: await program.signIn(app, email) };
}

/** What a client answers to a person whose session is over. */
export const isSignedOut = async (client) => (await client.auth.getUser()).error !== null;

/** Another client of the same person. */
export const another = (program, app, email, secret = password) => {
  const client = program.anonymous(app);
  return ok(client.auth.signInWithPassword({ email, password: secret })).then(() => client);
};

/** The code that an authenticator app shows, so many steps from now. */
export const totpCode = (secret, steps = 0) =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + steps * 30_000 });

/** The claims of an access token. */
export const claimsOf = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
