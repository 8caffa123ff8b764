import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { refused, rows, start } from "./program.mjs";

const app = "board";
let program, service, ann, bob;

before(async () => {
  program = await start(app);
  service = program.service(app);
  ann = (await program.signUp(app, "ann@example.com")).client;
  bob = (await program.signUp(app, "bob@example.com")).client;
});

after(() => program?.stop());

const id = async (client) => (await client.auth.getUser()).data.user.id;

/** A deliberation of somebody with a contribution and a vote, which only the service writes. */
async function deliberation(client, problem_statement) {
  const [session] = await rows(client.from("sessions").insert({ user_id: await id(client), problem_statement }).select("id,status,phase"));
  assert.equal(session.status, "active");
  assert.equal(session.phase, "problem_decomposition");
  await rows(service.from("contributions").insert({
    session_id: session.id, persona_code: "growth_hacker", content: `About: ${problem_statement}`,
    round_number: 0, phase: "initial_round", cost: 0.0123, tokens: 321, model: "local",
  }).select("id"));
  await rows(service.from("votes").insert({
    session_id: session.id, persona_code: "growth_hacker", vote_choice: "yes", reasoning: "It pays.", confidence: 0.8,
  }).select("id"));
  return session.id;
}

test("policies over contributions and votes follow the session's owner", async () => {
  const hers = await deliberation(ann, "Should we raise prices?");
  const his = await deliberation(bob, "Should we hire?");
  for (const [client, own] of [[ann, hers], [bob, his]]) {
    assert.deepEqual(await rows(client.from("sessions").select("id")), [{ id: own }]);
    assert.deepEqual(await rows(client.from("contributions").select("session_id")), [{ session_id: own }]);
    assert.deepEqual(await rows(client.from("votes").select("session_id")), [{ session_id: own }]);
    const [whole] = await rows(client.from("sessions").select("id,contributions(content,personas(name)),votes(vote_choice,confidence)"));
    assert.equal(whole.contributions[0].personas.name, "Zara Morales");
    assert.equal(whole.votes[0].confidence, 0.8);
  }
  assert.equal((await rows(service.from("sessions").select("id"))).length, 2);
  const { data } = await program.anonymous(app).from("sessions").select("id");
  assert.ok(!data?.length);
});

test("people read the personas and change nothing that is not theirs", async () => {
  const personas = await rows(program.anonymous(app).from("personas").select("code"));
  assert.equal(personas.length, 45);
  assert.equal((await refused(ann.from("personas").insert({ code: "x", name: "x", expertise: "x", system_prompt: "x" }))).code, "42501");
  assert.equal((await refused(ann.from("users").update({ subscription_tier: "enterprise" }).eq("id", await id(ann)))).code, "42501");
  assert.equal((await refused(ann.from("sessions").insert({ user_id: await id(bob), problem_statement: "Forged" }))).code, "42501");
  assert.equal((await refused(ann.from("audit_log").insert({ action: "forged", resource_type: "user" }))).code, "42501");
  const [theirs] = await rows(service.from("sessions").select("id").eq("user_id", await id(bob)));
  const vote = { session_id: theirs.id, persona_code: "growth_hacker", vote_choice: "no", reasoning: "x" };
  assert.equal((await refused(ann.from("votes").insert(vote))).code, "42501");
  assert.deepEqual(await rows(ann.from("audit_log").select("user_id").neq("user_id", await id(ann))), []);
});

test("values outside of the document's sets are refused", async () => {
  const user_id = await id(ann);
  for (const wrong of [{ status: "dreaming" }, { max_rounds: -1 }, { total_cost: -1 }, { round_number: 11 }]) {
    const error = await refused(service.from("sessions").insert({ user_id, problem_statement: "x", ...wrong }));
    assert.equal(error.code, "23514", JSON.stringify(wrong));
  }
});

test("the trail has the session without anybody writing it", async () => {
  const trail = await rows(ann.from("audit_log").select("action,resource_type").eq("action", "session_created"));
  assert.ok(trail.length >= 1);
  assert.equal(trail[0].resource_type, "session");
});
