//! The embedded server is set up as promised, and has what migrations in the wild expect.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use tenantry_tests::{Home, Program, connect};

fn notes() -> String {
    format!("{}/../examples/notes", env!("CARGO_MANIFEST_DIR"))
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_need_a_restart_are_right_from_the_start() {
    let home = Home::new();
    let program = Program::start(&home, &["--app", &notes()]);
    let client = connect(program.text("/admin_dsn")).await;
    for (name, expected) in [
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("data_checksums", "on"),
        ("wal_level", "logical"),
        ("summarize_wal", "on"),
        ("archive_mode", "on"),
        ("shared_preload_libraries", "pg_stat_statements"),
        ("password_encryption", "scram-sha-256"),
        ("listen_addresses", "127.0.0.1"),
        ("server_encoding", "UTF8"),
        ("TimeZone", "UTC"),
    ] {
        let found: String = client.query_one(&format!("show {name}"), &[]).await.unwrap().get(0);
        assert_eq!(found, expected, "{name}");
    }
    let locale: String = client
        .query_one("select datlocprovider::text || ' ' || datlocale from pg_database where datname = 'notes'", &[])
        .await
        .unwrap()
        .get(0);
    assert_eq!(locale, "b C.UTF-8");
    for folder in ["data", "run", "log"] {
        let mode = fs::metadata(home.path.join(folder)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{folder}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn shared_roles_cannot_log_in_and_inherit_nothing() {
    let home = Home::new();
    let program = Program::start(&home, &["--app", &notes()]);
    let client = connect(program.text("/admin_dsn")).await;
    let roles = client
        .query(
            "select rolname::text, rolcanlogin, rolsuper or rolcreaterole or rolcreatedb or rolreplication, rolbypassrls
             from pg_roles
             where rolname !~ '^pg_' and rolname <> 'tenantry'
             order by rolname",
            &[],
        )
        .await
        .unwrap();
    let found: Vec<(String, bool, bool, bool)> =
        roles.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3))).collect();
    let expected = [
        ("anon", false, false),
        ("authenticated", false, false),
        ("authenticator", false, false),
        ("notes_analyst", true, true),
        ("notes_owner", true, true),
        ("notes_server", true, false),
        ("service_role", false, true),
        ("supabase_auth_admin", false, false),
        ("tenantry_auth", false, false),
        ("tenantry_mail", false, false),
    ];
    let expected: Vec<_> =
        expected.map(|(name, login, bypass)| (name.to_owned(), login, false, bypass)).into();
    assert_eq!(found, expected);
    let inheriting: i64 = client
        .query_one("select count(*) from pg_auth_members where inherit_option and member::regrole::text like 'notes%'", &[])
        .await
        .unwrap()
        .get(0);
    assert_eq!(inheriting, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn extensions_of_migrations_in_the_wild_load_for_the_owner() {
    let home = Home::new();
    let program = Program::start(&home, &["--app", &notes()]);
    let client = connect(program.text("/apps/notes/dsn/owner")).await;
    for extension in ["uuid-ossp", "pgcrypto", "vector", "pg_trgm"] {
        let create =
            format!("create extension if not exists \"{extension}\" with schema extensions");
        client
            .batch_execute(&create)
            .await
            .unwrap_or_else(|error| panic!("{extension}: {error:?}"));
    }
    let digest: String = client
        .query_one("select encode(extensions.digest('abc', 'sha1'), 'hex')", &[])
        .await
        .unwrap()
        .get(0);
    assert_eq!(digest, "a9993e364706816aba3e25717850c26c9cd0d89d");
    // RFC 4122's DNS namespace, by SHA-1.
    let named: String = client
        .query_one(
            "select extensions.uuid_generate_v5(extensions.uuid_ns_dns(), 'www.example.com')::text",
            &[],
        )
        .await
        .unwrap()
        .get(0);
    assert_eq!(named, "2ed6657d-e927-568b-95e1-2665a8aea6a2");
    let refused = client.query_one("select extensions.crypt('x', 'y')", &[]).await.unwrap_err();
    assert_eq!(refused.code().map(|code| code.code()), Some("0A000"));
}
