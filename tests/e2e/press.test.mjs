import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { password, refused, rows, start } from "./program.mjs";

const app = "press";
let program, service, ann, bob, admin;

before(async () => {
  program = await start(app);
  service = program.service(app);
  ann = (await program.signUp(app, "ann@example.com", { name: "Ann" })).client;
  bob = (await program.signUp(app, "bob@example.com", { name: "Bob" })).client;
  const user = await program.createUser(app, "ada@example.com");
  const [role] = await rows(service.from("roles").select("id").eq("name", "admin"));
  await rows(service.from("user_roles").insert({ user_id: user.id, role_id: role.id }).select("user_id"));
  admin = await program.signIn(app, "ada@example.com");
});

after(() => program?.stop());

const id = async (client) => (await client.auth.getUser()).data.user.id;
const post = async (client, title, status) =>
  rows(client.from("posts").insert({ user_id: await id(client), title, content: "Soon.", status }).select("id,published_at"));

test("drafts are their author's, published posts everybody's", async () => {
  const anonymous = program.anonymous(app);
  const [draft] = await post(ann, "Draft", "draft");
  assert.equal(draft.published_at, null);
  assert.deepEqual(await rows(bob.from("posts").select("id")), []);
  assert.deepEqual(await rows(anonymous.from("posts").select("id")), []);
  assert.equal((await rows(admin.from("posts").select("id"))).length, 1);
  const [published] = await rows(ann.from("posts").update({ status: "published" }).eq("id", draft.id).select("id,published_at"));
  assert.ok(published.published_at, "the time of publishing is set by the database");
  assert.deepEqual(await rows(bob.from("posts").select("id")), [{ id: draft.id }]);
  assert.deepEqual(await rows(anonymous.from("posts").select("title")), [{ title: "Draft" }]);
});

test("comments follow the post that they are on", async () => {
  const [open] = await rows(ann.from("posts").select("id").eq("title", "Draft"));
  const [hidden] = await post(ann, "Hidden", "draft");
  const comment = async (post_id, author, content) => bob.from("comments").insert({ post_id, user_id: await id(author), content }).select("id");
  await rows(comment(open.id, bob, "Well said."));
  assert.equal((await refused(comment(hidden.id, bob, "?"))).code, "42501");
  assert.equal((await refused(comment(open.id, ann, "Forged"))).code, "42501");
  const [seen] = await rows(program.anonymous(app).from("posts").select("title,comments(content)"));
  assert.deepEqual(seen, { title: "Draft", comments: [{ content: "Well said." }] });
});

test("nobody changes what is another's, or reads a secret", async () => {
  assert.deepEqual(await rows(bob.from("posts").update({ title: "Defaced" }).eq("title", "Draft").select("id")), []);
  assert.deepEqual(await rows(bob.from("posts").delete().eq("title", "Draft").select("id")), []);
  assert.equal((await refused(bob.from("posts").insert({ title: "x", content: "x", user_id: await id(ann) }))).code, "42501");
  assert.equal((await refused(bob.from("users").select("password_hash"))).code, "42501");
  assert.equal((await refused(bob.from("sessions").select("token_hash"))).code, "42501");
  assert.deepEqual(await rows(bob.from("users").select("email")), [{ email: "bob@example.com" }]);
  const [role] = await rows(service.from("roles").select("id").eq("name", "admin"));
  assert.equal((await refused(bob.from("user_roles").insert({ user_id: await id(bob), role_id: role.id }))).code, "42501");
});

test("login sessions are kept as hashes, and signing out removes them", async () => {
  const client = await program.signIn(app, "bob@example.com");
  const user_id = await id(client);
  const { data } = await client.auth.getSession();
  const kept = await rows(service.from("sessions").select("token_hash,ip_address,user_agent,expires_at").eq("user_id", user_id));
  assert.ok(kept.length >= 2);
  for (const session of kept) {
    assert.match(session.token_hash, /^[0-9a-f]{64}$/);
    assert.notEqual(session.token_hash, data.session.refresh_token);
    assert.equal(session.ip_address, "127.0.0.1");
  }
  await client.auth.signOut();
  const left = await rows(service.from("sessions").select("id").eq("user_id", user_id));
  assert.equal(left.length, 0, "signing out ends every session of the person");
  bob = await program.signIn(app, "bob@example.com");
});

test("critical operations are in the trail, which nobody changes", async () => {
  const [role] = await rows(service.from("roles").select("id").eq("name", "reader"));
  await rows(admin.from("user_roles").insert({ user_id: await id(bob), role_id: role.id }).select("user_id"));
  const trail = await rows(service.from("audit_logs").select("user_id,action,entity_type,new_values,ip_address").eq("user_id", await id(admin)));
  assert.ok(trail.some((entry) => entry.entity_type === "user_roles" && entry.ip_address === "127.0.0.1"), JSON.stringify(trail));
  const everything = JSON.stringify(await rows(service.from("audit_logs").select()));
  assert.ok(!everything.includes("$2"), "no password hash is in the trail");
  assert.equal((await refused(service.from("audit_logs").delete().gt("id", 0))).code, "42501");
  assert.equal((await refused(admin.from("audit_logs").update({ action: "x" }).gt("id", 0))).code, "42501");
});

test("a wrong password is refused, bcrypt hashes are stored", async () => {
  await refused(program.anonymous(app).auth.signInWithPassword({ email: "ann@example.com", password: `${password}!` }));
  const [row] = await rows(service.from("users").select("password_hash,is_verified,last_login").eq("email", "ann@example.com"));
  assert.match(row.password_hash, /^\$2[aby]\$1[0-2]\$/);
  assert.ok(row.is_verified && row.last_login);
});
