//! Keys of people for their programs: whose they are, what ends them, and what their scopes reach.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tenantry_tests::{Client, Home, Program, connect};

/// A key that ended may work for so long.
const SOON: Duration = Duration::from_secs(5);
const DOCUMENTS: &str = "/rest/v1/documents?select=id";

fn notes() -> String {
    format!("{}/../examples/notes", env!("CARGO_MANIFEST_DIR"))
}

fn soon(what: &str, holds: impl Fn() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < SOON, "{what}: not within five seconds");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Two tenants of mnfst with an administrator and a person each.
struct Mnfst {
    program: Program,
    /// By tenant: its id, its administrator and a person with their ids.
    tenants: Vec<(String, [(Client, String); 2])>,
}

impl Mnfst {
    fn start(home: &Home) -> Mnfst {
        let program = Program::start(home, &["--apps", "mnfst"]);
        let client = program.client("mnfst");
        let tenants = ["acme", "globex"].map(|slug| {
            let tenant = json!({ "name": slug, "slug": slug });
            let made = client.service().post("/rest/v1/tenants?select=id", &tenant);
            let tenant = made.body[0]["id"].as_str().unwrap().to_owned();
            let people = ["tenant_admin", "user"].map(|role| member(&client, slug, &tenant, role));
            (tenant, people)
        });
        Mnfst { program, tenants: tenants.into() }
    }

    fn person(&self) -> &(Client, String) {
        &self.tenants[0].1[1]
    }

    fn administrator(&self) -> &(Client, String) {
        &self.tenants[0].1[0]
    }

    /// A client that sends nothing but this key.
    fn with_key(&self, key: &str) -> Client {
        self.program.client("mnfst").with_token(key)
    }
}

fn member(client: &Client, slug: &str, tenant: &str, role: &str) -> (Client, String) {
    let email = format!("{role}@{slug}.example.com");
    let account = json!({
        "email": email,
        "password": "a long password",
        "email_confirm": true,
        "app_metadata": { "tenant_id": tenant, "role": role },
    });
    let made = client.service().post("/auth/v1/admin/users", &account);
    assert_eq!(made.status, 200, "{made:?}");
    let sign_in = json!({ "email": email, "password": "a long password" });
    let session = client.post("/auth/v1/token?grant_type=password", &sign_in);
    let token = session.body["access_token"].as_str().unwrap_or_else(|| panic!("{session:?}"));
    (client.with_token(token), made.body["id"].as_str().unwrap().to_owned())
}

fn create(person: &Client, scopes: &[&str]) -> (String, String) {
    let made =
        person.post("/rest/v1/rpc/create_api_key", &json!({ "name": "x", "scopes": scopes }));
    let row = &made.body[0];
    let text = |name: &str| row[name].as_str().unwrap_or_else(|| panic!("{made:?}")).to_owned();
    (text("id"), text("key"))
}

fn document(name: &str) -> Value {
    json!({ "filename": name, "original_name": name, "size": 1, "mime_type": "text/plain" })
}

#[test]
fn a_key_is_its_person_within_its_scopes() {
    let home = Home::new();
    let mnfst = Mnfst::start(&home);
    let (person, id) = mnfst.person();
    assert_eq!(person.post("/rest/v1/documents", &document("a.txt")).status, 201);
    let foreign = &mnfst.tenants[1].1[1].0;
    assert_eq!(foreign.post("/rest/v1/documents", &document("b.txt")).status, 201);
    let (_, key) = create(person, &["documents:read", "users:read"]);
    assert!(key.starts_with("mnfst_"));
    let program = mnfst.with_key(&key);
    assert_eq!(program.get(DOCUMENTS).body.as_array().unwrap().len(), 1);
    assert_eq!(program.get("/rest/v1/users?select=id").body, json!([{ "id": id }]));
    assert_eq!(program.post("/rest/v1/documents", &document("c.txt")).status, 403);
    assert_eq!(program.delete("/rest/v1/documents?filename=eq.a.txt").body, json!([]));
    assert_eq!(person.get(DOCUMENTS).body.as_array().unwrap().len(), 1);
    // As the key of the application, too; a good token beside it counts more.
    let as_key = mnfst.program.client("mnfst").with_token(&key).with_header("apikey", &key);
    assert_eq!(as_key.get(DOCUMENTS).body.as_array().unwrap().len(), 1);
    // It writes with the other scope, in the person's name.
    let (_, key) = create(person, &["documents:read", "documents:write"]);
    let made = mnfst.with_key(&key).post("/rest/v1/documents", &document("d.txt"));
    assert_eq!((made.status, &made.body[0]["user_id"]), (201, &json!(id)));
}

#[test]
fn a_key_neither_signs_in_nor_changes_the_account_nor_makes_keys() {
    let home = Home::new();
    let mnfst = Mnfst::start(&home);
    let (person, id) = mnfst.administrator();
    let all = ["documents:read", "documents:write", "chat:read", "chat:write", "users:read"];
    let all = [&all[..], &["users:write", "social_links:read", "social_links:write", "usage:read"]];
    let (key_id, key) = create(person, &all.concat());
    let program = mnfst.with_key(&key);
    assert_eq!(program.get("/rest/v1/users?select=id").body.as_array().unwrap().len(), 2);
    assert_eq!(program.get("/auth/v1/user").status, 403);
    assert_eq!(
        program.send("PUT", "/auth/v1/user", Some(&json!({ "password": "another one" }))).status,
        403
    );
    assert_eq!(program.post("/auth/v1/logout", &json!({})).status, 403);
    assert_eq!(program.get("/auth/v1/user/keys").status, 404);
    assert_eq!(program.get("/auth/v1/admin/users").status, 403);
    let as_key = mnfst.program.client("mnfst").with_header("apikey", &key);
    assert_eq!(as_key.get("/auth/v1/settings").status, 401);
    let sign_in = json!({ "email": "tenant_admin@acme.example.com", "password": key });
    let refused =
        mnfst.program.client("mnfst").post("/auth/v1/token?grant_type=password", &sign_in);
    assert_eq!(refused.status, 400);
    let refresh = json!({ "refresh_token": key });
    let refused =
        mnfst.program.client("mnfst").post("/auth/v1/token?grant_type=refresh_token", &refresh);
    assert_eq!(refused.status, 400);
    // Neither by the application's own functions and tables.
    let more = json!({ "name": "more", "scopes": ["usage:read"] });
    assert_eq!(program.post("/rest/v1/rpc/create_api_key", &more).status, 403);
    assert_eq!(program.get("/rest/v1/api_keys?select=id").body, json!([]));
    let path = format!("/rest/v1/api_keys?id=eq.{key_id}");
    assert_eq!(program.patch(&path, &json!({ "name": "y" })).status, 403, "no rights on the hash");
    assert_eq!(program.get("/rest/v1/audit_logs?select=id").body, json!([]));
    let tenant = &mnfst.tenants[0].0;
    let rename = format!("/rest/v1/tenants?id=eq.{tenant}&select=id");
    assert_eq!(program.patch(&rename, &json!({ "name": "z" })).body, json!([]));
    let hide = json!({ "kind": "tenants", "row_id": tenant });
    assert_eq!(program.post("/rest/v1/rpc/hide_row", &hide).status, 403);
    assert_eq!(person.get("/auth/v1/user").body["id"], json!(id));
}

#[test]
fn functions_of_the_owner_ask_for_scopes_too() {
    let home = Home::new();
    let mnfst = Mnfst::start(&home);
    let (person, person_id) = mnfst.person();
    let (admin, admin_id) = mnfst.administrator();
    let made = person.post("/rest/v1/documents", &document("a.txt"));
    let document_id = made.body[0]["id"].as_str().unwrap();
    let hide = json!({ "kind": "documents", "row_id": document_id });
    let hand_over = json!({ "from_user": person_id, "to_user": admin_id });
    let with = |person: &Client, scope: &str| mnfst.with_key(&create(person, &[scope]).1);
    for scope in ["documents:read", "chat:write", "users:write"] {
        let program = with(admin, scope);
        assert_eq!(program.post("/rest/v1/rpc/hide_row", &hide).status, 403, "{scope}");
        assert_eq!(
            program.post("/rest/v1/rpc/hand_over_documents", &hand_over).status,
            403,
            "{scope}"
        );
    }
    let usage = |client: &Client| client.post("/rest/v1/rpc/usage_totals", &json!({})).body;
    assert_eq!(
        mnfst
            .program
            .client("mnfst")
            .service()
            .post("/rest/v1/rpc/refresh_usage_views", &json!({}))
            .status,
        204
    );
    assert_eq!(usage(admin).as_array().unwrap().len(), 1);
    assert_eq!(usage(&with(admin, "usage:read")), usage(admin));
    let writer = with(admin, "documents:write");
    assert_eq!(usage(&writer), json!([]));
    assert_eq!(writer.post("/rest/v1/rpc/hide_row", &hide).body, json!(true));
    let deleted = |client: &Client| {
        client.post("/rest/v1/rpc/deleted_rows", &json!({})).body.as_array().unwrap().len()
    };
    assert_eq!((deleted(&writer), deleted(&with(admin, "users:write"))), (1, 0));
    assert_eq!(writer.post("/rest/v1/rpc/hand_over_documents", &hand_over).body, json!(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ends_a_key_ends_it_within_five_seconds() {
    let home = Home::new();
    let mnfst = Mnfst::start(&home);
    let owner = connect(&mnfst.program.admin_dsn("mnfst")).await;
    let (person, person_id) = mnfst.person();
    let tenant = &mnfst.tenants[0].0;
    let service = mnfst.program.client("mnfst").service();
    let check = |key: &str| mnfst.with_key(key).get(DOCUMENTS).status;
    let scopes = ["documents:read"];

    let (id, key) = create(person, &scopes);
    assert_eq!(check(&key), 200);
    let path = format!("/rest/v1/api_keys?id=eq.{id}&select=id");
    let revoked = person.patch(&path, &json!({ "revoked_at": "2026-01-01T00:00:00Z" }));
    assert_eq!(revoked.status, 200, "{revoked:?}");
    soon("a revoked key is refused", || check(&key) == 401);
    let refused = mnfst.with_key(&key).get(DOCUMENTS);
    assert_eq!(refused.body["message"], "Invalid API key");
    assert!(!refused.body.to_string().contains(&key));

    let (id, key) = create(person, &scopes);
    assert_eq!(check(&key), 200);
    let sql = "update public.api_keys set created_at = now() - interval '2 days', expires_at = now() - interval '1 day' where id = $1::text::uuid";
    owner.execute(sql, &[&id]).await.unwrap();
    soon("an expired key is refused", || check(&key) == 401);

    let (_, key) = create(person, &scopes);
    assert_eq!(check(&key), 200);
    let suspend = json!({ "tenant": tenant });
    assert_eq!(service.post("/rest/v1/rpc/suspend_tenant", &suspend).body, json!(true));
    soon("a suspended tenant's key is refused", || check(&key) == 401);
    assert_eq!(service.post("/rest/v1/rpc/resume_tenant", &suspend).body, json!(true));
    soon("it works again", || check(&key) == 200);

    let ban = json!({ "ban_duration": "1h" });
    let account = format!("/auth/v1/admin/users/{person_id}");
    assert_eq!(service.send("PUT", &account, Some(&ban)).status, 200);
    soon("a banned person's key is refused", || check(&key) == 401);
    assert_eq!(service.send("PUT", &account, Some(&json!({ "ban_duration": "none" }))).status, 200);
    soon("it works once more", || check(&key) == 200);

    let hide = json!({ "kind": "users", "row_id": person_id });
    assert_eq!(service.post("/rest/v1/rpc/hide_row", &hide).body, json!(true));
    soon("a hidden person's key is refused", || check(&key) == 401);

    for unknown in ["mnfst_", "mnfst_unknown", &format!("mnfst_{}", "x".repeat(5000))] {
        assert_eq!(check(unknown), 401);
    }
}

#[test]
fn applications_without_such_a_table_have_one() {
    let home = Home::new();
    let program = Program::start(&home, &["--app", &notes()]);
    let client = program.client("notes");
    let ((ann, ann_id), (bob, _)) =
        (client.sign_up("ann@example.com"), client.sign_up("bob@example.com"));
    let wanted = json!({ "name": "import", "expires_in": 3600 });
    let scoped = json!({ "name": "import", "scopes": ["notes:write"] });
    let refused = ann.post("/auth/v1/user/keys", &scoped);
    assert_eq!(refused.status, 400, "nobody asks for scopes: {refused:?}");
    let made = ann.post("/auth/v1/user/keys", &wanted);
    assert_eq!(made.status, 200, "{made:?}");
    let key = made.body["key"].as_str().unwrap();
    assert!(key.starts_with("notes_") && made.body["expires_at"].is_string());
    let script = client.with_token(key);
    let note = script.post("/rest/v1/notes", &json!({ "body": "Buy milk" }));
    assert_eq!((note.status, &note.body[0]["user_id"]), (201, &json!(ann_id)));

    let listed = ann.get("/auth/v1/user/keys").body;
    let row = &listed.as_array().unwrap()[0];
    assert_eq!((&row["id"], &row["scopes"]), (&made.body["id"], &json!([])));
    assert!(row.get("key").is_none() && row["last_used_at"].is_string(), "{row}");
    assert!(!listed.to_string().contains(key));
    assert_eq!(bob.get("/auth/v1/user/keys").body, json!([]));
    let path = format!("/auth/v1/user/keys/{}", made.body["id"].as_str().unwrap());
    assert_eq!(bob.delete(&path).status, 404);
    assert_eq!(script.delete(&path).status, 403, "a key does not manage keys");
    assert_eq!(script.get("/auth/v1/user/keys").status, 403);
    assert_eq!(client.get("/auth/v1/user/keys").status, 403, "nobody");
    assert_eq!(ann.delete("/auth/v1/user/keys/none").status, 404);
    assert_eq!(ann.post("/auth/v1/user/keys", &json!({ "name": "", "scopes": [] })).status, 400);
    assert_eq!(
        ann.post("/auth/v1/user/keys", &json!({ "name": "x", "scopes": ["all"] })).status,
        400
    );

    assert_eq!(ann.delete(&path).status, 204);
    assert_eq!(ann.delete(&path).status, 404, "once");
    soon("a revoked key is refused", || script.get("/rest/v1/notes").status == 401);
    // With the person go the keys; who signed out makes none.
    let made = bob.post("/auth/v1/user/keys", &json!({ "name": "x", "scopes": [] }));
    let script = client.with_token(made.body["key"].as_str().unwrap());
    assert_eq!(script.get("/rest/v1/notes").status, 200);
    assert_eq!(bob.post("/auth/v1/logout?scope=global", &json!({})).status, 204);
    assert_eq!(bob.post("/auth/v1/user/keys", &wanted).body["error_code"], "session_not_found");
    assert_eq!(script.get("/rest/v1/notes").status, 200, "a key outlives a login session");
}
