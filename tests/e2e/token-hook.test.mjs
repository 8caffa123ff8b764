// The application's own SQL function that changes the claims of every access token.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { claimsOf, member, ok, totpCode } from "./auth-helpers.mjs";
import { password, startWith } from "./program.mjs";

const app = "board";
let program, person;

/** Lets the hook be what this body says. */
const hook = (body) => program.sql(app, `
  create or replace function public.token_hook(event jsonb) returns jsonb language plpgsql stable as $hook$
  declare claims jsonb = event->'claims';
  begin ${body} end $hook$`);

before(async () => {
  const auth = { custom_access_token_hook: "public.token_hook" };
  program = await startWith({ apps: [app], settings: { apps: { [app]: { auth } } } });
  person = await member(program, app, "hooked");
});
after(() => program?.stop());
beforeEach(() => hook("return event;"));

const signIn = () => program.anonymous(app).auth.signInWithPassword({ email: person.email, password });

/** A hook that does not work is told without its reasons. */
async function broken(name) {
  const { error } = await signIn();
  assert.deepEqual([error?.status, error?.message], [500, "Error running hook: the access token hook failed"], name);
}

test("a claim that is added is in every token", async () => {
  await hook(`
    claims = jsonb_set(claims, '{app_metadata,team}', '"blue"');
    claims = claims || jsonb_build_object('method', event->>'authentication_method', 'who', event->>'user_id');
    return jsonb_build_object('claims', claims);`);
  const { session } = await ok(signIn());
  const claims = claimsOf(session.access_token);
  assert.deepEqual([claims.app_metadata.team, claims.method, claims.who], ["blue", "password", person.user.id]);
  const client = program.anonymous(app);
  const next = (await ok(client.auth.refreshSession(session))).session;
  assert.equal(claimsOf(next.access_token).method, "token_refresh");
  assert.equal((await ok(client.auth.getClaims())).claims.app_metadata.team, "blue");
});

test("the hook is told of second factors", async () => {
  await hook("return jsonb_build_object('claims', claims || jsonb_build_object('method', event->>'authentication_method'));");
  const client = program.anonymous(app);
  const { user, email } = await member(program, app, "factor");
  await ok(client.auth.signInWithPassword({ email, password }));
  const { id, totp } = await ok(client.auth.mfa.enroll({ factorType: "totp" }));
  const session = await ok(client.auth.mfa.challengeAndVerify({ factorId: id, code: totpCode(totp.secret) }));
  assert.equal(claimsOf(session.access_token).method, "totp");
  assert.equal(claimsOf(session.access_token).sub, user.id);
});

test("an answer without a required claim is refused", async () => {
  for (const claim of ["aud", "exp", "iat", "sub", "role", "aal", "session_id"]) {
    await hook(`return jsonb_build_object('claims', claims - '${claim}');`);
    await broken(claim);
  }
});

test("a hook cannot give a role that callers may not have", async () => {
  for (const role of ["postgres", "board_owner", "tenantry", "nobody"]) {
    await hook(`return jsonb_build_object('claims', claims || '{"role": "${role}"}');`);
    const { session } = await ok(signIn());
    const client = await program.as(app, { auth: { getSession: async () => ({ data: { session } }) } });
    assert.ok((await client.from("users").select("id")).error, role);
  }
});

test("a refusal of the hook reaches the client in its words", async () => {
  await hook("return jsonb_build_object('error', jsonb_build_object('http_code', 403, 'message', 'Not on Sundays'));");
  const { error } = await signIn();
  assert.deepEqual([error.status, error.message], [403, "Not on Sundays"]);
  await hook("return jsonb_build_object('error', jsonb_build_object('http_code', 200, 'message', 'No success'));");
  assert.equal((await signIn()).error.status, 500);
});

test("who is refused by the hook has no session", async () => {
  const sessions = () => program.sql(app, `select count(*) from auth.sessions where user_id = '${person.user.id}'`);
  const before = await sessions();
  await hook("return jsonb_build_object('error', jsonb_build_object('http_code', 403, 'message', 'No'));");
  assert.ok((await signIn()).error);
  assert.equal(await sessions(), before);
});

test("a hook that breaks, or answers nothing, lets nobody in and tells nothing", async () => {
  for (const body of ["raise exception 'the secret of the hook';", "return null;", "return '[]';", "return '{\"claims\": 1}';", "return '{}';"]) {
    await hook(body);
    await broken(body);
  }
});

test("a hook that was taken away lets nobody in", async () => {
  await program.sql(app, "drop function public.token_hook");
  await broken("no function");
});
