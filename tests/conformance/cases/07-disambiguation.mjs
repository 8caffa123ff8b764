import { json, refused } from "../expectations.mjs";

const read = (name, path, value) => ({ name, path, expect: json(value) });
const signer = [{ id: 1, artists: { name: "Ada" } }];

export default [
  {
    name: "two foreign keys, from many to one",
    path: "/contracts?select=id,artists(name)",
    expect: {
      status: 300,
      json: {
        code: "PGRST201",
        details: [
          { cardinality: "many-to-one", embedding: "contracts with artists", relationship: "contracts_signer using contracts(signer_id) and artists(id)" },
          { cardinality: "many-to-one", embedding: "contracts with artists", relationship: "contracts_witness using contracts(witness_id) and artists(id)" },
        ],
        hint: "Try changing 'artists' to one of the following: 'artists!contracts_signer', 'artists!contracts_witness'. Find the desired relationship in the 'details' key.",
        message: "Could not embed because more than one relationship was found for 'contracts' and 'artists'",
      },
    },
  },
  {
    name: "two foreign keys, from one to many",
    path: "/artists?select=id,contracts(id)",
    expect: {
      status: 300,
      json: {
        code: "PGRST201",
        details: [
          { cardinality: "one-to-many", embedding: "artists with contracts", relationship: "contracts_signer using artists(id) and contracts(signer_id)" },
          { cardinality: "one-to-many", embedding: "artists with contracts", relationship: "contracts_witness using artists(id) and contracts(witness_id)" },
        ],
        hint: "Try changing 'contracts' to one of the following: 'contracts!contracts_signer', 'contracts!contracts_witness'. Find the desired relationship in the 'details' key.",
        message: "Could not embed because more than one relationship was found for 'artists' and 'contracts'",
      },
    },
  },
  read("a constraint as hint", "/contracts?select=id,artists!contracts_signer(name)&id=eq.1", signer),
  read("a column as hint", "/contracts?select=id,artists!signer_id(name)&id=eq.1", signer),
  read("a constraint as target", "/contracts?select=id,contracts_witness(name)&id=eq.1", [{ id: 1, contracts_witness: { name: "Bo" } }]),
  read("a column as target", "/contracts?select=id,witness_id(name)&id=eq.1", [{ id: 1, witness_id: { name: "Bo" } }]),
  read("a column as target, with an alias", "/contracts?select=id,witness:witness_id(name)&id=eq.3", [{ id: 3, witness: null }]),
  read("hint and alias", "/contracts?select=id,by:artists!contracts_signer(name),seen:artists!contracts_witness(name)&id=eq.2", [
    { id: 2, by: { name: "Cy" }, seen: { name: "Ada" } },
  ]),
  read("a constraint as hint, to many", "/artists?select=name,contracts!contracts_witness(id)&id=eq.1", [{ name: "Ada", contracts: [{ id: 2 }] }]),
  read("a column as hint, to many", "/artists?select=name,contracts!signer_id(id)&id=eq.1", [{ name: "Ada", contracts: [{ id: 1 }] }]),
  read("the referred column as hint", "/albums?select=id,artists!id(name)&id=eq.1", [{ id: 1, artists: { name: "Ada" } }]),
  read("a junction as hint", "/albums?select=id,genres!album_genres(name)&id=eq.2", [{ id: 2, genres: [{ name: "ambient" }] }]),
  read("a hint that was not needed", "/albums?select=id,artists!artist_id(name)&id=eq.1", [{ id: 1, artists: { name: "Ada" } }]),
  read("a hint on a view", "/recent_albums?select=id,artists!artist_id(name)&id=eq.4", [{ id: 4, artists: { name: "Cy" } }]),
  read("a hint by constraint on a view", "/recent_albums?select=id,artists!albums_artist_id_fkey(name)&id=eq.4", [{ id: 4, artists: { name: "Cy" } }]),
  read("hint, then inner", "/contracts?select=id,artists!contracts_witness!inner(name)&order=id", [
    { id: 1, artists: { name: "Bo" } },
    { id: 2, artists: { name: "Ada" } },
  ]),
  read("inner, then hint", "/contracts?select=id,artists!inner!contracts_witness(name)&order=id", [
    { id: 1, artists: { name: "Bo" } },
    { id: 2, artists: { name: "Ada" } },
  ]),
  read("left, then hint", "/contracts?select=id,artists!left!contracts_witness(name)&id=eq.3", [{ id: 3, artists: null }]),
  { name: "ambiguity below the root", path: "/labels?select=artists(contracts(id))", expect: refused(300, "PGRST201") },
  { name: "ambiguity in a write's answer", method: "POST", path: "/contracts?select=id,artists(name)", headers: { Prefer: "return=representation" }, body: { id: 9 }, expect: refused(300, "PGRST201") },
];
