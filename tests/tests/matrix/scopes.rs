//! What a key with scopes reaches: every table by every verb.

use std::fmt::Write as _;

use serde_json::json;
use tenantry_tests::{Home, Program, connect, run};

use super::{attempt_with, compare};

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
        let mut claims = json!({ "sub": person, "role": "authenticated" });
        if let Some(scopes) = scopes {
            claims["scopes"] = json!(scopes);
        }
        let claims = claims.to_string();
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
                write!(
                    text,
                    " {verb} {:<6}",
                    attempt_with(&client, "authenticated", &person, &claims, &sql).await
                )
                .unwrap();
            }
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
    }
    compare("mnfst", "mnfst_scopes.txt", &text);
}
