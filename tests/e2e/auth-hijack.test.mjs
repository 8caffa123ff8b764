// Accounts stay with those who own their address: what somebody did before them, or does beside
// them, opens nothing.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import { code, follow, ok } from "./auth-helpers.mjs";
import { password, refused, startWith } from "./program.mjs";

const app = "board";
const someone = (name) => `${name}-${randomUUID()}@example.com`;
let strict, lenient;

before(async () => {
  const auth = { mail_interval_seconds: 0 };
  [strict, lenient] = await Promise.all([
    startWith({ apps: [app], settings: { apps: { [app]: { auth: { ...auth, confirm_email: true } } } } }),
    startWith({ apps: [app], settings: { apps: { [app]: { auth } } } }),
  ]);
});

after(() => Promise.all([strict?.stop(), lenient?.stop()]));

const raw = (program, path, body, headers = {}) =>
  fetch(`${program.status.apps[app].url}/auth/v1/${path}`, {
    method: "POST",
    headers: { apikey: program.status.apps[app].anon_key, "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

const confirmed = async (email) => {
  const client = strict.anonymous(app);
  await ok(client.auth.signUp({ email, password }));
  await follow((await strict.mailbox(app).next(email)).link);
  await ok(client.auth.signInWithPassword({ email, password }));
  return client;
};

test("two passwords for an address that nobody confirmed are none", async () => {
  const email = someone("twice");
  await ok(strict.anonymous(app).auth.signUp({ email, password: "the stranger's" }));
  const before = await strict.mailbox(app).next(email);
  const answer = await ok(strict.anonymous(app).auth.signUp({ email, password: "the owner's", options: { data: { name: "Own" } } }));
  assert.deepEqual(answer.user.user_metadata, { name: "Own" }, "nothing of the other sign-up is shown");
  const mail = await strict.mailbox(app).next(email);
  assert.match((await follow(before.link)).url.href, /error_code=otp_expired/, "the newest mail counts");
  assert.match((await follow(mail.link)).url.href, /access_token=/);
  for (const tried of ["the stranger's", "the owner's"]) {
    assert.equal(await code(strict.anonymous(app).auth.signInWithPassword({ email, password: tried })), "invalid_credentials");
  }
});

test("a magic link confirms the address, but no stranger's password", async () => {
  const email = someone("magic");
  await ok(strict.anonymous(app).auth.signUp({ email, password: "the stranger's" }));
  await strict.mailbox(app).next(email);
  await ok(strict.anonymous(app).auth.signInWithOtp({ email }));
  assert.match((await follow((await strict.mailbox(app).next(email)).link)).url.href, /access_token=/);
  assert.equal(
    await code(strict.anonymous(app).auth.signInWithPassword({ email, password: "the stranger's" })),
    "invalid_credentials",
  );
});

test("a link cannot be told from the address and a guessed code", async () => {
  const email = someone("link");
  await ok(strict.anonymous(app).auth.signUp({ email, password }));
  const mail = await strict.mailbox(app).next(email);
  const digits = mail.text.match(/\b\d{6}\b/)[0];
  const { createHash } = await import("node:crypto");
  const guessed = createHash("sha224").update(email + digits).digest("hex");
  assert.equal((await raw(strict, "verify", { type: "signup", token_hash: guessed })).status, 403);
  await ok(strict.anonymous(app).auth.verifyOtp({ type: "signup", email, token: digits }));
});

test("the change of an address waits for the old one, whatever becomes of its code", async () => {
  const [email, wanted] = [someone("old"), someone("new")];
  const client = await confirmed(email);
  await ok(client.auth.updateUser({ email: wanted }));
  for (let attempt = 0; attempt < 6; attempt++) {
    await code(strict.anonymous(app).auth.verifyOtp({ type: "email_change", email, token: "000000" }));
  }
  const { link } = await strict.mailbox(app).next(wanted);
  assert.match((await follow(link)).url.href, /message=/, "noted, not done");
  assert.equal((await client.auth.getUser()).data.user.email, email);
  assert.equal(await code(strict.anonymous(app).auth.signInWithPassword({ email: wanted, password })), "invalid_credentials");
});

test("a new password ends what was begun before it", async () => {
  const [email, wanted] = [someone("thief"), someone("taken")];
  const client = await confirmed(email);
  await ok(client.auth.updateUser({ email: wanted }));
  const { link } = await strict.mailbox(app).next(wanted);
  await ok(client.auth.updateUser({ password: "another long password" }));
  assert.match((await follow(link)).url.href, /error_code=otp_expired/);
});

test("guesses of one's own password are counted, too", async () => {
  const email = someone("guess");
  const { session } = await lenient.signUp(app, email);
  for (let attempt = 0; attempt < 5; attempt++) {
    const answer = await fetch(`${lenient.status.apps[app].url}/auth/v1/user`, {
      method: "DELETE",
      headers: {
        apikey: lenient.status.apps[app].anon_key,
        authorization: `Bearer ${session.access_token}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({ password: "a wrong one" }),
    });
    assert.ok([400, 403].includes(answer.status), `${answer.status}`);
  }
  assert.ok(await refused(lenient.anonymous(app).auth.signInWithPassword({ email, password })), "locked");
});

test("a mail scanner that only looks does not use a link up", async () => {
  const email = someone("scanner");
  await ok(strict.anonymous(app).auth.signUp({ email, password }));
  const { link } = await strict.mailbox(app).next(email);
  assert.equal((await fetch(link, { method: "HEAD", redirect: "manual" })).status, 405);
  assert.match((await follow(link)).url.href, /access_token=/);
});

test("people export what there is about them, and erase themselves", async () => {
  const email = someone("leaving");
  const { session } = await lenient.signUp(app, email);
  const base = `${lenient.status.apps[app].url}/auth/v1/user`;
  const headers = {
    apikey: lenient.status.apps[app].anon_key,
    authorization: `Bearer ${session.access_token}`,
    "content-type": "application/json",
  };
  const exported = await (await fetch(`${base}/export`, { headers })).json();
  assert.equal(exported.tables["auth.users"][0].email, email);
  assert.equal(exported.tables["public.users"][0].email, email);
  assert.equal((await fetch(base, { method: "DELETE", headers })).status, 401, "without a proof");
  const erased = await fetch(base, { method: "DELETE", headers, body: JSON.stringify({ password }) });
  assert.equal(erased.status, 204);
  assert.ok(await refused(lenient.anonymous(app).auth.signInWithPassword({ email, password })));
});
