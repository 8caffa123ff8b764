// The descriptions of the garden: a validator takes them, and a generator makes a typed client of the newer.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";

const execute = promisify(execFile);
const here = path.dirname(fileURLToPath(import.meta.url));
const { GARDEN_URL: url, GARDEN_TOKEN: token } = process.env;
// Inside the project, so that the compiler finds the client's own types.
const folder = await mkdtemp(path.join(here, "node_modules/.openapi-"));
after(() => rm(folder, { recursive: true, force: true }));

async function describe(version, headers) {
  const answer = await fetch(`${url}/?openapi=${version}`, { headers });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("content-type"), "application/openapi+json; charset=utf-8");
  const file = path.join(folder, `${version}.json`);
  const text = await answer.text();
  await writeFile(file, text);
  return { file, document: JSON.parse(text) };
}

const member = { Authorization: `Bearer ${token}` };
for (const version of ["2.0", "3.1"]) {
  for (const [who, headers] of [["a visitor", {}], ["a member", member]]) {
    for (const schema of ["garden", "Größe & Maß"]) {
      test(`${version} of ${schema} for ${who} is valid`, async () => {
        const profile = { "Accept-Profile": Buffer.from(schema).toString("latin1") };
        const { file } = await describe(version, { ...headers, ...profile });
        await execute("python3", ["-m", "openapi_spec_validator", file]);
      });
    }
  }
}

test("rows, inserts and updates are described apart", async () => {
  const { document } = await describe("3.1", member);
  const { species, "species.insert": insert, "species.update": update } = document.components.schemas;
  assert.deepEqual(species.required, Object.keys(species.properties));
  assert.deepEqual(insert.required, ["family_id", "name"]);
  assert.equal(update.required, undefined);
  assert.equal(insert.properties.code, undefined, "only PostgreSQL writes it");
  assert.deepEqual(species.properties.height, { type: ["number", "null"] });
  assert.equal(species.properties.growth.type, "string");
  assert.ok(species.properties.growth.enum.includes("herb"));
  assert.equal(document.servers[0].url, url);
});

test("another version is refused", async () => {
  const answer = await fetch(`${url}/?openapi=4.0`);
  assert.equal(answer.status, 400);
  assert.equal((await answer.json()).code, "PGRST100");
});

const program = `
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

export async function ask(baseUrl: string, token: string) {
  const client = createClient<paths>({ baseUrl, headers: { Authorization: \`Bearer \${token}\` } });
  const { data } = await client.GET("/species", { params: { query: { id: "eq.1", limit: 1 } } });
  const rows: components["schemas"]["species"][] = data ?? [];
  // @ts-expect-error there is no such column
  rows[0]?.nothing;
  // @ts-expect-error there is no such path
  await client.GET("/nothing").catch(() => {});
  // @ts-expect-error a name is missing
  const incomplete: components["schemas"]["species.insert"] = { family_id: 1 };
  const sum = await client.POST("/rpc/add", { body: { a: 1, b: 2 } });
  const number: number | null | undefined = sum.data;
  return { names: rows.map((row): string => row.name), number, incomplete };
}
`;

test("a typed client is generated, compiles, and works", async () => {
  const { file } = await describe("3.1", member);
  const bin = (name) => path.join(here, "node_modules/.bin", name);
  await execute(bin("openapi-typescript"), [file, "--output", path.join(folder, "schema.d.ts")]);
  await writeFile(path.join(folder, "program.ts"), program);
  const options = ["--strict", "--skipLibCheck", "--module", "nodenext", "--target", "es2022"];
  const { stdout: complaints } = await execute(bin("tsc"), [...options, path.join(folder, "program.ts")]).catch((error) => error);
  assert.equal(complaints, "");
  const { ask } = await import(pathToFileURL(path.join(folder, "program.js")));
  const { names, number } = await ask(url, token);
  assert.deepEqual([names, number], [["Dog rose"], 3]);
});
