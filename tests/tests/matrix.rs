//! Who reaches how many rows of every table, by every verb, and what each role may do to its own
//! rows and to others': two reviewed text files per application.
//!
//! The demo data are the same everywhere, so the numbers are too. A policy or a grant that changes
//! shows up as a changed line. After a change that is meant, write the files anew and read the
//! difference:
//!
//! ```sh
//! TENANTRY_WRITE_MATRICES=1 cargo test --package tenantry-tests --test matrix
//! ```

#[path = "matrix/rbac.rs"]
mod rbac;
#[path = "matrix/scopes.rs"]
mod scopes;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use rbac::Resource;
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

/// People of the demo data who are shut out by these statements.
const MNFST_SHUT_OUT: &str = "
    with suspended as (
        update tenants set suspended_at = now() where slug = (select max(slug) from tenants) returning id
    )
    select 'user of a suspended tenant', min(users.id::text)
    from users join suspended on suspended.id = tenant_id
    where role = 'user' and deleted_at is null";
const PARAKEET_SHUT_OUT: &str =
    "select 'not approved', min(id::text) from users where not approved";
const PRESS_SHUT_OUT: &str = "
    update users set is_active = false
    where id::text = (
        select max(user_id::text) from user_roles join roles on roles.id = role_id where name = 'author')
    returning 'author, not active', id::text";
const PROFILER_SHUT_OUT: &str = "
    update profiler_schema.users
    set is_locked = username = last_two.highest,
        is_active = username = last_two.highest
    from (
        select max(username) as highest, array_agg(username) as names
        from (select username from profiler_schema.users order by username desc limit 2) as two
    ) as last_two
    where username = any (names)
    returning case when is_locked then 'user, locked' else 'user, not active' end, user_id::text";

const BOARD_RESOURCES: &[Resource] = &[
    Resource::owned("users", "id"),
    Resource::owned("sessions", "user_id")
        .where_("sessions, running", "status in ('active', 'paused')"),
    Resource::owned("sessions", "user_id").where_("sessions, ended", "completed_at is not null"),
    Resource::owned("contributions", "select user_id from sessions where sessions.id = session_id"),
    Resource::owned("votes", "select user_id from sessions where sessions.id = session_id"),
    Resource::owned("payments", "user_id"),
    Resource::owned("audit_log", "user_id"),
    Resource::owned("checkpoints", "select user_id from sessions where sessions.id = thread_id"),
    Resource::common("personas"),
    Resource::common("email_templates"),
];
const MNFST_RESOURCES: &[Resource] = &[
    Resource::common("tenants").of_tenant("id"),
    Resource::owned("users", "id").of_tenant("tenant_id"),
    Resource::owned("documents", "user_id").of_tenant("tenant_id"),
    Resource::owned(
        "document_chunks",
        "select user_id from documents where documents.id = document_id",
    )
    .of_tenant("tenant_id"),
    Resource::owned("embeddings", "select user_id from documents where documents.id = document_id")
        .of_tenant("tenant_id"),
    Resource::common("social_links").of_tenant("tenant_id"),
    Resource::owned("sessions", "user_id").of_tenant("tenant_id"),
    Resource::owned("messages", "select user_id from sessions where sessions.id = session_id")
        .of_tenant("tenant_id")
        .where_("messages of the person", "role = 'user'"),
    Resource::owned("messages", "select user_id from sessions where sessions.id = session_id")
        .of_tenant("tenant_id")
        .where_("messages of the assistant", "role = 'assistant'"),
    Resource::owned("audit_logs", "user_id")
        .of_tenant("tenant_id")
        .where_("audit_logs of documents", "resource_type = 'documents'"),
    Resource::owned("audit_logs", "user_id")
        .of_tenant("tenant_id")
        .where_("audit_logs of chats", "resource_type in ('sessions', 'messages')"),
    Resource::owned("user_preferences", "user_id")
        .of_tenant("select tenant_id from users where users.id = user_id"),
    Resource::owned("api_keys", "user_id").of_tenant("tenant_id"),
];
const PARAKEET_RESOURCES: &[Resource] = &[
    Resource::owned("users", "id"),
    Resource::owned("interview_sessions", "user_id"),
    Resource::owned("interview_messages", "user_id"),
    Resource::owned("user_settings", "user_id"),
    Resource::owned("billing_subscriptions", "user_id"),
    Resource::owned("audit_logs", "user_id"),
];
const PRESS_RESOURCES: &[Resource] = &[
    Resource::owned("users", "id"),
    Resource::owned("user_profiles", "user_id"),
    Resource::owned("posts", "user_id").where_("posts, published", "status = 'published'"),
    Resource::owned("posts", "user_id").where_("posts, draft", "status = 'draft'"),
    Resource::owned("comments", "user_id"),
    Resource::owned("sessions", "user_id"),
    Resource::owned("user_roles", "user_id"),
    Resource::owned("audit_logs", "user_id"),
    Resource::common("roles"),
    Resource::common("permissions"),
    Resource::common("role_permissions"),
];
const PROFILER_RESOURCES: &[Resource] = &[
    Resource::owned("users", "user_id"),
    Resource::owned("profiles", "user_id"),
    Resource::owned("sections", PROFILE_OWNER),
    Resource::owned("answers", PROFILE_OWNER),
    Resource::owned("recommendations", PROFILE_OWNER),
    Resource::owned("documents", "user_id"),
    Resource::owned(
        "document_chunks",
        "select user_id from profiler_schema.documents where documents.document_id = sampled.document_id",
    ),
    Resource::owned("sessions", "user_id"),
    Resource::owned("user_roles", "user_id"),
    Resource::common("roles"),
    Resource::common("permissions"),
    Resource::common("role_permissions"),
    Resource::common("questionnaire_sections"),
    Resource::common("questionnaire_questions"),
];
const PROFILE_OWNER: &str =
    "select user_id from profiler_schema.profiles where profiles.profile_id = sampled.profile_id";

async fn matrix(app: &str, schema: &str, people: &str, shut_out: &str, resources: &[Resource]) {
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
    let text = reach(&client, schema, &callers).await;
    compare(app, &format!("{app}.txt"), &text);
    callers.retain(|(_, role, person)| role == "anon" || !person.is_empty());
    if !shut_out.is_empty() {
        for row in client.query(shut_out, &[]).await.unwrap() {
            let person: Option<String> = row.get(1);
            let label: String = row.get(0);
            let person = person.unwrap_or_else(|| panic!("{app}: nobody is {label}"));
            callers.push((label, "authenticated".into(), person));
        }
    }
    let text = rbac::snapshot(&client, schema, &callers, resources).await;
    compare(app, &format!("{app}_rbac.txt"), &text);
}

/// How many rows of each relation each caller reaches.
async fn reach(client: &Client, schema: &str, callers: &[(String, String, String)]) -> String {
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
    for (label, role, person) in callers {
        writeln!(text, "{label}").unwrap();
        for relation in &relations {
            let table = format!("\"{schema}\".\"{relation}\"");
            let column = |verb: &str| {
                format!(
                    "select quote_ident(attname) from pg_attribute where attrelid = '{table}'::regclass and attnum > 0 and not attisdropped \
                 and attgenerated = '' and has_column_privilege('{role}', attrelid, attnum, '{verb}') order by attnum limit 1"
                )
            };
            let readable = first(client, &column("select")).await.unwrap_or_else(|| "*".into());
            let writable = first(client, &column("update")).await;
            let select =
                attempt(client, role, person, &format!("select {readable} from {table}")).await;
            let update = match writable {
                Some(column) => {
                    attempt(
                        client,
                        role,
                        person,
                        &format!("update {table} set {column} = {column}"),
                    )
                    .await
                }
                None => "42501".into(),
            };
            let delete = attempt(client, role, person, &format!("delete from {table}")).await;
            writeln!(
                text,
                "  {relation:<28} select {select:<6} update {update:<6} delete {delete}"
            )
            .unwrap();
        }
    }
    text
}

/// Holds what was found to the reviewed file.
fn compare(app: &str, file: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/matrices").join(file);
    if std::env::var_os("TENANTRY_WRITE_MATRICES").is_some() {
        fs::write(&path, text).unwrap();
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
    attempt_with(client, role, person, &claims, statement).await
}

/// The same with these claims.
async fn attempt_with(
    client: &Client,
    role: &str,
    person: &str,
    claims: &str,
    statement: &str,
) -> String {
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
    matrix("board", "public", BOARD, "", BOARD_RESOURCES).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mnfst() {
    matrix("mnfst", "public", MNFST, MNFST_SHUT_OUT, MNFST_RESOURCES).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parakeet() {
    matrix("parakeet", "public", PARAKEET, PARAKEET_SHUT_OUT, PARAKEET_RESOURCES).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn press() {
    matrix("press", "public", PRESS, PRESS_SHUT_OUT, PRESS_RESOURCES).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn profiler() {
    matrix("profiler", "profiler_schema", PROFILER, PROFILER_SHUT_OUT, PROFILER_RESOURCES).await;
}
