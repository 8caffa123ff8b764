// What people do with their accounts, in every application, with the real client.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import {
  another, applications, approve, arrive, arriveWithCode, browser, claimsOf, code, follow, isSignedOut,
  newAddress, ok, settingsFor, signedIn, tenantAdministrator, totpCode,
} from "./auth-helpers.mjs";
import { password, startWith } from "./program.mjs";

let program;
before(async () => {
  const apps = Object.keys(applications);
  program = await startWith({ apps, settings: settingsFor(apps) });
});
after(() => program?.stop());

for (const [app, { waitsForApproval, byInvitation }] of Object.entries(applications)) {
  describe(app, () => {
    if (byInvitation) invited(app);
    else signUps(app, waitsForApproval);
    sessions(app);
    changes(app);
    codes(app);
    secondFactors(app);
  });
}

/** People come by themselves: by link, by code, and in a flow that ends where it began. */
function signUps(app, waitsForApproval) {
  const ways = {
    "a link": ["implicit", (client, mail) => arrive(client, mail.link)],
    "a code": ["implicit", (client, mail) => ok(client.auth.verifyOtp({ email: mail.to, token: mail.code, type: "signup" }))],
    "a link of a PKCE flow": ["pkce", (client, mail) => arriveWithCode(client, mail.link)],
  };
  for (const [name, [flowType, confirm]] of Object.entries(ways)) {
    test(`a sign-up is confirmed by ${name}`, async () => {
      const client = browser(program, app, flowType);
      const email = newAddress("ann");
      const { user, session } = await ok(client.auth.signUp({ email, password, options: { data: { name: "Ann" } } }));
      assert.equal(session, null);
      assert.equal(user.email, email);
      assert.equal(user.identities.length, 1);
      assert.ok(user.confirmation_sent_at);
      assert.equal(await code(client.auth.signInWithPassword({ email, password })), "email_not_confirmed");
      const mail = await program.mailbox(app).next(email);
      if (waitsForApproval) await approve(program, app, user.id);
      const confirmed = await confirm(client, mail);
      assert.equal(confirmed.user.id, user.id);
      assert.ok(confirmed.user.email_confirmed_at);
      assert.equal(confirmed.user.user_metadata.name, "Ann");
      assert.equal((await ok(client.auth.getUser())).user.email, email);
      assert.ok((await follow(mail.link)).query.error_code, "a link works once");
    });
  }

  test("a sign-up with a known address looks like any other", async () => {
    const email = newAddress("known");
    const { user } = await ok(program.anonymous(app).auth.signUp({ email, password }));
    await follow((await program.mailbox(app).next(email)).link);
    const again = await ok(program.anonymous(app).auth.signUp({ email, password: "another password" }));
    assert.equal(again.session, null);
    assert.deepEqual(again.user.identities, []);
    assert.notEqual(again.user.id, user.id);
    await ok(program.anonymous(app).auth.resetPasswordForEmail(email));
    assert.match((await program.mailbox(app).next(email)).link, /type=recovery/, "no other mail came before");
  });

  test("the mail of a sign-up comes again on request", async () => {
    const client = program.anonymous(app);
    const email = newAddress("again");
    await ok(client.auth.signUp({ email, password }));
    const first = await program.mailbox(app).next(email);
    await ok(client.auth.resend({ type: "signup", email }));
    const second = await program.mailbox(app).next(email);
    assert.notEqual(first.code, second.code);
    assert.equal((await follow(first.link)).query.error_code, "otp_expired");
    await follow(second.link);
    await ok(client.auth.resend({ type: "signup", email: newAddress("nobody") }));
  });

  if (waitsForApproval) {
    test("nobody comes in before an administrator approved", async () => {
      const client = program.anonymous(app);
      const email = newAddress("waiting");
      const { user } = await ok(client.auth.signUp({ email, password }));
      const { link } = await program.mailbox(app).next(email);
      assert.equal((await follow(link)).query.error_code, "approval_required");
      assert.equal(await code(client.auth.signInWithPassword({ email, password })), "approval_required");
      await approve(program, app, user.id);
      assert.ok((await ok(client.auth.signInWithPassword({ email, password }))).user.email_confirmed_at);
    });
  }

  test("a magic link makes an account, unless it must not", async () => {
    const client = browser(program, app);
    const email = newAddress("magic");
    const options = { shouldCreateUser: false };
    assert.equal(await code(client.auth.signInWithOtp({ email, options })), "otp_disabled");
    await ok(client.auth.signInWithOtp({ email }));
    const mail = await program.mailbox(app).next(email);
    if (waitsForApproval) {
      const [user] = (await ok(program.service(app).auth.admin.listUsers())).users;
      await approve(program, app, user.id);
    }
    const { user } = await arriveWithCode(client, mail.link);
    assert.equal(user.email, email);
  });
}

/** People come because somebody in charge invites them. */
function invited(app) {
  test("a person comes by the invitation of a tenant's administrator", async () => {
    const { client: administrator, tenant } = await tenantAdministrator(program, app);
    const email = newAddress("invited");
    const inviter = await program.as(app, administrator);
    const { user } = await ok(inviter.auth.admin.inviteUserByEmail(email, { data: { name: "Ida" } }));
    assert.equal(user.app_metadata.tenant_id, tenant.id);
    assert.ok(user.invited_at);
    const client = program.anonymous(app);
    const mail = await program.mailbox(app).next(email);
    const { session } = await arrive(client, mail.link);
    assert.equal(claimsOf(session.access_token).app_metadata.tenant_id, tenant.id);
    await ok(client.auth.updateUser({ password }));
    await another(program, app, email);
  });

  test("nobody comes by themselves", async () => {
    const client = program.anonymous(app);
    const email = newAddress("stranger");
    assert.ok(await code(client.auth.signUp({ email, password })));
    assert.ok(await code(client.auth.signInWithOtp({ email })));
    assert.deepEqual(await program.mailbox(app).unread(email), []);
  });
}

function sessions(app) {
  test("a session is refreshed, and its tokens say who it is", async () => {
    const { client, user, email } = await signedIn(program, app, "refresh");
    const { session } = await ok(client.auth.getSession());
    const next = (await ok(client.auth.refreshSession())).session;
    assert.notEqual(next.refresh_token, session.refresh_token);
    const [claims, later] = [session, next].map((one) => claimsOf(one.access_token));
    assert.equal(claims.sub, user.id);
    assert.equal(claims.email, email);
    assert.equal(claims.aal, "aal1");
    assert.equal(claims.amr[0].method, "password");
    assert.equal(later.session_id, claims.session_id);
    const verified = await ok(client.auth.getClaims());
    assert.equal(verified.claims.sub, user.id);
    assert.equal(verified.header.alg, "ES256");
  });

  test("signing out ends this session, the others, or all", async () => {
    const { client, email } = await signedIn(program, app, "out");
    const [second, third, fourth] = await Promise.all([1, 2, 3].map(() => another(program, app, email)));
    const ended = async (...clients) => Promise.all(clients.map(isSignedOut));
    const kept = (await ok(second.auth.getSession())).session;
    await ok(second.auth.signOut({ scope: "local" }));
    // The client's own name for the answer `session_not_found`.
    assert.equal((await second.auth.getUser(kept.access_token)).error.name, "AuthSessionMissingError");
    assert.equal(await code(second.auth.refreshSession(kept)), "refresh_token_not_found");
    assert.deepEqual(await ended(client, second, third, fourth), [false, true, false, false]);
    await ok(third.auth.signOut({ scope: "others" }));
    assert.deepEqual(await ended(client, third, fourth), [true, false, true]);
    const fifth = await another(program, app, email);
    await ok(fifth.auth.signOut());
    assert.deepEqual(await ended(third, fifth), [true, true]);
  });
}

function changes(app) {
  test("an address changes once both sides confirmed", async () => {
    const { client, email } = await signedIn(program, app, "old");
    const next = newAddress("new");
    const { user } = await ok(client.auth.updateUser({ email: next }));
    assert.equal(user.new_email, next);
    assert.equal(user.email, email);
    const [current, fresh] = [await program.mailbox(app).next(email), await program.mailbox(app).next(next)];
    const first = await follow(fresh.link);
    assert.match(first.fragment.message, /other email/);
    assert.equal((await ok(client.auth.getUser())).user.email, email);
    await arrive(client, current.link);
    const changed = (await ok(client.auth.getUser())).user;
    assert.equal(changed.email, next);
    assert.equal(changed.identities[0].identity_data.email, next);
    assert.ok(await another(program, app, next));
    assert.equal(await code(program.anonymous(app).auth.signInWithPassword({ email, password })), "invalid_credentials");
    assert.match((await program.mailbox(app).next(email)).subject, /address/i);
  });

  test("an address changes by codes, and its mails come again on request", async () => {
    const { client, email } = await signedIn(program, app, "typed");
    const next = newAddress("new");
    await ok(client.auth.updateUser({ email: next }));
    const mails = program.mailbox(app);
    const stale = await mails.next(next);
    await mails.next(email);
    await ok(client.auth.resend({ type: "email_change", email }));
    const [current, fresh] = [await mails.next(email), await mails.next(next)];
    const confirm = (address, token) => client.auth.verifyOtp({ email: address, token, type: "email_change" });
    assert.equal(await code(confirm(next, stale.code)), "otp_expired");
    assert.equal((await ok(confirm(email, current.code))).session, null);
    assert.equal((await ok(confirm(next, fresh.code))).user.email, next);
  });

  test("a forgotten password is replaced", async () => {
    const { email, client: elsewhere } = await signedIn(program, app, "forgetful");
    const client = browser(program, app);
    await ok(client.auth.resetPasswordForEmail(newAddress("nobody")));
    await ok(client.auth.resetPasswordForEmail(email));
    await arriveWithCode(client, (await program.mailbox(app).next(email)).link);
    assert.equal(await code(client.auth.updateUser({ password })), "same_password");
    assert.equal(await code(client.auth.updateUser({ password: "short" })), "weak_password");
    await ok(client.auth.updateUser({ password: "a new password" }));
    assert.match((await program.mailbox(app).next(email)).subject, /password/i);
    assert.ok(await isSignedOut(elsewhere), "the other sessions end");
    assert.equal(await code(client.auth.signInWithPassword({ email, password })), "invalid_credentials");
    await another(program, app, email, "a new password");
  });

  test("a password that was entered long ago needs a mailed code to change", async () => {
    const { client, email } = await signedIn(program, app, "nonce");
    await ok(client.auth.reauthenticate());
    const { code: nonce } = await program.mailbox(app).next(email);
    assert.equal(await code(client.auth.updateUser({ password: "a new password", nonce: "000000" })), "reauthentication_not_valid");
    await ok(client.auth.updateUser({ password: "a new password", nonce }));
    assert.equal(await code(client.auth.updateUser({ password: "a third password", nonce })), "reauthentication_not_valid");
  });

  test("metadata is merged", async () => {
    const { client } = await signedIn(program, app, "data");
    await ok(client.auth.updateUser({ data: { a: 1, b: { c: 2 } } }));
    const { user } = await ok(client.auth.updateUser({ data: { a: null, d: 3 } }));
    assert.deepEqual([user.user_metadata.a, user.user_metadata.b, user.user_metadata.d], [undefined, { c: 2 }, 3]);
  });
}

function codes(app) {
  test("a mailed code signs in, once", async () => {
    const { email } = await signedIn(program, app, "code");
    const client = program.anonymous(app);
    await ok(client.auth.signInWithOtp({ email, options: { shouldCreateUser: false } }));
    const { code: token } = await program.mailbox(app).next(email);
    const verify = () => client.auth.verifyOtp({ email, token, type: "email" });
    const { session } = await ok(verify());
    assert.equal(claimsOf(session.access_token).amr[0].method, "otp");
    assert.equal(await code(verify()), "otp_expired");
  });

  test("the token of a link works like the link", async () => {
    const { email } = await signedIn(program, app, "hash");
    const client = program.anonymous(app);
    await ok(client.auth.signInWithOtp({ email }));
    const { link } = await program.mailbox(app).next(email);
    const token_hash = new URL(link).searchParams.get("token");
    assert.equal((await ok(client.auth.verifyOtp({ token_hash, type: "email" }))).user.email, email);
  });

  test("five wrong codes take the right one away", async () => {
    const { email } = await signedIn(program, app, "guessed");
    const client = program.anonymous(app);
    await ok(client.auth.signInWithOtp({ email }));
    const { code: token } = await program.mailbox(app).next(email);
    const wrong = token === "000000" ? "111111" : "000000";
    for (let guess = 0; guess < 5; guess++) {
      assert.equal(await code(client.auth.verifyOtp({ email, token: wrong, type: "email" })), "otp_expired");
    }
    assert.equal(await code(client.auth.verifyOtp({ email, token, type: "email" })), "otp_expired");
  });
}

function secondFactors(app) {
  test("a second factor raises the session, and going without it lowers it", async () => {
    const { client, email } = await signedIn(program, app, "totp");
    const elsewhere = await another(program, app, email);
    const { mfa } = client.auth;
    const factor = await ok(mfa.enroll({ factorType: "totp", friendlyName: "phone" }));
    assert.match(factor.totp.qr_code, /svg/);
    assert.deepEqual((await ok(mfa.listFactors())).totp, []);
    assert.equal((await ok(mfa.listFactors())).all[0].status, "unverified");
    const { secret } = factor.totp;
    const challenge = await ok(mfa.challenge({ factorId: factor.id }));
    const answer = (text, challengeId = challenge.id) => mfa.verify({ factorId: factor.id, challengeId, code: text });
    assert.equal(await code(answer("000000")), "mfa_verification_failed");
    const used = totpCode(secret);
    await ok(answer(used));
    const levels = await ok(mfa.getAuthenticatorAssuranceLevel());
    assert.deepEqual([levels.currentLevel, levels.nextLevel], ["aal2", "aal2"]);
    assert.deepEqual(levels.currentAuthenticationMethods.map(({ method }) => method).sort(), ["password", "totp"]);
    assert.equal((await ok(mfa.listFactors())).totp[0].friendly_name, "phone");
    assert.ok(await isSignedOut(elsewhere), "sessions that are lower end");
    assert.match((await program.mailbox(app).next(email)).subject, /./);

    const later = await another(program, app, email);
    const low = await ok(later.auth.mfa.getAuthenticatorAssuranceLevel());
    assert.deepEqual([low.currentLevel, low.nextLevel], ["aal1", "aal2"]);
    assert.equal(await code(later.auth.mfa.unenroll({ factorId: factor.id })), "insufficient_aal");
    assert.equal(await code(later.auth.updateUser({ password: "a new password" })), "insufficient_aal");
    assert.equal(await code(later.auth.updateUser({ email: newAddress("moved") })), "insufficient_aal");
    await ok(later.auth.updateUser({ data: { colour: "red" } }));
    assert.equal(await code(later.auth.mfa.challengeAndVerify({ factorId: factor.id, code: used })), "mfa_verification_failed");
    await ok(later.auth.mfa.challengeAndVerify({ factorId: factor.id, code: totpCode(secret, 1) }));
    assert.equal(claimsOf((await ok(later.auth.refreshSession())).session.access_token).aal, "aal2");
    await ok(later.auth.mfa.unenroll({ factorId: factor.id }));
    assert.deepEqual((await ok(later.auth.mfa.listFactors())).all, []);
    assert.equal(claimsOf((await ok(later.auth.refreshSession())).session.access_token).aal, "aal1");
  });
}
