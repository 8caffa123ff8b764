//! An existing PostgreSQL by URL: the same program, the same answers.

use serde_json::json;
use tenantry_tests::{Home, Program};

fn notes() -> String {
    format!("{}/../examples/notes", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn an_existing_server_is_used_by_url() {
    // Somebody else's server: here, the one of another home.
    let (theirs, ours) = (Home::new(), Home::new());
    let server = Program::start(&theirs, &["--apps", "press"]);
    let program =
        Program::start(&ours, &["--app", &notes(), "--database-url", server.text("/admin_dsn")]);
    assert_eq!(program.status.get("postmaster_pid"), None);
    assert!(!ours.path.join("data").exists(), "no server of our own is made");
    let (ann, _) = program.client("notes").sign_up("ann@example.com");
    let (bob, _) = program.client("notes").sign_up("bob@example.com");
    assert_eq!(ann.post("/rest/v1/notes", &json!({ "body": "Buy milk" })).status, 201);
    assert_eq!(ann.get("/rest/v1/notes?select=body").body, json!([{ "body": "Buy milk" }]));
    assert_eq!(bob.get("/rest/v1/notes?select=body").body, json!([]));
    assert!(program.stop());
    assert!(server.stop());
}

#[test]
fn one_application_may_be_on_a_server_of_its_own() {
    let (theirs, ours) = (Home::new(), Home::new());
    let server = Program::start(&theirs, &["--apps", "press"]);
    let url = format!("notes={}", server.text("/admin_dsn"));
    let program =
        Program::start(&ours, &["--apps", "board", "--app", &notes(), "--app-database-url", &url]);
    let (ann, _) = program.client("notes").sign_up("ann@example.com");
    assert_eq!(ann.post("/rest/v1/notes", &json!({ "body": "Here" })).status, 201);
    let port = |dsn: &str| dsn.rsplit(':').next().unwrap().split('/').next().unwrap().to_owned();
    assert_eq!(port(program.text("/apps/notes/dsn/owner")), port(server.text("/admin_dsn")));
    assert_eq!(port(program.text("/apps/board/dsn/owner")), port(program.text("/admin_dsn")));
    assert_ne!(port(program.text("/admin_dsn")), port(server.text("/admin_dsn")));
    // Another home on the same server: its passwords count from now on.
    let third = Home::new();
    drop(program);
    let program = Program::start(&third, &["--app", &notes(), "--app-database-url", &url]);
    assert_eq!(
        program.client("notes").service().get("/rest/v1/notes?select=body").body,
        json!([{ "body": "Here" }])
    );
}

#[test]
fn a_server_that_cannot_be_reached_is_said() {
    let refused = Program::try_start(
        &Home::new(),
        &["--app", &notes(), "--database-url", "postgres://nobody:secret@127.0.0.1:1/postgres"],
    );
    let refused = refused.err().expect("nothing listens there");
    assert!(refused.contains("PostgreSQL cannot be reached"), "{refused}");
    assert!(!refused.contains("secret"), "the password is never shown: {refused}");
}

#[test]
fn psql_opens_the_database_as_any_of_its_logins() {
    let home = Home::new();
    let program = Program::start(&home, &["--app", &notes()]);
    for (role, user) in [
        ("owner", "notes_owner"),
        ("server", "notes_server"),
        ("analyst", "notes_analyst"),
        ("admin", "tenantry"),
    ] {
        let output = Program::command(&[
            "psql",
            "notes",
            "--home",
            program.home(),
            "--role",
            role,
            "--",
            "-Atc",
            "select current_user",
        ])
        .output()
        .unwrap();
        assert_eq!(
            String::from_utf8_lossy(&output.stdout).trim(),
            user,
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
