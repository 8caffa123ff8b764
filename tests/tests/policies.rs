//! Every policy of an application with a test that tries to break it: the SQL files in
//! `apps/*/tests`, each on the application's own database as the program made it, with the bindings
//! in place. For the applications without such files, `matrix.rs` and the end-to-end tests speak.

use std::fs;
use std::path::Path;

use tenantry_tests::{Home, Program, connect};

async fn run_policy_tests(app: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../apps").join(app).join("tests");
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{app} has no policy tests");
    let home = Home::new();
    let program = Program::start(&home, &["--apps", app]);
    let client = connect(&program.admin_dsn(app)).await;
    let mut tried = String::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        // A transaction that is rolled back: files do not see each other's rows.
        let script = format!("begin;\n{}\n{text}\n;rollback;", include_str!("sql/expect.sql"));
        if let Err(error) = client.batch_execute(&script).await {
            let said = error
                .as_db_error()
                .map_or_else(|| error.to_string(), |error| error.message().to_owned());
            panic!("{}: {said}", file.display());
        }
        tried.push_str(&text);
    }
    let policies = client
        .query("select distinct polname::text from pg_policy where polrelid::regclass::text not like 'auth.%'", &[])
        .await
        .unwrap();
    let untried: Vec<String> = policies
        .iter()
        .map(|row| row.get(0))
        .filter(|name: &String| !tried.contains(name.as_str()))
        .collect();
    assert!(untried.is_empty(), "{app}: policies that no test names: {untried:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn board() {
    run_policy_tests("board").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parakeet() {
    run_policy_tests("parakeet").await;
}
