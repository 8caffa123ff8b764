import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { binary } from "./program.mjs";

const execute = promisify(execFile);
const here = path.dirname(fileURLToPath(import.meta.url));
// Inside the project, so that the compiler finds the client's own types.
const folder = await mkdtemp(path.join(here, "node_modules/.types-"));
// Elsewhere, and open to the user that PostgreSQL runs as.
const base = await mkdtemp(path.join(tmpdir(), "tenantry-types-"));
await chmod(base, 0o755);
after(() => Promise.all([folder, base].map((one) => rm(one, { recursive: true, force: true }))));

const program = `
import { createClient } from "@supabase/supabase-js";
import type { Database, Tables } from "./database.js";
const client = createClient<Database>("http://localhost/press", "key");
export async function typed(): Promise<Tables<"posts">[] | null> {
  const { data } = await client.from("posts").select("*");
  // @ts-expect-error there is no such table
  await client.from("nope").select("*");
  // @ts-expect-error an id is no object
  await client.from("posts").insert({ id: {} });
  return data;
}
`;

test("tenantry types prints what supabase-js is typed by", async () => {
  const { stdout } = await execute(binary, ["types", "press", "--home", path.join(base, "home")]);
  await writeFile(path.join(folder, "database.ts"), stdout);
  await writeFile(path.join(folder, "program.ts"), program);
  const compiler = path.join(here, "node_modules/typescript/bin/tsc");
  const options = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--target", "es2022"];
  const { stdout: complaints } = await execute("node", [compiler, ...options, path.join(folder, "program.ts")]).catch((error) => error);
  assert.equal(complaints, "");
});
