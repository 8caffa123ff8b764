//! Who reaches how many rows of every table, by every verb: a reviewed text file per application.
//!
//! The demo data are the same everywhere, so the numbers are too. A policy or a grant that changes
//! shows up as a changed line. After a change that is meant, write the files anew and read the
//! difference:
//!
//! ```sh
//! TENANTRY_WRITE_MATRICES=1 cargo test --package tenantry-tests --test matrix
//! ```

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use tenantry_tests::{Home, Program, connect, run};
use tokio_postgres::Client;

/// People of the demo data: a label and an id.
const BOARD: &str = "select 'first person', min(id) from users union all select 'last person', max(id) from users order by 1";
const MNFST: &str = "
    select role || ' of ' || coalesce((select slug from tenants where tenants.id = tenant_id), 'no tenant'), min(id::text)
    from users
    where deleted_at is null
      and (tenant_id is null or tenant_id in (
          select id from tenants where deleted_at is null and suspended_at is null order by slug limit 2))
    group by 1
    order by 1";
const PARAKEET: &str = "select 'first person', min(id::text) from users union all select 'last person', max(id::text) from users order by 1";
const PRESS: &str = "
    select name, min(user_id::text) from user_roles join roles on roles.id = role_id group by 1 order by 1";
const PROFILER: &str = "
    select role_name, min(user_id::text) from profiler_schema.user_roles join profiler_schema.roles using (role_id)
    group by 1 order by 1";

async fn matrix(app: &str, schema: &str, people: &str) {
    let home = Home::new();
    let program = Program::start(&home, &["--apps", app]);
    let seeded = run(&["seed", app, "--demo", "--home", program.home()]);
    assert!(seeded.status.success(), "{}", String::from_utf8_lossy(&seeded.stderr));
    let client = connect(&program.admin_dsn(app)).await;
    let mut callers: Vec<(String, String, String)> = vec![
        ("anon".into(), "anon".into(), String::new()),
        ("signed in without a setting".into(), "authenticated".into(), String::new()),
        (
            "a stranger".into(),
            "authenticated".into(),
            "99999999-9999-4999-8999-999999999999".into(),
        ),
        ("service_role".into(), "service_role".into(), String::new()),
        ("the analyst".into(), format!("{app}_analyst"), String::new()),
    ];
    for row in client.query(people, &[]).await.unwrap() {
        callers.push((row.get(0), "authenticated".into(), row.get(1)));
    }
    let relations: Vec<String> = client
        .query(
            "select relname::text
             from pg_class
             where relnamespace = $1::text::regnamespace
               and relkind in ('r', 'p', 'v', 'm')
               and not relispartition
             order by 1",
            &[&schema],
        )
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    let mut text = String::new();
    for (label, role, person) in &callers {
        writeln!(text, "{label}").unwrap();
        for relation in &relations {
            let table = format!("\"{schema}\".\"{relation}\"");
            let column = |verb: &str| {
                format!(
                    "select quote_ident(attname) from pg_attribute where attrelid = '{table}'::regclass and attnum > 0 and not attisdropped \
                 and attgenerated = '' and has_column_privilege('{role}', attrelid, attnum, '{verb}') order by attnum limit 1"
                )
            };
            let readable = first(&client, &column("select")).await.unwrap_or_else(|| "*".into());
            let writable = first(&client, &column("update")).await;
            let select =
                attempt(&client, role, person, &format!("select {readable} from {table}")).await;
            let update = match writable {
                Some(column) => {
                    attempt(
                        &client,
                        role,
                        person,
                        &format!("update {table} set {column} = {column}"),
                    )
                    .await
                }
                None => "42501".into(),
            };
            let delete = attempt(&client, role, person, &format!("delete from {table}")).await;
            writeln!(
                text,
                "  {relation:<28} select {select:<6} update {update:<6} delete {delete}"
            )
            .unwrap();
        }
    }
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/matrices").join(format!("{app}.txt"));
    if std::env::var_os("TENANTRY_WRITE_MATRICES").is_some() {
        fs::write(&path, &text).unwrap();
    }
    let reviewed = fs::read_to_string(&path).unwrap_or_default();
    for (found, expected) in text.lines().zip(reviewed.lines()) {
        assert_eq!(found, expected, "{app}: {}", path.display());
    }
    assert_eq!(text.lines().count(), reviewed.lines().count(), "{app}: lines are missing");
}

async fn first(client: &Client, sql: &str) -> Option<String> {
    client.query_opt(sql, &[]).await.unwrap().map(|row| row.get(0))
}

/// How many rows a statement reaches as this caller, or the SQLSTATE of its refusal. Undone.
async fn attempt(client: &Client, role: &str, person: &str, statement: &str) -> String {
    let claims = if person.is_empty() {
        String::new()
    } else {
        format!("{{\"sub\":\"{person}\",\"role\":\"{role}\"}}")
    };
    client
        .batch_execute(&format!(
            "begin;
             select set_config('app.current_user_id', '{person}', true),
                    set_config('request.jwt.claims', '{claims}', true);
             set local role {role}"
        ))
        .await
        .unwrap();
    let outcome = match client.execute(statement, &[]).await {
        Ok(rows) => rows.to_string(),
        Err(error) => error.code().map_or_else(|| error.to_string(), |code| code.code().to_owned()),
    };
    client.batch_execute("rollback").await.unwrap();
    outcome
}

#[tokio::test(flavor = "multi_thread")]
async fn board() {
    matrix("board", "public", BOARD).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mnfst() {
    matrix("mnfst", "public", MNFST).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parakeet() {
    matrix("parakeet", "public", PARAKEET).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn press() {
    matrix("press", "public", PRESS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn profiler() {
    matrix("profiler", "profiler_schema", PROFILER).await;
}
