// Keys and tokens. The asymmetric keys are made anew for every run.
import { createHmac, generateKeyPairSync, sign } from "node:crypto";

export const secret = "a secret that signs the suite's tokens only";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const elliptic = generateKeyPairSync("ec", { namedCurve: "P-256" });

export const rsaJwk = { ...rsa.publicKey.export({ format: "jwk" }), alg: "RS256", use: "sig", kid: "rsa" };
export const ecJwk = { ...elliptic.publicKey.export({ format: "jwk" }), alg: "ES256", use: "sig", kid: "ec" };

const signers = {
  HS256: (text, key = secret) => createHmac("sha256", key).update(text).digest("base64url"),
  HS512: (text, key = secret) => createHmac("sha512", key).update(text).digest("base64url"),
  RS256: (text) => sign("sha256", text, rsa.privateKey).toString("base64url"),
  ES256: (text) => sign("sha256", text, { key: elliptic.privateKey, dsaEncoding: "ieee-p1363" }).toString("base64url"),
  none: () => "",
};

/** A signed token. `header` adds to or replaces the token's header. */
export function token(claims, { alg = "HS256", key, header = {} } = {}) {
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${encode({ alg, typ: "JWT", ...header })}.${encode(claims)}`;
  return `${text}.${signers[alg](text, key)}`;
}

/** Seconds since 1970, some time from now. */
export const fromNow = (seconds) => Math.floor(Date.now() / 1000) + seconds;
