import { empty, json } from "../expectations.mjs";

// For each way a server may end transactions, what a client asks for, and what comes of it.
const modes = [
  ["default", { "": "rollback", "tx=commit": "commit", "tx=rollback": "rollback" }, true],
  ["tx-rollback", { "": "rollback", "tx=commit": "rollback", "tx=rollback": "rollback" }, false],
  ["tx-commit", { "": "commit", "tx=commit": "commit", "tx=rollback": "commit" }, false],
  ["tx-commit-override", { "": "commit", "tx=commit": "commit", "tx=rollback": "rollback" }, true],
];

const cases = [];
for (const [config, wishes, listed] of modes) {
  for (const [wish, end] of Object.entries(wishes)) {
    const applied = listed && wish ? wish : null;
    const title = `${config}, ${wish || "nothing asked"}`;
    const prefer = wish ? { Prefer: wish } : {};
    const gone = { path: "/ledger?id=eq.500", expect: json([]) };
    const there = { path: "/ledger?select=id&id=eq.500", expect: json([{ id: 500 }]) };
    // What was committed is put back; a follow-up goes to the same server.
    const clean = { method: "DELETE", path: "/ledger?id=eq.500", headers: { Prefer: "tx=commit" }, expect: {} };
    cases.push(
      { name: `${title}: an insertion`, config, method: "POST", path: "/ledger", headers: prefer, body: { id: 500, note: "x" }, expect: empty(201, { "Preference-Applied": applied }), then: [end === "commit" ? there : gone, clean] },
      { name: `${title}: a representation shows the row anyway`, config, method: "POST", path: "/ledger?select=id", headers: { Prefer: ["return=representation", wish].filter(Boolean).join(", ") }, body: { id: 500, note: "x" }, expect: { status: 201, json: [{ id: 500 }] }, then: clean },
      { name: `${title}: a read`, config, path: "/ledger?select=id&id=eq.1", headers: prefer, expect: json([{ id: 1 }], { "Preference-Applied": applied }) },
      { name: `${title}: an error lists nothing`, config, method: "POST", path: "/ledger", headers: prefer, body: { id: 1 }, expect: { status: 409, headers: { "Preference-Applied": null } } },
      { name: `${title}: what is checked at the end is checked`, config, method: "PATCH", path: "/deferred?id=eq.1", headers: prefer, body: { other: 2 }, expect: { status: 409, has: [[["code"], "23505"]] } },
    );
  }
}
export default cases;
