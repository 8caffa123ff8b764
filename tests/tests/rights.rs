//! Rights by column, tried over HTTP as each role, and what the policies cost: their questions are
//! asked once per statement and not once per row.

use serde_json::{Value, json};
use tenantry_tests::{Client, Home, Program, connect, run};

const PASSWORD: &str = "a long password";

/// One application: who tries, what nobody of them writes, and what nobody of them reads.
struct Protected {
    app: &'static str,
    /// A role and the address of somebody who has it.
    people: &'static str,
    /// Table, column, and a value that somebody would like to have there.
    unwritable: &'static [(&'static str, &'static str, &'static str)],
    /// Table and column, and another column that is there.
    unreadable: &'static [(&'static str, &'static str, &'static str)],
}

const UUID: &str = "\"99999999-9999-4999-8999-999999999999\"";
const TIME: &str = "\"2020-01-01T00:00:00Z\"";

const APPS: [Protected; 5] = [
    Protected {
        app: "board",
        people: "select 'person', min(email) from users",
        unwritable: &[
            ("users", "id", UUID),
            ("users", "email", "\"other@example.com\""),
            ("users", "subscription_tier", "\"enterprise\""),
            ("users", "auth_provider", "\"google\""),
            ("users", "gdpr_consent_at", TIME),
            ("sessions", "total_cost", "0"),
            ("sessions", "total_tokens", "0"),
            ("sessions", "killed_by", "\"admin\""),
            ("contributions", "cost", "0"),
            ("votes", "vote_choice", "\"yes\""),
            ("payments", "status", "\"succeeded\""),
            ("audit_log", "action", "\"nothing\""),
            ("personas", "system_prompt", "\"Obey.\""),
        ],
        unreadable: &[("email_templates", "key", "version"), ("checkpoints", "checkpoint", "thread_id")],
    },
    Protected {
        app: "mnfst",
        people: "select distinct on (role) role, email from users
                 where deleted_at is null
                 and (tenant_id is null or tenant_id in (
                     select id from tenants where suspended_at is null and deleted_at is null))
                 order by role, email",
        unwritable: &[
            ("users", "tenant_id", UUID),
            ("users", "email", "\"other@example.com\""),
            ("users", "deleted_at", TIME),
            ("users", "last_login", TIME),
            ("tenants", "slug", "\"other\""),
            ("tenants", "suspended_at", "null"),
            ("tenants", "deleted_at", "null"),
            ("documents", "deleted_at", "null"),
            ("documents", "processed_at", TIME),
            ("sessions", "tenant_id", UUID),
            ("messages", "tenant_id", UUID),
            ("api_keys", "scopes", "[]"),
            ("api_keys", "expires_at", "null"),
            ("api_keys", "key_hash", "\"0\""),
            ("user_preferences", "user_id", UUID),
            ("audit_logs", "action", "\"nothing\""),
        ],
        unreadable: &[("api_keys", "key_hash", "id"), ("tenant_usage_daily", "bytes", "day")],
    },
    Protected {
        app: "parakeet",
        people: "select 'person', min(email) from users where approved",
        unwritable: &[
            ("users", "approved", "true"),
            ("users", "approved_at", TIME),
            ("users", "approved_by", UUID),
            ("users", "email", "\"other@example.com\""),
            ("users", "password_hash", "\"!\""),
            ("users", "last_login", TIME),
            ("billing_subscriptions", "credits_remaining", "999"),
            ("billing_subscriptions", "plan_type", "\"enterprise\""),
            ("billing_subscriptions", "status", "\"active\""),
            ("interview_sessions", "ai_usage", "{}"),
            ("user_settings", "user_id", UUID),
            ("audit_logs", "action", "\"nothing\""),
        ],
        unreadable: &[("users", "password_hash", "id")],
    },
    Protected {
        app: "press",
        people: "select roles.name, min(email) from users join user_roles on user_id = users.id
                 join roles on roles.id = role_id where is_active and is_verified group by roles.name",
        unwritable: &[
            ("users", "email", "\"other@example.com\""),
            ("users", "password_hash", "\"!\""),
            ("users", "is_active", "true"),
            ("users", "is_verified", "true"),
            ("users", "last_login", TIME),
            ("sessions", "token_hash", "\"0\""),
            ("sessions", "expires_at", TIME),
            ("user_roles", "assigned_by", UUID),
            ("user_roles", "assigned_at", TIME),
            ("roles", "is_system", "false"),
            ("permissions", "name", "\"everything\""),
            ("posts", "user_id", UUID),
            ("posts", "published_at", TIME),
            ("comments", "content", "\"other\""),
            ("audit_logs", "action", "\"nothing\""),
        ],
        unreadable: &[("users", "password_hash", "id"), ("sessions", "token_hash", "id")],
    },
    Protected {
        app: "profiler",
        people: "select role_name, min(email) from profiler_schema.users
                 join profiler_schema.user_roles using (user_id) join profiler_schema.roles using (role_id)
                 where is_active and not is_locked group by role_name",
        unwritable: &[
            ("users", "email", "\"other@example.com\""),
            ("users", "password_hash", "\"!\""),
            ("users", "password_salt", "\"!\""),
            ("users", "is_active", "true"),
            ("users", "is_locked", "false"),
            ("users", "login_attempts", "0"),
            ("users", "last_login", TIME),
            ("sessions", "token", "\"0\""),
            ("sessions", "expires_at", TIME),
            ("sessions", "is_active", "true"),
            ("user_roles", "assigned_by", UUID),
            ("user_roles", "created_at", TIME),
            ("permissions", "permission_name", "\"all:all:all\""),
        ],
        unreadable: &[
            ("users", "password_hash", "user_id"),
            ("users", "password_salt", "user_id"),
            ("sessions", "token", "session_id"),
            ("sessions", "refresh_token", "session_id"),
        ],
    },
];

/// The demo data of an application, whose people can sign in.
fn seed(program: &Program, app: &str) {
    let seeded = run(&["seed", app, "--demo", "--password", PASSWORD, "--home", program.home()]);
    assert!(seeded.status.success(), "{app}: {}", String::from_utf8_lossy(&seeded.stderr));
}

/// Somebody of each role, and nobody.
async fn callers(program: &Program, protected: &Protected) -> Vec<(String, Client)> {
    let client = program.client(protected.app);
    let database = connect(&program.admin_dsn(protected.app)).await;
    let mut callers = vec![("anon".to_owned(), client.clone())];
    for row in database.query(protected.people, &[]).await.unwrap() {
        let (role, email): (String, String) = (row.get(0), row.get(1));
        let body = json!({ "email": email, "password": PASSWORD });
        let answer = client.post("/auth/v1/token?grant_type=password", &body);
        let token = answer.body["access_token"].as_str();
        callers.push((
            role,
            client.with_token(token.unwrap_or_else(|| panic!("{email}: {answer:?}"))),
        ));
    }
    callers
}

#[tokio::test(flavor = "multi_thread")]
async fn protected_columns_are_protected_from_everybody() {
    let home = Home::new();
    let program = Program::start(&home, &[]);
    let mut allowed = Vec::new();
    for protected in &APPS {
        let app = protected.app;
        seed(&program, app);
        let callers = callers(&program, protected).await;
        assert!(callers.len() > 1, "{app}");
        for (role, caller) in &callers {
            let caller = caller.with_header("prefer", "return=minimal");
            let mut expect = |what: String, answer: tenantry_tests::Answer| {
                if answer.body["code"] != "42501" {
                    allowed.push(format!("{app}: {role}: {what}: {answer:?}"));
                }
            };
            for (table, column, value) in protected.unwritable {
                let value: Value = serde_json::from_str(value).unwrap();
                let body = json!({ *column: value });
                let path = format!("/rest/v1/{table}");
                expect(format!("update {table}.{column}"), caller.patch(&path, &body));
                // Who may not change a key may still be allowed to choose one.
                let chosen = matches!(*column, "id" | "slug" | "tenant_id" | "user_id" | "content")
                    || *table == "permissions";
                if !chosen {
                    expect(format!("insert {table}.{column}"), caller.post(&path, &body));
                }
            }
            for (table, column, readable) in protected.unreadable {
                for query in [
                    format!("select={column}"),
                    format!("select={column}::text"),
                    format!("select={readable}&{column}=not.is.null"),
                    format!("select={readable}&order={column}"),
                ] {
                    expect(query.clone(), caller.get(&format!("/rest/v1/{table}?{query}")));
                }
            }
            let secret = caller.with_header("accept-profile", "auth");
            for table in ["users", "refresh_tokens", "mfa_factors", "one_time_tokens"] {
                let answer = secret.get(&format!("/rest/v1/{table}?select=id"));
                assert_eq!(answer.status, 406, "{app}: {role}: auth.{table}: {answer:?}");
            }
        }
    }
    assert!(allowed.is_empty(), "{}", allowed.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_promotes_themselves() {
    let home = Home::new();
    let program = Program::start(&home, &["--apps", "mnfst"]);
    seed(&program, "mnfst");
    let protected = APPS.iter().find(|protected| protected.app == "mnfst").unwrap();
    for (role, caller) in callers(&program, protected).await {
        let everybody = "/rest/v1/users?role=neq.superadmin&select=id";
        let refused = caller.patch(everybody, &json!({ "role": "superadmin" }));
        assert!(refused.status >= 400 || refused.body == json!([]), "{role}: {refused:?}");
        if role == "user" {
            let refused =
                caller.patch("/rest/v1/users?select=id", &json!({ "role": "tenant_admin" }));
            assert_eq!(refused.body["code"], "42501", "{refused:?}");
        }
    }
}

/// How often the functions that policies consult are called by one statement over many rows.
#[tokio::test(flavor = "multi_thread")]
async fn permissions_are_asked_once_per_statement() {
    let home = Home::new();
    let program = Program::start(&home, &["--apps", "press,profiler,mnfst"]);
    let table = [
        (
            "press",
            "has_permission",
            "select user_id::text from user_roles join roles on roles.id = role_id where name = 'admin' limit 1",
            &["posts", "user_roles", "audit_logs"][..],
        ),
        (
            "profiler",
            "has_permission",
            "select user_id::text from profiler_schema.user_roles join profiler_schema.roles using (role_id) where role_name = 'manager' limit 1",
            &[
                "profiler_schema.answers",
                "profiler_schema.document_chunks",
                "profiler_schema.user_roles",
            ],
        ),
        (
            "mnfst",
            "current_user_role",
            "select id::text from users where role = 'superadmin' limit 1",
            &["documents", "document_chunks", "audit_logs"],
        ),
    ];
    for (app, function, person, relations) in table {
        seed(&program, app);
        let client = connect(&program.admin_dsn(app)).await;
        let person: String = client.query_one(person, &[]).await.unwrap().get(0);
        for relation in relations {
            client
                .batch_execute(&format!(
                    "begin;
                     set local track_functions = 'all';
                     select set_config('app.current_user_id', '{person}', true),
                            set_config('request.jwt.claims', '{{\"sub\":\"{person}\",\"role\":\"authenticated\"}}', true);
                     set local role authenticated"
                ))
                .await
                .unwrap();
            let rows: i64 = client
                .query_one(&format!("select count(*) from {relation}"), &[])
                .await
                .unwrap()
                .get(0);
            client.batch_execute("reset role").await.unwrap();
            let calls: i64 = client
                .query_one(
                    "select sum(pg_stat_get_xact_function_calls(oid))::bigint from pg_proc where proname = $1",
                    &[&function],
                )
                .await
                .unwrap()
                .get(0);
            client.batch_execute("set local role authenticated").await.unwrap();
            let plan: String = client
                .query(&format!("explain (costs off) select count(*) from {relation}"), &[])
                .await
                .unwrap()
                .iter()
                .map(|row| row.get::<_, String>(0) + "\n")
                .collect();
            client.batch_execute("rollback").await.unwrap();
            assert!(rows > 10, "{app}: {relation} has {rows} rows");
            assert!((1..=6).contains(&calls), "{app}: {relation}: {calls} calls for {rows} rows");
            assert!(plan.contains("InitPlan"), "{app}: {relation}:\n{plan}");
            for line in plan.lines().filter(|line| {
                (line.contains("Filter:") && !line.contains("One-Time")) || line.contains("Cond:")
            }) {
                assert!(!line.contains(function), "{app}: {relation}: {line}");
            }
        }
    }
}
