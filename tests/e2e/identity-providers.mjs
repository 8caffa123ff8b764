// Identity providers on loopback: a real one of OpenID Connect, one that tells lies, and GitHub as
// far as its API is used. And a browser that goes to them and back.
import { generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";

import Provider from "oidc-provider";

export const client = { client_id: "tenantry", client_secret: "the secret of tenantry at its provider" };

/** A server on a free port of loopback; `answer` may be set later. */
async function listen() {
  const server = createServer((request, response) => server.answer(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { server, url: `http://127.0.0.1:${server.address().port}`, stop };
}

/** Sends JSON. */
function send(response, body, status = 200) {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/** Sends the browser elsewhere. */
const redirect = (response, location) => response.writeHead(302, { location }).end();

/** The form in the body of a request. */
async function formOf(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return new URLSearchParams(Buffer.concat(parts).toString());
}

/**
 * A certified OpenID Connect provider. `people` are by the name that they sign in with
 * (`login_hint`); one with `denies` says no when asked for consent.
 */
export async function startProvider(people, callbacks) {
  const { server, url, stop } = await listen();
  const provider = new Provider(url, {
    clients: [{ ...client, redirect_uris: callbacks, token_endpoint_auth_method: "client_secret_post" }],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "picture"] },
    features: { devInteractions: { enabled: false } },
    cookies: { keys: ["a key"] },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id].claims }) }),
  });
  const answer = provider.callback();
  server.answer = async (request, response) => {
    if (!request.url.startsWith("/interaction/")) return answer(request, response);
    const { params } = await provider.interactionDetails(request, response);
    const accountId = params.login_hint;
    if (people[accountId].denies) {
      const result = { error: "access_denied", error_description: "The person said no" };
      return provider.interactionFinished(request, response, result);
    }
    const grant = new provider.Grant({ accountId, clientId: params.client_id });
    grant.addOIDCScope(params.scope);
    const consent = { grantId: await grant.save() };
    return provider.interactionFinished(request, response, { login: { accountId }, consent });
  };
  return { url, stop };
}

const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/**
 * A provider whose ID tokens are what `lie` makes of the true one: it is given claims and
 * header, and may change both, or answer with a text that is the token.
 */
export async function startLiar() {
  const { server, url, stop } = await listen();
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const another = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const nonces = new Map();
  const liar = { url, stop, lie: () => {} };
  const signed = (header, claims, key) => {
    const body = `${encode(header)}.${encode(claims)}`;
    return `${body}.${sign("sha256", Buffer.from(body), { key, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
  };
  server.answer = async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, url);
    switch (pathname) {
      case "/.well-known/openid-configuration":
        return send(response, {
          issuer: url, authorization_endpoint: `${url}/auth`, token_endpoint: `${url}/token`, jwks_uri: `${url}/jwks`,
        });
      case "/jwks":
        return send(response, { keys: [{ ...publicKey.export({ format: "jwk" }), kid: "k1", alg: "ES256", use: "sig" }] });
      case "/auth": {
        const code = randomUUID();
        nonces.set(code, searchParams.get("nonce"));
        const query = new URLSearchParams({ code, state: searchParams.get("state") });
        return redirect(response, `${searchParams.get("redirect_uri")}?${query}`);
      }
      case "/token": {
        const now = Math.floor(Date.now() / 1000);
        const nonce = nonces.get((await formOf(request)).get("code"));
        const header = { alg: "ES256", kid: "k1" };
        const claims = {
          iss: url, sub: "u1", aud: client.client_id, iat: now, exp: now + 60, nonce,
          email: "liar@example.com", email_verified: true,
        };
        const answer = liar.lie(claims, header) ?? signed(header, claims, liar.lie.signedByAnother ? another : privateKey);
        return send(response, { access_token: "opaque", token_type: "bearer", id_token: answer });
      }
      default:
        return send(response, {}, 404);
    }
  };
  return liar;
}

/** GitHub: OAuth 2.0 and two resources. `person` and `addresses` are who signs in. */
export async function startGitHub(person, addresses) {
  const { server, url, stop } = await listen();
  const codes = new Set();
  server.answer = async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, url);
    const isSignedIn = request.headers.authorization === "Bearer github-token";
    switch (pathname) {
      case "/login/oauth/authorize": {
        const code = randomUUID();
        codes.add(code);
        const query = new URLSearchParams({ code, state: searchParams.get("state") });
        return redirect(response, `${searchParams.get("redirect_uri")}?${query}`);
      }
      case "/login/oauth/access_token": {
        const form = await formOf(request);
        const good = codes.delete(form.get("code")) && form.get("client_secret") === client.client_secret;
        return send(response, good ? { access_token: "github-token", token_type: "bearer" } : { error: "bad_verification_code" });
      }
      case "/api/v3/user":
        return isSignedIn ? send(response, person) : send(response, {}, 401);
      case "/api/v3/user/emails":
        return isSignedIn ? send(response, addresses) : send(response, {}, 401);
      default:
        return send(response, {}, 404);
    }
  };
  return { url, stop };
}

/** Goes where the URL leads, with cookies, until the address is one that begins with `home`. */
export async function browse(start, home, onStep = () => {}) {
  const cookies = new Map();
  for (let [steps, url] = [0, new URL(start)]; steps < 20; steps++) {
    if (url.href.startsWith(home)) {
      const pairs = (text) => Object.fromEntries(new URLSearchParams(text));
      return { url, query: pairs(url.search), fragment: pairs(url.hash.slice(1)) };
    }
    onStep(url);
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, { redirect: "manual", headers: { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
      if (value) cookies.set(name, value);
      else cookies.delete(name);
    }
    const location = response.headers.get("location");
    if (!location) throw new Error(`${url.pathname}: ${response.status} ${await response.text()}`);
    url = new URL(location, url);
  }
  throw new Error(`${start} does not come to an end`);
}
