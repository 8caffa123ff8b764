import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { password, refused, rows, start } from "./program.mjs";

const app = "parakeet";
let program, service, ann, bob;

before(async () => {
  program = await start(app);
  service = program.service(app);
  for (const name of ["ann", "bob"]) {
    const email = `${name}@example.com`;
    const { user, session } = await program.signUp(app, email, { name });
    assert.equal(session, null, "nobody has a session before an administrator approved them");
    const waiting = await refused(program.anonymous(app).auth.signInWithPassword({ email, password }));
    assert.notEqual(waiting.code, "invalid_credentials");
    await rows(service.from("users").update({ approved: true }).eq("id", user.id).select("id"));
  }
  ann = await program.signIn(app, "ann@example.com");
  bob = await program.signIn(app, "bob@example.com");
});

after(() => program?.stop());

const id = async (client) => (await client.auth.getUser()).data.user.id;
const interview = (user_id, company) => ({ user_id, session_type: "mock", company, position: "Engineer" });

test("each sees only their own interviews, nobody else any, the service all", async () => {
  await rows(ann.from("interview_sessions").insert(interview(await id(ann), "Acme")).select());
  await rows(bob.from("interview_sessions").insert(interview(await id(bob), "Globex")).select());
  assert.deepEqual(await rows(ann.from("interview_sessions").select("company")), [{ company: "Acme" }]);
  assert.deepEqual(await rows(bob.from("interview_sessions").select("company")), [{ company: "Globex" }]);
  const { data: unseen } = await program.anonymous(app).from("interview_sessions").select("company");
  assert.ok(!unseen?.length, "an anonymous caller sees none");
  const all = await rows(service.from("interview_sessions").select("company").order("company"));
  assert.deepEqual(all, [{ company: "Acme" }, { company: "Globex" }]);
});

test("settings and audit rows appear by themselves", async () => {
  for (const client of [ann, bob]) {
    const settings = await rows(client.from("user_settings").select("user_id"));
    assert.deepEqual(settings, [{ user_id: await id(client) }]);
  }
  const trail = await rows(
    service.from("audit_logs").select("user_id,action,resource_type,new_values,ip_address,user_agent,session_id")
      .eq("resource_type", "interview_sessions").eq("user_id", await id(ann)),
  );
  assert.ok(trail.length >= 1);
  assert.equal(trail[0].ip_address, "127.0.0.1");
  assert.ok(trail[0].user_agent);
  assert.ok(trail[0].session_id, "the trail names the login session");
  const everything = JSON.stringify(await rows(service.from("audit_logs").select()));
  assert.ok(!everything.includes("$2"), "no password hash is in the trail");
});

test("nobody takes, gives away or reads what is not theirs", async () => {
  const mine = interview(await id(ann), "Forged");
  assert.equal((await refused(bob.from("interview_sessions").insert(mine))).code, "42501");
  assert.deepEqual(await rows(bob.from("interview_sessions").update({ company: "X" }).eq("company", "Acme").select()), []);
  assert.deepEqual(await rows(bob.from("interview_sessions").delete().eq("company", "Acme").select()), []);
  assert.equal((await refused(ann.from("users").select("password_hash"))).code, "42501");
  assert.equal((await refused(ann.from("users").update({ approved: true }).eq("email", "bob@example.com"))).code, "42501");
  assert.equal((await refused(ann.from("billing_subscriptions").update({ credits_remaining: 99 }).gt("credits_remaining", -1))).code, "42501");
  assert.equal((await refused(service.from("audit_logs").delete().neq("action", ""))).code, "42501");
});

test("a session ends with signing out, and a used refresh token ends it too", async () => {
  const carol = await program.createUser(app, "carol@example.com");
  await rows(service.from("users").update({ approved: true }).eq("id", carol.id).select("id"));
  const client = await program.signIn(app, "carol@example.com");
  const { data: first } = await client.auth.getSession();
  const { data: second, error } = await client.auth.refreshSession();
  assert.equal(error, null);
  assert.notEqual(first.session.refresh_token, second.session.refresh_token);
  assert.equal((await client.auth.signOut()).error, null);
  const other = program.anonymous(app);
  const used = await other.auth.refreshSession({ refresh_token: second.session.refresh_token });
  assert.ok(used.error, "a signed-out session cannot be refreshed");
});

test("a wrong password and an unknown address look the same", async () => {
  const wrong = await refused(program.anonymous(app).auth.signInWithPassword({ email: "ann@example.com", password: "not it" }));
  const unknown = await refused(program.anonymous(app).auth.signInWithPassword({ email: "zed@example.com", password }));
  assert.equal(wrong.code, "invalid_credentials");
  assert.deepEqual([wrong.status, wrong.message], [unknown.status, unknown.message]);
});
