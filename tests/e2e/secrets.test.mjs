// Nothing that opens a door is in a log, and nothing but hashes of it is in the database.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

import { arrive, arriveWithCode, browser, follow, newAddress, ok, strict, totpCode } from "./auth-helpers.mjs";
import { browse, client as registration, startLiar } from "./identity-providers.mjs";
import { refused, startWith } from "./program.mjs";

const app = "press";
/** What nobody may find, by name. */
const planted = new Map();
let program, provider, logs, dump;

const plant = (name, secret) => {
  assert.ok(secret, name);
  planted.set(`${name} ${planted.size}`, secret);
  return secret;
};

/** Plants the tokens of a session. */
function plantSession(session) {
  plant("an access token's signature", session.access_token.split(".")[2]);
  plant("a refresh token", session.refresh_token);
  return session;
}

/** Plants what the next mail with a link carries; notices are passed over. */
async function plantMail(email) {
  let mail;
  do mail = await program.mailbox(app).next(email);
  while (!mail.link);
  plant("a code", mail.code);
  plant("a link's token", new URL(mail.link).searchParams.get("token"));
  return mail;
}

before(async () => {
  provider = await startLiar();
  const auth = { ...strict, providers: { google: { ...registration, issuer: provider.url } } };
  program = await startWith({ apps: [app], settings: { apps: { [app]: { auth } } }, log: "debug" });
  plant("a provider's secret", registration.client_secret);
  await runFlows();
  await program.sql(app, "select 'the end of the log'");
  logs = await readLogs();
  dump = await dumpDatabase();
});
after(async () => {
  await program?.stop();
  provider?.stop();
});

async function runFlows() {
  const password = plant("a password", `password ${randomUUID()}`);
  const email = newAddress("planted");
  const client = browser(program, app);
  const { auth } = client;

  await ok(auth.signUp({ email, password }));
  const confirmation = await plantMail(email);
  const { query } = await follow(confirmation.link);
  plant("an authorization code", query.code);
  plantSession((await ok(auth.exchangeCodeForSession(query.code))).session);
  plantSession((await ok(auth.refreshSession())).session);

  const wrong = plant("a wrong password", `wrong ${randomUUID()}`);
  await auth.signInWithPassword({ email, password: wrong });
  await program.anonymous(app).auth.signUp({ email, password: plant("a password of a known address", `again ${randomUUID()}`) });
  await program.anonymous(app).auth.signUp({ email: "no address", password: plant("a password of a bad request", `bad ${randomUUID()}`) });
  await auth.verifyOtp({ email, type: "email", token: plant("a wrong code", "8305719264") });
  await fetch(`${program.status.apps[app].url}/auth/v1/verify?type=signup&token=${plant("a wrong link", randomUUID())}`, { redirect: "manual" });

  await ok(auth.signInWithOtp({ email }));
  await arriveWithCode(client, (await plantMail(email)).link);
  await ok(auth.resetPasswordForEmail(email));
  await arriveWithCode(client, (await plantMail(email)).link);
  await ok(auth.reauthenticate());
  const nonce = plant("a nonce", (await program.mailbox(app).next(email, /code/)).code);
  await ok(auth.updateUser({ nonce, password: plant("a new password", `new ${randomUUID()}`) }));

  const factor = await ok(auth.mfa.enroll({ factorType: "totp" }));
  plant("a TOTP secret", factor.totp.secret);
  plantSession(await ok(auth.mfa.challengeAndVerify({ factorId: factor.id, code: totpCode(factor.totp.secret) })));

  const next = newAddress("next");
  await ok(auth.updateUser({ email: next }));
  await follow((await plantMail(next)).link);
  await arriveWithCode(client, (await plantMail(email)).link);

  const social = browser(program, app, "implicit");
  const { url } = await ok(social.auth.signInWithOAuth({ provider: "google", options: { redirectTo: `${program.status.url}/welcome` } }));
  const { fragment } = await browse(url, `${program.status.url}/welcome`, (step) => {
    const code = step.pathname.endsWith("/callback") && step.searchParams.get("code");
    if (code) plant("a provider's code", code);
  });
  plantSession((await ok(social.auth.setSession(fragment))).session);
  plant("a provider's token", fragment.provider_token);

  const admin = program.service(app).auth.admin;
  const { properties } = await ok(admin.generateLink({ type: "magiclink", email: next }));
  plant("a made code", properties.email_otp);
  plant("a made link", properties.hashed_token);
  await arrive(program.anonymous(app), properties.action_link);

  // What an application refuses is told with its row, which holds a hash.
  await program.sql(app, "alter table public.users add constraint no_bobs check (name <> 'Bob')");
  const bob = { email: newAddress("bob"), password: plant("a refused password", `bob ${randomUUID()}`), user_metadata: { name: "Bob" } };
  await refused(admin.createUser({ ...bob, password: undefined, password_hash: plant("a hash", "$2b$04$cVWp4XaNU8a4v1uMRum2SO026BWLIoQMD/TXg5uZV.0P.uO8m3YEm") }));
  await refused(admin.createUser(bob));
  const apps = program.status.apps[app];
  for (const key of ["anon_key", "service_key", "secret_key", "publishable_key", "jwt_secret"]) plant(key, apps[key].split(".").at(-1));
}

/** The program's log, and PostgreSQL's. */
async function readLogs() {
  const folder = path.join(program.home, "log");
  const files = await readdir(folder);
  const texts = await Promise.all(files.map((file) => readFile(path.join(folder, file), "utf8")));
  assert.ok(texts.some((text) => text.includes("no_bobs")), "PostgreSQL's log tells of the refusal");
  assert.match(program.log(), /DEBUG/, "and the program's of everything");
  return { program: program.log(), postgresql: texts.join("\n") };
}

async function dumpDatabase() {
  const [version] = await readdir(path.join(program.home, "postgresql"));
  const pgDump = path.join(program.home, "postgresql", version, "embedded_postgres/pginstall/bin/pg_dump");
  const dsn = new URL(program.status.admin_dsn);
  dsn.pathname = await program.sql(app, "select current_database()");
  const { stdout } = await promisify(execFile)(pgDump, [dsn.href], { maxBuffer: 1 << 28 });
  assert.match(stdout, /COPY auth\.refresh_tokens/);
  return stdout;
}

/** The names of the planted secrets that are in a text. */
const found = (text) => [...planted].filter(([, secret]) => text.includes(secret)).map(([name]) => name);

test("no log holds a password, a code, a link, a token, a key or a hash", () => {
  assert.ok(planted.size >= 40);
  for (const [name, text] of Object.entries(logs)) assert.deepEqual(found(text), [], name);
});

test("no log holds a hash of a password or a token that the database has", async () => {
  const hashes = await program.sql(app, `
    select encrypted_password from auth.users where encrypted_password <> ''
    union select token from auth.refresh_tokens
    union select token_hash from auth.one_time_tokens
    union select token_hash from public.sessions`);
  for (const hash of hashes.split("\n")) {
    for (const [name, text] of Object.entries(logs)) assert.ok(!text.includes(hash), `${hash} in the log of the ${name}`);
  }
});

test("the database holds no password, code, link, token or key", () => {
  assert.deepEqual(found(dump), []);
});
