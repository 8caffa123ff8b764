// What is good once is good once, however many come with it at the same moment; and where links lead.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { browser, follow, member, newAddress, ok, settingsFor, signedIn, totpCode } from "./auth-helpers.mjs";
import { password, startWith } from "./program.mjs";

const app = "press";
let program;
before(async () => {
  const settings = settingsFor([app]);
  settings.apps[app].redirect_urls = ["https://*.preview.example.com/**"];
  program = await startWith({ apps: [app], settings });
});
after(() => program?.stop());

/** Does it eight times at once. */
const crowd = (act) => Promise.all(Array.from({ length: 8 }, (_, index) => act(index)));

/** How often each outcome came. */
const tally = (outcomes) => outcomes.reduce((sum, one) => ({ ...sum, [one]: (sum[one] ?? 0) + 1 }), {});

const outcome = ({ error }) => error?.code ?? "ok";

test("sign-ups at once make one account, and all get the same answer", async () => {
  const email = newAddress("crowd");
  const answers = await crowd(() => program.anonymous(app).auth.signUp({ email, password }));
  for (const { data, error } of answers) {
    assert.equal(error, null);
    assert.deepEqual([data.session, data.user.email], [null, email]);
  }
  assert.equal(await program.sql(app, `select count(*) from public.users where email = '${email}'`), "1");
});

test("a code signs in once", async () => {
  const { email } = await member(program, app, "code");
  await ok(program.anonymous(app).auth.signInWithOtp({ email }));
  const { code: token } = await program.mailbox(app).next(email);
  const answers = await crowd(() => program.anonymous(app).auth.verifyOtp({ email, token, type: "email" }));
  assert.deepEqual(tally(answers.map(outcome)), { ok: 1, otp_expired: 7 });
});

test("a link is followed once, and its code is traded once", async () => {
  const { email } = await member(program, app, "link");
  const client = browser(program, app);
  await ok(client.auth.signInWithOtp({ email }));
  const { link } = await program.mailbox(app).next(email);
  const followed = await crowd(() => follow(link));
  assert.deepEqual(tally(followed.map(({ query }) => query.error_code ?? "ok")), { ok: 1, otp_expired: 7 });
  const { code } = followed.find(({ query }) => query.code).query;
  const stored = client.auth.storage.getItem(`${client.auth.storageKey}-code-verifier`);
  const code_verifier = JSON.parse(stored).split("/")[0];
  const { url, anon_key: apikey } = program.status.apps[app];
  const trade = async (verifier) => {
    const body = JSON.stringify({ auth_code: code, code_verifier: verifier });
    const response = await fetch(`${url}/auth/v1/token?grant_type=pkce`, { method: "POST", headers: { apikey }, body });
    return (await response.json()).error_code ?? "ok";
  };
  assert.equal(await trade("v".repeat(43)), "bad_code_verifier");
  assert.deepEqual(tally(await crowd(() => trade(code_verifier))), { ok: 1, flow_state_not_found: 7 });
});

test("the code of a second factor passes once", async () => {
  const { client } = await signedIn(program, app, "factor");
  const { mfa } = client.auth;
  const { id: factorId, totp } = await ok(mfa.enroll({ factorType: "totp" }));
  const challenges = await crowd(() => ok(mfa.challenge({ factorId })));
  const code = totpCode(totp.secret);
  const answers = await Promise.all(challenges.map(({ id: challengeId }) => mfa.verify({ factorId, challengeId, code })));
  assert.deepEqual(tally(answers.map(outcome)), { ok: 1, mfa_verification_failed: 7 });
});

test("mails lead to where the operator allows, and nowhere else", async () => {
  const site = program.status.url;
  const targets = {
    [`${site}/inside?a=b#c`]: `${site}/inside`,
    "https://one.preview.example.com/deep/path": "https://one.preview.example.com/deep/path",
    [`${site}/schön`]: `${site}/sch%C3%B6n`,
    "https://evil.example/": site,
    "https://preview.example.com.evil.example/": site,
    "javascript:alert(1)": site,
    "//evil.example": site,
  };
  const { email } = await member(program, app, "sent");
  for (const [emailRedirectTo, expected] of Object.entries(targets)) {
    await ok(program.anonymous(app).auth.signInWithOtp({ email, options: { emailRedirectTo } }));
    const { link } = await program.mailbox(app).next(email);
    assert.ok(link.startsWith(`${program.status.apps[app].url}/auth/v1/verify?`));
    const { url, headers } = await follow(link);
    assert.ok(url.href.startsWith(expected), `${emailRedirectTo}: ${url}`);
    assert.equal(headers.get("referrer-policy"), "no-referrer");
    const changed = new URL(link);
    changed.searchParams.set("redirect_to", "https://evil.example/");
    assert.equal((await follow(changed)).url.origin, site);
  }
});
