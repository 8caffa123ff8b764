import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import path from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

import { binary, password, rows, start } from "./program.mjs";

const app = "board";
let program;

before(async () => {
  program = await start(app);
});

after(() => program?.stop());

const keys = async (...args) => {
  const home = path.join(program.base, "home");
  const { stdout } = await promisify(execFile)(binary, ["keys", app, ...args, "--home", home]);
  return stdout.trim();
};

/** Counts requests whose path ends so, while something runs. */
async function requests(ending, run) {
  const real = globalThis.fetch;
  let count = 0;
  globalThis.fetch = (input, init) => {
    if (new URL(input.url ?? input).pathname.endsWith(ending)) count += 1;
    return real(input, init);
  };
  try {
    return [await run(), count];
  } finally {
    globalThis.fetch = real;
  }
}

test("getClaims verifies tokens by the published keys, without asking for the user", async () => {
  const client = program.withKey(app, program.status.apps[app].publishable_key);
  const { data: signedUp, error } = await client.auth.signUp({ email: "ann@example.com", password });
  assert.equal(error, null);
  const [{ data, error: refused }, asked] = await requests("/user", () => client.auth.getClaims());
  assert.equal(refused, null);
  assert.equal(asked, 0, "the user was asked for");
  assert.equal(data.header.alg, "ES256");
  assert.equal(data.claims.sub, signedUp.user.id);
  assert.equal(data.claims.iss, `${program.status.apps[app].url}/auth/v1`);

  const [header, , signature] = signedUp.session.access_token.split(".");
  const claims = Buffer.from(JSON.stringify({ ...data.claims, role: "service_role" })).toString("base64url");
  const forged = await client.auth.getClaims(`${header}.${claims}.${signature}`);
  assert.match(forged.error.message, /signature/i);
});

test("a rotation is followed by signed-in clients and by clients that verify", async () => {
  const client = program.withKey(app, program.status.apps[app].publishable_key);
  await client.auth.signUp({ email: "bob@example.com", password });
  const before = (await client.auth.getClaims()).data.header.kid;
  const next = await keys("rotate");
  // The change is heard within moments.
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const { error } = await client.auth.refreshSession();
    assert.equal(error, null);
    const { data } = await client.auth.getClaims();
    if (data.header.kid === next) break;
    assert.equal(data.header.kid, before);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.equal((await client.auth.getClaims()).data.header.kid, next);
  assert.equal((await rows(client.from("personas").select("code").limit(1))).length, 1);
});

test("opaque keys take the place of the tokens that were keys", async () => {
  const { publishable_key, secret_key } = program.status.apps[app];
  assert.equal((await rows(program.withKey(app, publishable_key).from("personas").select("code"))).length, 45);
  const service = program.withKey(app, secret_key);
  const { data, error } = await service.auth.admin.listUsers();
  assert.equal(error, null);
  assert.equal(data.users.length, 2);
  assert.equal((await rows(service.from("users").select("id"))).length, 2);
  const { error: notAdmin } = await program.withKey(app, publishable_key).auth.admin.listUsers();
  assert.equal(notAdmin.code, "not_admin");
});

test("a person's key works as the client's key", async () => {
  const client = program.withKey(app, program.status.apps[app].publishable_key);
  const { data } = await client.auth.signInWithPassword({ email: "ann@example.com", password });
  const url = `${program.status.apps[app].url}/auth/v1/user/keys`;
  const made = await (await fetch(url, {
    method: "POST",
    headers: {
      apikey: program.status.apps[app].publishable_key,
      authorization: `Bearer ${data.session.access_token}`,
      "content-type": "application/json",
    },
    body: JSON.stringify({ name: "script", scopes: [] }),
  })).json();
  const script = program.withKey(app, made.key);
  assert.deepEqual(await rows(script.from("users").select("id")), [{ id: data.user.id }]);
  const { error } = await script.auth.signInWithPassword({ email: "ann@example.com", password });
  assert.equal(error.code, "no_authorization");
});
