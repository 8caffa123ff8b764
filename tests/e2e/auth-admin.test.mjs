// The administration of accounts with the service key, and people without an identity.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import {
  another, applications, approve, arrive, browser, claimsOf, code, follow, isSignedOut, member, newAddress, ok,
  settingsFor, signedIn, strict, tenantAdministrator, totpCode,
} from "./auth-helpers.mjs";
import { password, rows, startWith } from "./program.mjs";

const names = Object.keys(applications);
let program;
before(async () => {
  const settings = settingsFor(names);
  settings.apps.notes = { auth: { ...strict, anonymous_users: true } };
  settings.apps.press.auth = { ...strict, anonymous_users: true };
  program = await startWith({ apps: names, folders: ["examples/notes"], settings });
});
after(() => program?.stop());

const unknown = "00000000-0000-4000-8000-000000000000";

for (const [app, { byInvitation, waitsForApproval }] of Object.entries({ ...applications, notes: {} })) {
  const administration = () => program.service(app).auth.admin;
  /** What only the server says about a new person, where it has to. */
  const place = async () =>
    byInvitation ? { tenant_id: (await tenantAdministrator(program, app)).tenant.id, role: "user" } : {};

  describe(app, () => {
    test("accounts are made, read, changed and deleted", async () => {
      const admin = administration();
      const email = newAddress("made");
      const app_metadata = { ...(await place()), plan: "gold" };
      const { user } = await ok(admin.createUser({ email, password, email_confirm: true, user_metadata: { name: "Mo" }, app_metadata }));
      assert.equal(user.app_metadata.plan, "gold");
      assert.equal(user.app_metadata.provider, "email");
      assert.ok(user.email_confirmed_at);
      assert.equal(await code(admin.createUser({ email, password, app_metadata })), "email_exists");
      assert.equal((await ok(admin.getUserById(user.id))).user.email, email);
      const next = newAddress("changed");
      const changed = await ok(admin.updateUserById(user.id, { email: next, email_confirm: true, user_metadata: { colour: "red" }, app_metadata: { plan: null } }));
      assert.equal(changed.user.email, next);
      assert.deepEqual([changed.user.user_metadata.name, changed.user.user_metadata.colour], ["Mo", "red"]);
      assert.equal(changed.user.app_metadata.plan, undefined);
      await ok(admin.deleteUser(user.id));
      assert.equal(await code(admin.getUserById(user.id)), "user_not_found");
      assert.equal(await code(admin.updateUserById(unknown, { email: newAddress("x") })), "user_not_found");
      assert.equal(await code(admin.deleteUser(unknown)), "user_not_found");
    });

    test("accounts are listed by page", async () => {
      for (let made = 0; made < 3; made++) await member(program, app, "listed");
      const first = await ok(administration().listUsers({ page: 1, perPage: 2 }));
      assert.equal(first.users.length, 2);
      assert.equal(first.nextPage, 2);
      assert.ok(first.total >= 3);
      assert.equal(first.lastPage, Math.ceil(first.total / 2));
      const second = await ok(administration().listUsers({ page: 2, perPage: 2 }));
      assert.ok(second.users.every(({ id }) => first.users.every((other) => other.id !== id)));
      const beyond = await ok(administration().listUsers({ page: 100, perPage: 2 }));
      assert.deepEqual(beyond.users, []);
    });

    test("a ban ends the sessions, until it is lifted", async () => {
      const { client, user, email } = await signedIn(program, app, "banned");
      await ok(administration().updateUserById(user.id, { ban_duration: "1h" }));
      assert.ok(await isSignedOut(client));
      assert.equal(await code(client.auth.signInWithPassword({ email, password })), "user_banned");
      await ok(administration().updateUserById(user.id, { ban_duration: "none" }));
      await another(program, app, email);
    });

    test("a softly deleted account stays, and nobody signs in with it", async () => {
      const { client, user, email } = await signedIn(program, app, "hidden");
      await ok(administration().deleteUser(user.id, true));
      assert.ok(await isSignedOut(client));
      assert.equal(await code(client.auth.signInWithPassword({ email, password })), "invalid_credentials");
    });

    test("links are made without mail", async () => {
      const admin = administration();
      const { email } = await member(program, app, "linked");
      const redirectTo = `${program.status.url}/welcome`;
      const made = async (request) => {
        const { properties, user } = await ok(admin.generateLink({ options: { redirectTo }, ...request }));
        assert.equal(properties.verification_type, request.type);
        assert.equal(properties.redirect_to, redirectTo);
        assert.match(properties.email_otp, /^\d{6}$/);
        assert.ok(properties.action_link.includes(properties.hashed_token));
        return { ...properties, user };
      };
      for (const type of ["magiclink", "recovery"]) {
        const link = await made({ type, email });
        const { url, fragment } = await follow(link.action_link);
        assert.ok(url.href.startsWith(redirectTo));
        assert.ok(fragment.access_token, JSON.stringify(fragment));
      }
      const next = newAddress("moved");
      const current = await made({ type: "email_change_current", email, newEmail: next });
      const fresh = await made({ type: "email_change_new", email, newEmail: next });
      await follow(current.action_link);
      const client = program.anonymous(app);
      await arrive(client, fresh.action_link);
      assert.equal((await ok(client.auth.getUser())).user.email, next);
      if (!byInvitation) {
        const invited = await made({ type: "invite", email: newAddress("invited"), options: { redirectTo, data: { name: "Ida" } } });
        assert.equal(invited.user.user_metadata.name, "Ida");
        assert.ok(invited.user.invited_at);
        const signup = await made({ type: "signup", email: newAddress("signup"), password });
        const { query } = await follow(signup.action_link);
        assert.equal(query.error_code, waitsForApproval ? "approval_required" : undefined);
      }
      assert.equal(await code(admin.generateLink({ type: "recovery", email: newAddress("nobody") })), "user_not_found");
      assert.equal(await code(admin.generateLink({ type: "signup", email: next, password })), "email_exists");
      assert.match((await program.mailbox(app).next(email)).subject, /changed/, "no mail but the notice");
      assert.deepEqual(await program.mailbox(app).unread(email), []);
    });

    test("somebody is invited, and chooses a password", { skip: byInvitation && "by a tenant's administrator" }, async () => {
      const email = newAddress("guest");
      const { user } = await ok(administration().inviteUserByEmail(email, { data: { name: "Gus" } }));
      assert.ok(user.invited_at);
      if (waitsForApproval) await approve(program, app, user.id);
      const client = program.anonymous(app);
      await arrive(client, (await program.mailbox(app).next(email)).link);
      await ok(client.auth.updateUser({ password }));
      await another(program, app, email);
      assert.equal(await code(administration().inviteUserByEmail(email)), "email_exists");
    });

    test("who signed up with an address before it was invited does not come in with it", { skip: byInvitation }, async () => {
      const thief = { email: newAddress("early"), password: "the password of the thief" };
      await ok(program.anonymous(app).auth.signUp(thief));
      await program.mailbox(app).next(thief.email);
      const { user } = await ok(administration().inviteUserByEmail(thief.email));
      if (waitsForApproval) await approve(program, app, user.id);
      const client = program.anonymous(app);
      await arrive(client, (await program.mailbox(app).next(thief.email)).link);
      assert.equal(await code(program.anonymous(app).auth.signInWithPassword(thief)), "invalid_credentials");
      await ok(client.auth.updateUser({ password }));
    });

    test("a lost second factor is taken away", async () => {
      const { client, user } = await signedIn(program, app, "lost");
      const factor = await ok(client.auth.mfa.enroll({ factorType: "totp", friendlyName: "lost" }));
      await ok(client.auth.mfa.challengeAndVerify({ factorId: factor.id, code: totpCode(factor.totp.secret) }));
      const { mfa } = administration();
      const { factors } = await ok(mfa.listFactors({ userId: user.id }));
      assert.deepEqual(factors.map(({ id, status }) => [id, status]), [[factor.id, "verified"]]);
      await ok(mfa.deleteFactor({ userId: user.id, id: factor.id }));
      assert.equal(await code(mfa.deleteFactor({ userId: user.id, id: factor.id })), "mfa_factor_not_found");
      assert.deepEqual((await ok(mfa.listFactors({ userId: user.id }))).factors, []);
    });

    test("a person has identities, and keeps the last", async () => {
      const { client, email } = await signedIn(program, app, "identity");
      const { identities } = await ok(client.auth.getUserIdentities());
      assert.deepEqual(identities.map(({ provider, email: address }) => [provider, address]), [["email", email]]);
      assert.equal(await code(client.auth.unlinkIdentity(identities[0])), "single_identity_not_deletable");
    });

    test("the settings and the keys are public", async () => {
      const { url, anon_key: apikey } = program.status.apps[app];
      const get = async (path) => (await fetch(`${url}/auth/v1${path}`, { headers: { apikey } })).json();
      const settings = await get("/settings");
      assert.equal(settings.external.email, true);
      assert.equal(settings.mailer_autoconfirm, false);
      const { keys } = await get("/.well-known/jwks.json");
      assert.ok(keys.every((key) => key.alg === "ES256" && key.d === undefined));
      assert.ok((await get("/health")).version);
    });
  });
}

test("who is nobody in particular becomes somebody", async () => {
  const client = browser(program, "notes", "implicit");
  const { user, session } = await ok(client.auth.signInAnonymously({ options: { data: { colour: "red" } } }));
  assert.equal(user.is_anonymous, true);
  assert.equal(claimsOf(session.access_token).is_anonymous, true);
  const [note] = await rows(client.from("notes").insert({ body: "mine" }).select("id,user_id"));
  assert.equal(note.user_id, user.id);
  assert.equal(await code(client.auth.updateUser({ password })), "validation_failed", "a password without an address");
  const email = newAddress("somebody");
  await ok(client.auth.updateUser({ email }));
  await arrive(client, (await program.mailbox("notes").next(email)).link);
  const now = (await ok(client.auth.updateUser({ password }))).user;
  assert.deepEqual([now.id, now.email, now.is_anonymous], [user.id, email, false]);
  assert.equal(now.identities[0]?.provider, "email");
  assert.equal(claimsOf((await ok(client.auth.refreshSession())).session.access_token).is_anonymous, false);
  const later = await another(program, "notes", email);
  assert.equal((await rows(later.from("notes").select("id"))).length, 1);
});

test("nobody in particular comes where the application has no room for them", async () => {
  for (const app of ["press", "board"]) {
    assert.equal(await code(program.anonymous(app).auth.signInAnonymously()), "anonymous_provider_disabled", app);
  }
});
