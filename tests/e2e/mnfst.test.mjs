import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { password, refused, rows, start } from "./program.mjs";

const app = "mnfst";
let program, service, acme, globex, acmeAdmin, acmeUser, globexUser, superadmin;

before(async () => {
  program = await start(app);
  service = program.service(app);
  [acme, globex] = await rows(
    service.from("tenants").insert([{ name: "Acme", slug: "acme" }, { name: "Globex", slug: "globex" }]).select("id,slug").order("slug"),
  );
  const member = async (name, tenant, role) => {
    await program.createUser(app, `${name}@example.com`, { tenant_id: tenant?.id, role });
    return program.signIn(app, `${name}@example.com`);
  };
  acmeAdmin = await member("ada", acme, "tenant_admin");
  acmeUser = await member("ann", acme, "user");
  globexUser = await member("bob", globex, "user");
  superadmin = await member("sue", undefined, "superadmin");
});

after(() => program?.stop());

const id = async (client) => (await client.auth.getUser()).data.user.id;

const document = async (client, tenant, filename) =>
  rows(client.from("documents").insert({
    filename, original_name: filename, size: 1234, mime_type: "text/plain", tenant_id: tenant.id, user_id: await id(client),
  }).select("id,filename,status"));

test("two tenants' documents are apart", async () => {
  const [hers] = await document(acmeUser, acme, "acme.txt");
  const [his] = await document(globexUser, globex, "globex.txt");
  assert.equal(hers.status, "uploaded");
  assert.deepEqual(await rows(acmeUser.from("documents").select("id")), [{ id: hers.id }]);
  assert.deepEqual(await rows(acmeAdmin.from("documents").select("id")), [{ id: hers.id }]);
  assert.deepEqual(await rows(globexUser.from("documents").select("id")), [{ id: his.id }]);
  assert.equal((await rows(superadmin.from("documents").select("id"))).length, 2);
  assert.equal((await rows(service.from("documents").select("id"))).length, 2);
  const { data } = await program.anonymous(app).from("documents").select("id");
  assert.ok(!data?.length);
});

test("no row can be written into, moved to or deleted from another tenant", async () => {
  const [his] = await rows(service.from("documents").select("id").eq("tenant_id", globex.id));
  const forged = { filename: "x", original_name: "x", size: 1, mime_type: "text/plain", tenant_id: globex.id, user_id: await id(acmeUser) };
  assert.equal((await refused(acmeUser.from("documents").insert(forged))).code, "42501");
  assert.equal((await refused(acmeUser.from("documents").update({ tenant_id: globex.id }).eq("filename", "acme.txt"))).code, "42501");
  for (const client of [acmeUser, acmeAdmin]) {
    assert.deepEqual(await rows(client.from("documents").delete().eq("id", his.id).select("id")), []);
  }
  assert.equal((await rows(service.from("documents").select("id").eq("id", his.id))).length, 1);
  // Not even the service can mix tenants in one row.
  const mixed = { ...forged, tenant_id: globex.id, user_id: await id(acmeUser) };
  assert.equal((await refused(service.from("documents").insert(mixed))).code, "23503");
});

test("chats are their owner's alone, superadmins included", async () => {
  const [chat] = await rows(acmeUser.from("sessions").insert({ title: "Prices", user_id: await id(acmeUser) }).select("id"));
  await rows(acmeUser.from("messages").insert({ session_id: chat.id, content: "Hello", role: "user" }).select("id"));
  assert.equal((await refused(acmeUser.from("messages").insert({ session_id: chat.id, content: "Forged", role: "assistant" }))).code, "42501");
  await rows(service.from("messages").insert({ session_id: chat.id, content: "Hi", role: "assistant" }).select("id"));
  assert.deepEqual(await rows(acmeUser.from("messages").select("role").order("role")), [{ role: "assistant" }, { role: "user" }]);
  for (const client of [acmeAdmin, globexUser, superadmin]) {
    assert.deepEqual(await rows(client.from("sessions").select("id")), []);
    assert.deepEqual(await rows(client.from("messages").select("id")), []);
  }
});

test("a tenant administrator manages only the tenant's people, and nobody promotes themselves", async () => {
  const people = await rows(acmeAdmin.from("users").select("email").order("email"));
  assert.deepEqual(people.map((one) => one.email), ["ada@example.com", "ann@example.com"]);
  assert.deepEqual(await rows(acmeUser.from("users").select("email")), [{ email: "ann@example.com" }]);
  assert.ok((await refused(acmeUser.from("users").update({ role: "tenant_admin" }).eq("id", await id(acmeUser)))).code);
  assert.deepEqual(await rows(acmeAdmin.from("users").update({ name: "X" }).eq("email", "bob@example.com").select("id")), []);
  const last = await acmeAdmin.from("users").update({ role: "user" }).eq("id", await id(acmeAdmin)).select("id");
  assert.ok(last.error, "the last administrator of a tenant stays one");
});

test("nobody comes in without an invitation", async () => {
  const { error } = await program.anonymous(app).auth.signUp({ email: "stranger@example.com", password });
  assert.ok(error, "a person without a tenant is refused");
  const claimed = await program.anonymous(app).auth.signUp({
    email: "claims@example.com", password, options: { data: { tenant_id: acme.id, role: "tenant_admin" } },
  });
  assert.ok(claimed.error, "what a person says about their own tenant does not count");
});

test("a suspended tenant is blocked at once, and its people sign in anew afterwards", async () => {
  await rows(service.from("tenants").update({ suspended_at: new Date().toISOString() }).eq("id", globex.id).select("id"));
  const { data } = await globexUser.from("documents").select("id");
  assert.ok(!data?.length);
  await refused(globexUser.auth.refreshSession());
  await rows(service.from("tenants").update({ suspended_at: null }).eq("id", globex.id).select("id"));
  const again = await program.signIn(app, "bob@example.com");
  assert.equal((await rows(again.from("documents").select("id"))).length, 1);
});

test("links point at their platform", async () => {
  await rows(acmeAdmin.from("social_links").insert({ url: "https://www.linkedin.com/company/acme", platform: "linkedin", tenant_id: acme.id }).select("id"));
  const wrong = { url: "https://linkedin.com.evil.example/acme", platform: "linkedin", tenant_id: acme.id };
  assert.equal((await refused(acmeAdmin.from("social_links").insert(wrong))).code, "23514");
});
