// Tenants: who administers whom, and who never does.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { arrive, code, isSignedOut, newAddress, ok, settingsFor, tenantAdministrator } from "./auth-helpers.mjs";
import { password, rows, startWith } from "./program.mjs";

const app = "mnfst";
const unknown = "00000000-0000-4000-8000-000000000000";
let program, acme, globex, superadmin;

/** Somebody of a tenant, signed in; `administration` is their view of the administrators' API. */
async function personOf(tenant, role = "user") {
  const email = newAddress(role);
  const user = await program.createUser(app, email, { tenant_id: tenant?.id, role });
  const client = await program.signIn(app, email);
  return { user, email, client, administration: (await program.as(app, client)).auth.admin };
}

/** A tenant with its administrator and somebody in it. */
async function newTenant() {
  const { tenant, client, user, email } = await tenantAdministrator(program, app);
  const administrator = { client, user, email, administration: (await program.as(app, client)).auth.admin };
  return { tenant, administrator, person: await personOf(tenant) };
}

before(async () => {
  program = await startWith({ apps: [app], settings: settingsFor([app]) });
  [acme, globex] = [await newTenant(), await newTenant()];
  superadmin = await personOf(undefined, "superadmin");
});
after(() => program?.stop());

/** What the invite endpoint says to a person; the client itself cannot say where. */
async function invite(client, body) {
  const { session } = (await client.auth.getSession()).data;
  const { url, anon_key: apikey } = program.status.apps[app];
  const response = await fetch(`${url}/auth/v1/invite`, {
    method: "POST",
    headers: { apikey, authorization: `Bearer ${session.access_token}`, "content-type": "application/json" },
    body: JSON.stringify({ email: newAddress("invited"), ...body }),
  });
  return { status: response.status, body: await response.json() };
}

test("a tenant's administrator invites into the tenant, and nowhere else", async () => {
  const { client, administration } = acme.administrator;
  const email = newAddress("guest");
  const { user } = await ok(administration.inviteUserByEmail(email, { data: { name: "Gus" } }));
  assert.equal(user.app_metadata.tenant_id, acme.tenant.id);
  const guest = program.anonymous(app);
  await arrive(guest, (await program.mailbox(app).next(email)).link);
  const [row] = await rows(guest.from("users").select("tenant_id,role,name").eq("id", user.id));
  assert.deepEqual(row, { tenant_id: acme.tenant.id, role: "user", name: "Gus" });

  const deputy = await invite(client, { app_metadata: { role: "tenant_admin" } });
  assert.deepEqual([deputy.body.app_metadata?.tenant_id, deputy.body.app_metadata?.role], [acme.tenant.id, "tenant_admin"]);
  const elsewhere = {
    "another tenant": { tenant_id: globex.tenant.id },
    "no tenant there is": { tenant_id: unknown },
    "no tenant at all": { tenant_id: "acme" },
    "above itself": { role: "superadmin" },
    "more than tenant and role": { plan: "gold" },
  };
  for (const [name, app_metadata] of Object.entries(elsewhere)) {
    const { status, body } = await invite(client, { app_metadata });
    assert.deepEqual([status, body.error_code], [403, "not_admin"], name);
  }
  const claimed = await invite(client, { data: { tenant_id: globex.tenant.id, role: "superadmin" } });
  assert.deepEqual([claimed.body.app_metadata.tenant_id, claimed.body.app_metadata.role], [acme.tenant.id, undefined]);
  assert.equal((await invite(acme.person.client, {})).body.error_code, "not_admin", "people invite nobody");
  const ofAnother = await invite(client, { email: globex.person.email });
  assert.equal(ofAnother.body.error_code, "email_exists");
});

test("a superadmin invites into any tenant", async () => {
  const { status, body } = await invite(superadmin.client, { app_metadata: { tenant_id: globex.tenant.id, role: "user" } });
  assert.equal(status, 200, JSON.stringify(body));
  assert.equal(body.app_metadata.tenant_id, globex.tenant.id);
});

test("a tenant's administrator lists its own people", async () => {
  const { users, total } = await ok(acme.administrator.administration.listUsers());
  const ids = users.map(({ id }) => id);
  assert.ok(ids.includes(acme.person.user.id));
  assert.ok(users.every(({ app_metadata }) => app_metadata.tenant_id === acme.tenant.id));
  assert.equal(total, users.length, "and the count is of those");
  assert.equal(await code(acme.person.administration.listUsers()), "not_admin");
  const everybody = (await ok(superadmin.administration.listUsers())).users.map(({ id }) => id);
  for (const { user } of [acme.person, globex.person, acme.administrator]) assert.ok(everybody.includes(user.id));
});

test("others are as good as unknown", async () => {
  const { administration } = acme.administrator;
  const calls = {
    read: (id) => administration.getUserById(id),
    ban: (id) => administration.updateUserById(id, { ban_duration: "1h" }),
    raise: (id) => administration.updateUserById(id, { app_metadata: { role: "tenant_admin" } }),
    delete: (id) => administration.deleteUser(id),
    "list factors": (id) => administration.mfa.listFactors({ userId: id }),
    "delete a factor": (id) => administration.mfa.deleteFactor({ userId: id, id: unknown }),
  };
  for (const [name, call] of Object.entries(calls)) {
    const answers = [];
    for (const id of [unknown, globex.person.user.id, globex.administrator.user.id, superadmin.user.id]) {
      const { error } = await call(id);
      answers.push([error?.status, error?.code, error?.message]);
    }
    assert.deepEqual(new Set(answers.map(String)).size, 1, `${name}: ${JSON.stringify(answers)}`);
    assert.deepEqual(answers[0].slice(0, 2), [403, "not_admin"], name);
  }
  assert.ok(!(await isSignedOut(globex.person.client)));
});

test("a tenant's administrator bans, raises and deletes its own people", async () => {
  const { administration } = acme.administrator;
  const { client, user, email } = await personOf(acme.tenant);
  await ok(administration.updateUserById(user.id, { ban_duration: "1h" }));
  assert.ok(await isSignedOut(client));
  assert.equal(await code(client.auth.signInWithPassword({ email, password })), "user_banned");
  await ok(administration.updateUserById(user.id, { ban_duration: "none" }));
  const raised = await ok(administration.updateUserById(user.id, { app_metadata: { role: "tenant_admin" } }));
  assert.equal(raised.user.app_metadata.role, "tenant_admin");
  assert.deepEqual(await rows(program.service(app).from("users").select("role").eq("id", user.id)), [{ role: "tenant_admin" }]);
  const tooMuch = {
    "superadmin": { app_metadata: { role: "superadmin" } },
    "another tenant": { app_metadata: { tenant_id: globex.tenant.id } },
    "a password": { password: "another password" },
    "an address": { email: newAddress("taken") },
    "a database role": { role: "service_role" },
    "metadata": { user_metadata: { name: "X" } },
  };
  for (const [name, change] of Object.entries(tooMuch)) {
    assert.equal(await code(administration.updateUserById(user.id, change)), "not_admin", name);
  }
  assert.equal(await code(administration.createUser({ email: newAddress("x"), password })), "not_admin");
  assert.equal(await code(administration.generateLink({ type: "magiclink", email })), "not_admin");
  await ok(administration.deleteUser(user.id));
  assert.equal(await code(program.service(app).auth.admin.getUserById(user.id)), "user_not_found");
  assert.deepEqual(await rows(program.service(app).from("users").select("id").eq("id", user.id)), []);
});

test("nobody raises themselves", async () => {
  const own = acme.administrator;
  assert.equal(await code(own.administration.updateUserById(own.user.id, { app_metadata: { role: "superadmin" } })), "not_admin");
  for (const { client, user } of [acme.administrator, acme.person]) {
    for (const change of [{ role: "superadmin" }, { tenant_id: globex.tenant.id }]) {
      const { data, error } = await client.from("users").update(change).eq("id", user.id).select("id");
      assert.ok(error || data.length === 0, JSON.stringify(change));
      await ok(client.auth.updateUser({ data: change }));
    }
    const [row] = await rows(client.from("users").select("role,tenant_id").eq("id", user.id));
    assert.notEqual(row.role, "superadmin");
    assert.equal(row.tenant_id, acme.tenant.id);
    const { app_metadata } = (await ok(client.auth.getUser())).user;
    assert.equal(app_metadata.tenant_id, acme.tenant.id);
  }
});

test("the people of a suspended tenant are blocked at once, and come back with it", async () => {
  const { tenant, administrator, person } = await newTenant();
  const suspend = (at) => rows(program.service(app).from("tenants").update({ suspended_at: at }).eq("id", tenant.id).select("id"));
  const { session } = (await person.client.auth.getSession()).data;
  await rows(person.client.from("documents").insert({ filename: "a", original_name: "a", size: 1, mime_type: "text/plain" }).select("id"));
  await suspend(new Date().toISOString());
  for (const { client, email } of [administrator, person]) {
    assert.ok(await isSignedOut(client));
    assert.equal(await code(client.auth.signInWithPassword({ email, password })), "tenant_suspended");
  }
  assert.ok(await code(person.client.auth.refreshSession(session)));
  const { data } = await person.client.from("documents").select("id");
  assert.ok(!data?.length, "a token that is still good reads nothing");
  const { error } = await administrator.administration.listUsers();
  assert.equal(error.name, "AuthSessionMissingError", "nor does it administer");
  await suspend(null);
  await ok(person.client.auth.signInWithPassword({ email: person.email, password }));
  assert.equal((await rows(person.client.from("documents").select("id"))).length, 1);
});
