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

use serde_json::json;
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

/// Who asks: a role of the database, a person or nobody, and the scopes of the person's key.
struct Caller {
    label: String,
    role: String,
    person: String,
    scopes: Option<Vec<String>>,
}

impl Caller {
    fn new(label: &str, role: &str, person: &str) -> Self {
        Caller { label: label.into(), role: role.into(), person: person.into(), scopes: None }
    }

    fn claims(&self) -> String {
        if self.person.is_empty() {
            return String::new();
        }
        let mut claims = json!({ "sub": self.person, "role": self.role });
        if let Some(scopes) = &self.scopes {
            claims["scopes"] = json!(scopes);
        }
        claims.to_string()
    }
}

async fn matrix(app: &str, schema: &str, people: &str) {
    let home = Home::new();
    let program = Program::start(&home, &["--apps", app]);
    let seeded = run(&["seed", app, "--demo", "--home", program.home()]);
    assert!(seeded.status.success(), "{}", String::from_utf8_lossy(&seeded.stderr));
    let client = connect(&program.admin_dsn(app)).await;
    let analyst = format!("{app}_analyst");
    let mut callers = vec![
        Caller::new("anon", "anon", ""),
        Caller::new("signed in without a setting", "authenticated", ""),
        Caller::new("a stranger", "authenticated", "99999999-9999-4999-8999-999999999999"),
        Caller::new("service_role", "service_role", ""),
        Caller::new("the analyst", &analyst, ""),
    ];
    for row in client.query(people, &[]).await.unwrap() {
        callers.push(Caller::new(row.get(0), "authenticated", row.get(1)));
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
    for caller in &callers {
        let role = &caller.role;
        writeln!(text, "{}", caller.label).unwrap();
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
            let select = attempt(&client, caller, &format!("select {readable} from {table}")).await;
            let update = match writable {
                Some(column) => {
                    let sql = format!("update {table} set {column} = {column}");
                    attempt(&client, caller, &sql).await
                }
                None => "42501".into(),
            };
            let delete = attempt(&client, caller, &format!("delete from {table}")).await;
            writeln!(
                text,
                "  {relation:<28} select {select:<6} update {update:<6} delete {delete}"
            )
            .unwrap();
        }
    }
    compare(app, &text);
}

/// Holds what was found to the reviewed file, or writes it.
fn compare(name: &str, text: &str) {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/matrices").join(format!("{name}.txt"));
    if std::env::var_os("TENANTRY_WRITE_MATRICES").is_some() {
        fs::write(&path, text).unwrap();
    }
    let reviewed = fs::read_to_string(&path).unwrap_or_default();
    for (found, expected) in text.lines().zip(reviewed.lines()) {
        assert_eq!(found, expected, "{name}: {}", path.display());
    }
    assert_eq!(text.lines().count(), reviewed.lines().count(), "{name}: lines are missing");
}

/// What a tenant_admin's key reaches with each scope: rows by table and verb. Inserted rows are of
/// the person's own documents and chats.
#[tokio::test(flavor = "multi_thread")]
async fn mnfst_scopes() {
    const INSERTS: [(&str, &str); 11] = [
        ("api_keys", "(name) values ('x')"),
        ("audit_logs", "(action) values ('insert')"),
        ("document_chunks", "(document_id, chunk_index, content) values ('{document}', 900, 'x')"),
        (
            "documents",
            "(filename, original_name, size, mime_type) values ('x', 'x', 1, 'text/plain')",
        ),
        (
            "embeddings",
            "(document_id, chunk_id, model, embedding) \
             values ('{document}', '{chunk}', 'x', array_fill(0.1, array[1536])::extensions.vector)",
        ),
        ("messages", "(session_id, content, role) values ('{session}', 'x', 'user')"),
        ("sessions", "(title) values ('x')"),
        ("social_links", "(url, platform) values ('https://youtube.com/x', 'youtube')"),
        ("tenants", "(name, slug) values ('x', 'x')"),
        ("user_preferences", "(language) values ('en')"),
        ("users", "(name) values ('x')"),
    ];
    const PERSON: &str = "
        select u.id::text, d.id::text, s.id::text, c.id::text
        from users u
        join documents d on d.user_id = u.id and d.deleted_at is null
        join document_chunks c on c.document_id = d.id
        join sessions s on s.user_id = u.id and s.deleted_at is null
        where u.role = 'tenant_admin'
        and u.deleted_at is null
        and u.tenant_id in (select id from tenants where deleted_at is null and suspended_at is null)
        order by u.id, d.id, s.id, c.id
        limit 1";
    let home = Home::new();
    let program = Program::start(&home, &["--apps", "mnfst"]);
    let seeded = run(&["seed", "mnfst", "--demo", "--home", program.home()]);
    assert!(seeded.status.success(), "{}", String::from_utf8_lossy(&seeded.stderr));
    let client = connect(&program.admin_dsn("mnfst")).await;
    let row = client.query_one(PERSON, &[]).await.unwrap();
    let [person, document, session, chunk] =
        [0, 1, 2, 3].map(|column| row.get::<_, String>(column));
    let mut callers = vec![("the person".to_owned(), None), ("no scope".to_owned(), Some(vec![]))];
    for resource in ["documents", "chat", "social_links", "users", "usage"] {
        let verbs = if resource == "usage" { &["read"][..] } else { &["read", "write"] };
        let scopes: Vec<String> = verbs.iter().map(|verb| format!("{resource}:{verb}")).collect();
        for scope in &scopes {
            callers.push((scope.clone(), Some(vec![scope.clone()])));
        }
        if scopes.len() > 1 {
            callers.push((scopes.join(" "), Some(scopes)));
        }
    }
    let mut text = String::new();
    for (label, scopes) in callers {
        let caller = Caller { scopes, ..Caller::new(&label, "authenticated", &person) };
        writeln!(text, "{label}").unwrap();
        for (table, values) in INSERTS {
            let column = match table {
                "api_keys" | "documents" | "users" => "updated_at",
                _ => "id",
            };
            let select = format!("select {column} from public.{table}");
            let values = [("{document}", &document), ("{session}", &session), ("{chunk}", &chunk)]
                .iter()
                .fold(values.to_owned(), |values, (name, id)| values.replace(name, id));
            let insert = format!("insert into public.{table} {values}");
            let update = match table {
                "api_keys" | "tenants" | "users" => "name = name",
                "audit_logs" => "action = action",
                "documents" => "error = error",
                "embeddings" => "embedding = embedding",
                "sessions" => "title = title",
                "social_links" => "url = url",
                "user_preferences" => "language = language",
                _ => "content = content",
            };
            let update = format!("update public.{table} set {update}");
            let delete = format!("delete from public.{table}");
            write!(text, "  {table:<17}").unwrap();
            for (verb, sql) in
                [("select", select), ("insert", insert), ("update", update), ("delete", delete)]
            {
                write!(text, " {verb} {:<6}", attempt(&client, &caller, &sql).await).unwrap();
            }
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
    }
    compare("mnfst_scopes", &text);
}

async fn first(client: &Client, sql: &str) -> Option<String> {
    client.query_opt(sql, &[]).await.unwrap().map(|row| row.get(0))
}

/// How many rows a statement reaches as this caller, or the SQLSTATE of its refusal. Undone.
async fn attempt(client: &Client, caller: &Caller, statement: &str) -> String {
    let (role, person, claims) = (&caller.role, &caller.person, caller.claims());
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
