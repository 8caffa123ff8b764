// Refresh tokens: crossing, lost, stolen.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { another, claimsOf, isSignedOut, signedIn } from "./auth-helpers.mjs";
import { startWith } from "./program.mjs";

// In `board` a token that was used works for a moment, in `press` for none.
let program;
before(async () => {
  const settings = { apps: { press: { auth: { refresh_reuse_seconds: 0 } } } };
  program = await startWith({ apps: ["board", "press"], settings });
});
after(() => program?.stop());

/** Trades a refresh token, as a client does. */
async function refresh(app, refresh_token) {
  const { url, anon_key: apikey } = program.status.apps[app];
  const response = await fetch(`${url}/auth/v1/token?grant_type=refresh_token`, {
    method: "POST",
    headers: { apikey, "content-type": "application/json" },
    body: JSON.stringify({ refresh_token }),
  });
  return { status: response.status, headers: response.headers, ...(await response.json()) };
}

/** A person's first token. */
async function firstToken(app, name) {
  const person = await signedIn(program, app, name);
  const { session } = (await person.client.auth.getSession()).data;
  return { ...person, session, token: session.refresh_token };
}

/** Makes it so that every token of the application was used long ago. */
const later = (app) => program.sql(app, "update auth.refresh_tokens set updated_at = updated_at - interval '1 hour'");

test("a refresh says whose session it is", async () => {
  const { token, session, user } = await firstToken("board", "headers");
  const next = await refresh("board", token);
  assert.equal(next.headers.get("sb-auth-user-id"), user.id);
  assert.equal(next.headers.get("sb-auth-session-id"), claimsOf(session.access_token).session_id);
  assert.equal(next.headers.get("cache-control"), "no-store");
});

test("many clients that refresh at once get the same token, and the session lives", async () => {
  for (const app of ["board", "press"]) {
    const { token, client } = await firstToken(app, "crowd");
    let current = token;
    for (let round = 0; round < 5; round++) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(app, current)));
      assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]), app);
      const tokens = new Set(answers.map(({ refresh_token }) => refresh_token));
      assert.equal(tokens.size, 1, "one successor");
      assert.ok(!tokens.has(current), "and a new one");
      [current] = tokens;
    }
    const tokens = await program.sql(app, `select count(*) filter (where not revoked) from auth.refresh_tokens where user_id = '${(await client.auth.getUser()).data.user.id}'`);
    assert.equal(tokens, "1");
  }
});

test("two real clients that refresh at once both stay signed in", async () => {
  const { session, client } = await firstToken("board", "tabs");
  const tab = program.anonymous("board");
  await tab.auth.setSession(session);
  for (let round = 0; round < 10; round++) {
    const answers = await Promise.all([client, tab].map((one) => one.auth.refreshSession()));
    for (const { error } of answers) assert.equal(error, null);
  }
});

test("who lost the answer gets it again, even late", async () => {
  for (const app of ["board", "press"]) {
    const { token } = await firstToken(app, "lost");
    const lost = await refresh(app, token);
    await later(app);
    const again = await refresh(app, token);
    assert.equal(again.status, 200, app);
    assert.equal(again.refresh_token, lost.refresh_token);
    assert.equal((await refresh(app, again.refresh_token)).status, 200);
  }
});

test("a stolen token that comes after the client moved on ends its session, and no other", async () => {
  for (const app of ["board", "press"]) {
    const { token: stolen, email, client } = await firstToken(app, "stolen");
    const elsewhere = await another(program, app, email);
    const second = await refresh(app, stolen);
    const third = await refresh(app, second.refresh_token);
    await later(app);
    const thief = await refresh(app, stolen);
    assert.deepEqual([thief.status, thief.error_code], [400, "refresh_token_already_used"], app);
    // The refusal is an answer; the end of the session is written all the same.
    const sessions = await program.sql(app, `select count(*) from auth.sessions where user_id = '${second.user.id}'`);
    assert.equal(sessions, "1");
    const victim = await refresh(app, third.refresh_token);
    assert.deepEqual([victim.status, victim.error_code], [400, "refresh_token_not_found"]);
    assert.ok(await isSignedOut(client));
    assert.ok(!(await isSignedOut(elsewhere)));
    assert.equal((await elsewhere.auth.refreshSession()).error, null);
  }
});

test("a thief who is first is found when the client comes", async () => {
  const { token, client } = await firstToken("board", "first");
  const thief = await refresh("board", token);
  const onward = await refresh("board", thief.refresh_token);
  await later("board");
  const victim = await refresh("board", token);
  assert.equal(victim.error_code, "refresh_token_already_used");
  assert.equal((await refresh("board", onward.refresh_token)).status, 400);
  assert.ok(await isSignedOut(client));
});

test("reuse is forgiven within the interval, and not outside of it", async () => {
  const within = await firstToken("board", "within");
  const second = await refresh("board", within.token);
  const third = await refresh("board", second.refresh_token);
  const crossed = await refresh("board", within.token);
  assert.equal(crossed.status, 200);
  assert.equal(crossed.refresh_token, third.refresh_token, "the active token, not another branch");

  const without = await firstToken("press", "without");
  const next = await refresh("press", without.token);
  await refresh("press", next.refresh_token);
  assert.equal((await refresh("press", without.token)).error_code, "refresh_token_already_used");
});

test("a session that was not refreshed for too long is over", async () => {
  const { token, user } = await firstToken("board", "late");
  await program.sql("board", `update auth.sessions set not_after = now() - interval '1 second' where user_id = '${user.id}'`);
  const late = await refresh("board", token);
  assert.deepEqual([late.status, late.error_code], [400, "session_expired"]);
});

test("a token is of its application only", async () => {
  const { token } = await firstToken("board", "here");
  assert.equal((await refresh("press", token)).error_code, "refresh_token_not_found");
  assert.equal((await refresh("board", token)).status, 200);
});
