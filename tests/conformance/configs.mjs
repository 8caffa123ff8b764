// The configurations that cases name. Each is the default with what it changes.
import { ecJwk, rsaJwk, secret } from "./tokens.mjs";

const standard = {
  "db-schemas": "api",
  "db-anon-role": "conformance_anon",
  "db-extra-search-path": "extensions",
  // So that a case leaves nothing behind for the next.
  "db-tx-end": "rollback-allow-override",
  "jwt-secret": secret,
  "app.settings.motto": "play it loud",
};

const changes = {
  default: {},
  "max-rows": { "db-max-rows": 2 },
  aggregates: { "db-aggregates-enabled": true },
  schemas: { "db-schemas": "api, api2, تست" },
  "no-search-path": { "db-extra-search-path": "" },
  "tx-commit": { "db-tx-end": "commit" },
  "tx-commit-override": { "db-tx-end": "commit-allow-override" },
  "tx-rollback": { "db-tx-end": "rollback" },
  plan: { "db-plan-enabled": true },
  "no-anon": { "db-anon-role": undefined },
  "no-secret": { "jwt-secret": undefined },
  "secret-base64": { "jwt-secret": Buffer.from(secret).toString("base64"), "jwt-secret-is-base64": true },
  "rsa-key": { "jwt-secret": JSON.stringify(rsaJwk) },
  "key-set": { "jwt-secret": JSON.stringify({ keys: [rsaJwk, ecJwk] }) },
  audience: { "jwt-aud": "the-label" },
  "role-claim": { "jwt-role-claim-key": ".label.roles[0]" },
  booklet: { "db-schemas": "booklet" },
  "booklet-all": { "db-schemas": "booklet", "openapi-mode": "ignore-privileges" },
  "booklet-security": { "db-schemas": "booklet", "openapi-security-active": true },
  "booklet-proxy": { "db-schemas": "booklet", "openapi-server-proxy-uri": "https://label.example/music" },
  "booklet-off": { "db-schemas": "booklet", "openapi-mode": "disabled" },
  "root-function": { "db-schemas": "booklet", "db-root-spec": "root" },
  "pre-request": { "db-pre-request": "private.before_request" },
  timing: { "server-timing-enabled": true },
  trace: { "server-trace-header": "X-Request-Id" },
  terse: { "client-error-verbosity": "minimal" },
  "no-legacy-names": { "url-use-legacy-target-names": false },
  unprepared: { "db-prepared-statements": false },
  origins: { "server-cors-allowed-origins": "https://one.example, https://two.example" },
};

export const configs = Object.fromEntries(
  Object.entries(changes).map(([name, change]) => [name, { ...standard, ...change }]),
);
