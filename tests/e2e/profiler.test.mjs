import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { password, refused, rows, startWith } from "./program.mjs";

const app = "profiler";
let program, service, ann, bob, admin;

before(async () => {
  program = await startWith({ apps: [app], settings: { apps: { profiler: { security_contact: "security@example.com" } } } });
  service = program.service(app);
  ann = (await program.signUp(app, "ann@example.com", { first_name: "Ann" })).client;
  bob = (await program.signUp(app, "bob@example.com")).client;
  const user = await program.createUser(app, "ada@example.com");
  const [role] = await rows(service.from("roles").select("role_id").eq("role_name", "admin"));
  await rows(service.from("user_roles").insert({ user_id: user.id, role_id: role.role_id }).select("user_id"));
  admin = await program.signIn(app, "ada@example.com");
});

after(() => program?.stop());

const id = async (client) => (await client.auth.getUser()).data.user.id;
const startProfile = async (client, title) => {
  const { data, error } = await client.rpc("start_profile", { title });
  if (error) throw error;
  return Array.isArray(data) ? data[0] : data;
};

test("a profile is its owner's; an administrator reads all", async () => {
  const hers = await startProfile(ann, "Engineer");
  const his = await startProfile(bob, "Designer");
  assert.deepEqual(await rows(ann.from("profiles").select("profile_id")), [{ profile_id: hers.profile_id }]);
  assert.deepEqual(await rows(bob.from("profiles").select("profile_id")), [{ profile_id: his.profile_id }]);
  assert.equal((await rows(admin.from("profiles").select("profile_id"))).length, 2);
  const sections = await rows(ann.from("sections").select("section_key,status,order_index").order("order_index"));
  assert.ok(sections.length >= 6, "the questionnaire's sections came with the profile");
  assert.ok(sections.every((section) => section.status === "not_started"));
  const answer = { profile_id: hers.profile_id, section_key: sections[0].section_key, question_key: "anything", answer_text: "Yes" };
  await rows(ann.from("answers").insert(answer).select("answer_id"));
  assert.deepEqual(await rows(bob.from("answers").select("answer_id")), []);
  assert.equal((await refused(bob.from("answers").insert({ ...answer, question_key: "forged" }))).code, "42501");
  const { data } = await program.anonymous(app).from("profiles").select("profile_id");
  assert.ok(!data?.length);
});

test("the questionnaire has six sections and forty questions", async () => {
  const sections = await rows(ann.from("questionnaire_sections").select("section_key"));
  const questions = await rows(ann.from("questionnaire_questions").select("section_key,question_key"));
  assert.ok(sections.length >= 6 && questions.length >= 40, `${sections.length} sections, ${questions.length} questions`);
});

test("nobody gives themselves rights", async () => {
  const [role] = await rows(service.from("roles").select("role_id").eq("role_name", "admin"));
  assert.equal((await refused(bob.from("user_roles").insert({ user_id: await id(bob), role_id: role.role_id }))).code, "42501");
  assert.equal((await refused(bob.from("users").update({ is_locked: false }).eq("user_id", await id(bob)))).code, "42501");
  assert.equal((await refused(bob.from("users").select("password_hash"))).code, "42501");
  assert.equal((await refused(bob.from("sessions").select("refresh_token"))).code, "42501");
  assert.deepEqual(await rows(bob.from("profiles").update({ title: "X" }).eq("user_id", await id(ann)).select("profile_id")), []);
  // A profile never changes hands: a constraint says so, whoever asks.
  const given = await refused(ann.from("profiles").update({ user_id: await id(bob) }).eq("user_id", await id(ann)));
  assert.equal(given.code, "23514");
});

test("the application's own columns follow the account", async () => {
  const [row] = await rows(service.from("users").select("user_id,username,first_name,password_hash,password_salt,last_login,is_active").eq("email", "ann@example.com"));
  assert.equal(row.first_name, "Ann");
  assert.ok(row.username && row.password_hash.startsWith("$argon2id$") && row.last_login && row.is_active);
  assert.ok(row.password_hash.includes(row.password_salt));
  const sessions = await rows(service.from("sessions").select("refresh_token,ip_address,is_active").eq("user_id", row.user_id));
  assert.ok(sessions.length >= 1);
  assert.match(sessions[0].refresh_token, /^[0-9a-f]{64}$/, "only a hash is stored");
  assert.equal(sessions[0].ip_address, "127.0.0.1");
});

test("five wrong passwords lock the account", async () => {
  await program.signUp(app, "carol@example.com");
  for (let attempt = 0; attempt < 5; attempt++) {
    await refused(program.anonymous(app).auth.signInWithPassword({ email: "carol@example.com", password: "wrong password" }));
  }
  const locked = await refused(program.anonymous(app).auth.signInWithPassword({ email: "carol@example.com", password }));
  assert.ok(locked, "the right password does not help any more");
  const [row] = await rows(service.from("users").select("is_locked,login_attempts").eq("email", "carol@example.com"));
  assert.deepEqual(row, { is_locked: true, login_attempts: 5 });
  await program.mailbox(app).next("carol@example.com", /is locked/);
  const told = await program.mailbox(app).next("security@example.com", /^Security event: An account was locked/);
  assert.match(told.text, /The account is carol@example\.com/);
  await rows(service.from("users").update({ is_locked: false }).eq("email", "carol@example.com").select("user_id"));
  await program.signIn(app, "carol@example.com");
});

test("a deactivated person is cut off", async () => {
  const { client, user } = await program.signUp(app, "dan@example.com");
  await startProfile(client, "Soon gone");
  await rows(service.from("users").update({ is_active: false }).eq("user_id", user.id).select("user_id"));
  const { data } = await client.from("profiles").select("profile_id");
  assert.ok(!data?.length);
  await refused(program.anonymous(app).auth.signInWithPassword({ email: "dan@example.com", password }));
});
