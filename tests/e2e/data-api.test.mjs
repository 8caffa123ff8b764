// What people do with supabase-js, on press's tables with the service key.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { refused, rows, start } from "./program.mjs";

let program, press, board, author;

before(async () => {
  program = await start("press", "board");
  press = program.service("press");
  board = program.service("board");
  author = (await program.createUser("press", "ann@example.com")).id;
  const posts = Array.from({ length: 25 }, (_, number) => ({
    user_id: author,
    title: `Post ${String(number).padStart(2, "0")}`,
    content: number % 2 ? "An odd text, with a comma" : 'An even "text"',
    status: number < 20 ? "published" : "draft",
  }));
  await rows(press.from("posts").insert(posts));
});

after(() => program?.stop());

test("pages, counts and ranges", async () => {
  const page = await press.from("posts").select("title", { count: "exact" }).order("title").range(5, 9);
  assert.equal(page.status, 206);
  assert.equal(page.count, 25);
  assert.deepEqual(page.data.map((post) => post.title), ["Post 05", "Post 06", "Post 07", "Post 08", "Post 09"]);
  const counted = await press.from("posts").select("*", { count: "exact", head: true }).eq("status", "draft");
  assert.deepEqual([counted.count, counted.data], [5, null]);
  const beyond = await press.from("posts").select("title", { count: "exact" }).range(100, 110);
  assert.deepEqual([beyond.status, beyond.error.code], [416, "PGRST103"]);
  assert.equal((await rows(press.from("posts").select("title").limit(3))).length, 3);
});

test("filters", async () => {
  const titles = async (query) => (await rows(query.order("title"))).map((post) => post.title);
  const posts = () => press.from("posts").select("title");
  assert.deepEqual(await titles(posts().in("title", ["Post 01", "Post 02", "none"])), ["Post 01", "Post 02"]);
  assert.deepEqual(await titles(posts().like("title", "Post 2%").neq("title", "Post 20")), ["Post 21", "Post 22", "Post 23", "Post 24"]);
  assert.deepEqual(await titles(posts().or("title.eq.Post 03,and(title.gte.Post 23,status.eq.draft)")), ["Post 03", "Post 23", "Post 24"]);
  assert.deepEqual(await titles(posts().not("status", "eq", "published").is("published_at", null).gt("title", "Post 22")), ["Post 23", "Post 24"]);
  assert.equal((await titles(posts().ilike("content", "%ODD%"))).length, 12);
  assert.equal((await titles(posts().eq("content", "An odd text, with a comma"))).length, 12);
  assert.deepEqual(await titles(posts().textSearch("title", "24", { type: "plain" })), ["Post 24"]);
  assert.deepEqual(await titles(posts().in("title", [])), []);
});

test("hostile values are values", async () => {
  for (const value of ["'; drop table posts; --", '"', "\\", "a,b)", "(x", "%", "*", "\u00e9\u4e16", "null", "$1", "{}"]) {
    assert.deepEqual(await rows(press.from("posts").select("id").eq("title", value)), [], value);
    assert.deepEqual(await rows(press.from("posts").select("id").in("title", [value, "x"])), [], value);
  }
  assert.equal((await refused(press.from("posts").select('id, "; drop table posts"'))).code, "42703");
  assert.ok((await refused(press.from("posts").select("id::text; drop table posts"))).code);
  assert.equal((await refused(press.from("posts").select("id").eq("id", "not a uuid"))).code, "22P02");
  assert.equal((await rows(press.from("posts").select("id"))).length, 25);
});

test("embedding both ways, through a junction, inner, filtered and limited", async () => {
  const [post] = await rows(press.from("posts").select("id").eq("title", "Post 00"));
  await rows(press.from("comments").insert([1, 2, 3].map((number) => ({ post_id: post.id, user_id: author, content: `Comment ${number}` }))));
  const [whole] = await rows(press.from("posts")
    .select("title, author:users(email), comments(content)")
    .eq("id", post.id).order("content", { referencedTable: "comments", ascending: false }).limit(2, { referencedTable: "comments" }));
  assert.deepEqual(whole, {
    title: "Post 00", author: { email: "ann@example.com" }, comments: [{ content: "Comment 3" }, { content: "Comment 2" }],
  });
  assert.deepEqual(await rows(press.from("posts").select("title, comments!inner(content)").eq("comments.content", "Comment 1")),
    [{ title: "Post 00", comments: [{ content: "Comment 1" }] }]);
  assert.deepEqual(await rows(press.from("comments").select("content, ...posts(title)").order("content").limit(1)), [{ content: "Comment 1", title: "Post 00" }]);
  const [user] = await rows(press.from("users").select("email, roles(name)").eq("email", "ann@example.com"));
  assert.deepEqual(user, { email: "ann@example.com", roles: [{ name: "author" }] });
  assert.equal((await rows(press.from("posts").select("title, comments()").is("comments", null))).length, 24);
  assert.equal((await refused(press.from("posts").select("title, nothing(x)"))).code, "PGRST200");
  assert.equal((await refused(press.from("posts").select("title").eq("comments.content", "x"))).code, "PGRST108");
});

test("one row or an error", async () => {
  const one = await press.from("posts").select("title").eq("title", "Post 07").single();
  assert.deepEqual(one.data, { title: "Post 07" });
  const none = await press.from("posts").select("title").eq("title", "none").single();
  assert.deepEqual([none.status, none.error.code], [406, "PGRST116"]);
  const maybe = await press.from("posts").select("title").eq("title", "none").maybeSingle();
  assert.deepEqual([maybe.data, maybe.error], [null, null]);
  const csv = await press.from("posts").select("title,content").eq("title", "Post 01").csv();
  assert.equal(csv.data, 'title,content\n"Post 01","An odd text, with a comma"');
});

test("writes answer what was asked for", async () => {
  const minimal = await board.from("personas").update({ expertise: "Growth" }).eq("code", "growth_hacker");
  assert.deepEqual([minimal.status, minimal.data], [204, null]);
  const upserted = await board.from("personas")
    .upsert([{ code: "growth_hacker", name: "Zara Morales", expertise: "Growth again", system_prompt: "x" },
      { code: "newcomer", name: "New Comer", expertise: "None yet", system_prompt: "x" }], { onConflict: "code" })
    .select("code, expertise").order("code");
  assert.deepEqual(upserted.data, [{ code: "growth_hacker", expertise: "Growth again" }, { code: "newcomer", expertise: "None yet" }]);
  const ignored = await board.from("personas")
    .upsert({ code: "newcomer", name: "Other", expertise: "x", system_prompt: "x" }, { onConflict: "code", ignoreDuplicates: true }).select("code");
  assert.deepEqual(ignored.data, []);
  const twice = await refused(board.from("personas").insert({ code: "newcomer", name: "x", expertise: "x", system_prompt: "x" }));
  assert.deepEqual([twice.code, twice.details.includes("newcomer")], ["23505", true]);
  const deleted = await board.from("personas").delete().eq("code", "newcomer").select("name").single();
  assert.deepEqual(deleted.data, { name: "New Comer" });
  assert.equal((await refused(board.from("personas").insert([{ code: "a" }, { name: "b" }]))).code !== undefined, true);
  assert.equal((await refused(board.from("personas").insert({ nonsense: 1 }))).code, "PGRST204");
});

test("what an object leaves out is null, or the default where asked for", async () => {
  const user_id = "00000000-0000-4000-8000-000000000002";
  await rows(board.from("users").insert({ id: user_id, email: "d@example.com", auth_provider: "supabase" }));
  const sessions = [{ user_id, problem_statement: "One" }, { user_id, problem_statement: "Two", max_rounds: 3 }];
  assert.equal((await refused(board.from("sessions").insert(sessions))).code, "23502", "max_rounds may not be null");
  const made = await rows(board.from("sessions").insert(sessions, { defaultToNull: false }).select("max_rounds,status").order("problem_statement"));
  assert.deepEqual(made, [{ max_rounds: 10, status: "active" }, { max_rounds: 3, status: "active" }]);
});

test("functions", async () => {
  const admin = await press.rpc("has_permission", { permission: "posts:read:all" });
  assert.equal(admin.data, false, "the service is nobody in the application's own roles");
  const missing = await refused(press.rpc("no_such_function", { a: 1 }));
  assert.deepEqual([missing.code, missing.message.includes("no_such_function")], ["PGRST202", true]);
});

test("JSON paths and casts", async () => {
  const [{ id }] = await rows(board.from("users").insert({ id: "00000000-0000-4000-8000-000000000001", email: "j@example.com", auth_provider: "supabase" }).select("id"));
  await rows(board.from("sessions").insert({ user_id: id, problem_statement: "Why?", problem_context: { team: { size: 7 }, tags: ["a", "b"] } }));
  const [row] = await rows(board.from("sessions").select("size:problem_context->team->>size, tag:problem_context->tags->>1, rounds:max_rounds::text").eq("problem_context->team->>size", "7"));
  assert.deepEqual(row, { size: "7", tag: "b", rounds: "10" });
});
