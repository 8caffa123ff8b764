// A client for the garden, and short ways to say what a query must give.
import assert from "node:assert/strict";

import { PostgrestClient } from "@supabase/postgrest-js";

const url = process.env.GARDEN_URL;

/** A visitor's client. */
export const garden = new PostgrestClient(url);
/** The client of Ada, a member. */
export const ada = new PostgrestClient(url, { headers: { Authorization: `Bearer ${process.env.GARDEN_TOKEN}` } });

/** A client whose requests carry this header. */
export function withHeaders(headers) {
  return new PostgrestClient(url, { headers });
}

/** A header's value as `fetch` wants it: bytes of UTF-8, one in each character. */
export function headerText(text) {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** The whole answer of a query that must succeed. */
export async function answer(query) {
  const result = await query;
  assert.equal(result.error, null, JSON.stringify(result.error));
  return result;
}

/** The data of a query that must succeed. */
export async function data(query) {
  return (await answer(query)).data;
}

/** The ids of a query's rows, in ascending order. */
export async function ids(query) {
  return (await data(query)).map((row) => row.id).sort((a, b) => a - b);
}

/** Status and error of a query that must fail, in one object. */
export async function refusal(query) {
  const { error, data, status } = await query;
  assert.ok(error, `expected an error, got ${JSON.stringify(data)}`);
  return { status, ...error };
}
