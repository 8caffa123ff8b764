//! What surrounds every request: health, request ids, addresses, limits, drain, and that nothing of
//! one caller reaches another.

use std::fs;
use std::io::Write;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tenantry_tests::{Home, Program, connect};

const MANIFEST: &str = "name = \"probe\"\ntitle = \"Probe\"\ndescription = \"Looks at itself.\"\nschemas = [\"public\"]\n";

const UP: &str = "\
create function public.whoami() returns json language sql stable as $$
    select json_build_object(
        'role', current_user,
        'user', auth.uid(),
        'claims', auth.jwt() ->> 'sub',
        'address', current_setting('request.headers')::json ->> 'x-forwarded-for',
        'key', current_setting('request.headers')::json ->> 'apikey',
        'method', current_setting('request.method'),
        'zone', current_setting('timezone'),
        'left', current_setting('probe.left', true)
    )
$$;
create function public.leave_traces() returns void language sql as $$
    select set_config('probe.left', 'a trace', false), pg_advisory_lock(4711);
$$;
create function public.locks() returns bigint language sql security definer set search_path = '' as $$
    select count(*) from pg_catalog.pg_locks where locktype = 'advisory' and objid = 4711
$$;
create function public.slow(seconds float) returns void language sql as $$ select pg_sleep(seconds) $$;
create table public.own (id uuid primary key default gen_random_uuid(), user_id uuid not null default auth.uid());
alter table public.own enable row level security;
create policy own on public.own to authenticated using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create table public.checked (id int primary key, parent int references public.checked deferrable initially deferred);
grant usage on schema public to anon, authenticated;
grant select, insert on public.own to authenticated;
grant select, insert, delete on public.checked to authenticated;
";

const DOWN: &str = "drop table public.checked, public.own; drop function public.whoami, public.leave_traces, public.locks, public.slow; revoke usage on schema public from anon, authenticated;";

fn start(home: &Home) -> Program {
    let folder = home.path.parent().unwrap().join("probe");
    fs::create_dir_all(folder.join("migrations")).unwrap();
    fs::write(folder.join("app.toml"), MANIFEST).unwrap();
    fs::write(folder.join("migrations/0001_probe.up.sql"), UP).unwrap();
    fs::write(folder.join("migrations/0001_probe.down.sql"), DOWN).unwrap();
    Program::start(home, &["--app", folder.to_str().unwrap()])
}

#[test]
fn settings_of_one_caller_never_reach_another() {
    let home = Home::new();
    let program = start(&home);
    let people: Vec<_> = (0..8)
        .map(|number| program.client("probe").sign_up(&format!("p{number}@example.com")))
        .collect();
    for (person, _) in &people {
        assert_eq!(person.post("/rest/v1/own", &json!({})).status, 201);
    }
    let anonymous = program.client("probe");
    std::thread::scope(|scope| {
        for (person, id) in &people {
            scope.spawn(move || {
                for _ in 0..60 {
                    let seen = person.get("/rest/v1/own?select=user_id").body;
                    assert_eq!(seen, json!([{ "user_id": id }]));
                    let me = person.get("/rest/v1/rpc/whoami").body;
                    assert_eq!(
                        (&me["user"], &me["claims"], &me["role"]),
                        (&json!(id), &json!(id), &json!("authenticated"))
                    );
                }
            });
        }
        scope.spawn(|| {
            for _ in 0..60 {
                let me = anonymous.get("/rest/v1/rpc/whoami").body;
                assert_eq!(
                    (&me["user"], &me["claims"], &me["role"]),
                    (&Value::Null, &Value::Null, &json!("anon"))
                );
            }
        });
    });
}

#[test]
fn what_a_function_leaves_behind_is_removed() {
    let home = Home::new();
    let program = start(&home);
    let (ann, _) = program.client("probe").sign_up("ann@example.com");
    for _ in 0..20 {
        assert_eq!(ann.post("/rest/v1/rpc/leave_traces", &json!({})).status, 204);
        let left = ann.get("/rest/v1/rpc/whoami").body["left"].clone();
        assert!(left.is_null() || left == "", "{left}");
    }
    let deadline = Instant::now() + Duration::from_secs(5);
    while ann.post("/rest/v1/rpc/locks", &json!({})).body != json!(0) {
        assert!(Instant::now() < deadline, "an advisory lock is still held");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_have_statement_timeouts_of_their_own() {
    let home = Home::new();
    let program = start(&home);
    let (ann, _) = program.client("probe").sign_up("ann@example.com");
    let nap = json!({ "seconds": 1 });
    assert_eq!(ann.post("/rest/v1/rpc/slow", &nap).status, 204);
    let admin = connect(&program.admin_dsn("probe")).await;
    let sql = "alter role authenticated set statement_timeout = '200ms'; notify pgrst";
    admin.batch_execute(sql).await.unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    let refused = loop {
        let answer = ann.post("/rest/v1/rpc/slow", &nap);
        if answer.status != 204 {
            break answer;
        }
        assert!(Instant::now() < deadline, "the role's setting was not read");
    };
    assert_eq!(refused.body["code"], "57014", "{}", refused.body);
    assert_eq!(program.client("probe").post("/rest/v1/rpc/slow", &nap).status, 204, "another role");
    // A cheap read shares its socket, which has a longer timeout of its own: a second.
    admin.batch_execute("begin; lock table public.own").await.unwrap();
    let started = Instant::now();
    let refused = ann.get("/rest/v1/own?limit=1");
    assert_eq!(refused.body["code"], "57014", "{}", refused.body);
    assert!(started.elapsed() < Duration::from_secs(1));
    admin.batch_execute("rollback").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn csv_follows_the_columns_that_are_there() {
    let home = Home::new();
    let program = start(&home);
    let (ann, _) = program.client("probe").sign_up("ann@example.com");
    let admin = connect(&program.admin_dsn("probe")).await;
    let csv = ann.with_header("accept", "text/csv");
    assert_eq!(ann.post("/rest/v1/own", &json!({})).status, 201);
    for path in ["/rest/v1/own", "/rest/v1/own?limit=1"] {
        assert_eq!(csv.get(path).status, 200);
    }
    admin.batch_execute("alter table public.own add column note text").await.unwrap();
    for path in ["/rest/v1/own", "/rest/v1/own?limit=1"] {
        assert_eq!(csv.get(path).status, 200, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_ends_when_its_client_is_gone() {
    let home = Home::new();
    let program = start(&home);
    let admin = connect(&program.admin_dsn("probe")).await;
    let running = async || -> i64 {
        let sql = "select count(*) from pg_stat_activity where state = 'active' and query like '%slow%' and pid <> pg_backend_pid()";
        admin.query_one(sql, &[]).await.unwrap().get(0)
    };
    let url = program.text("/apps/probe/url").strip_prefix("http://").unwrap();
    let (address, path) = url.split_once('/').unwrap();
    let key = program.text("/apps/probe/anon_key");
    let mut client = std::net::TcpStream::connect(address).unwrap();
    let request = format!(
        "POST /{path}/rest/v1/rpc/slow HTTP/1.1\r\nHost: {address}\r\napikey: {key}\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{{\"seconds\":25}}"
    );
    client.write_all(request.as_bytes()).unwrap();
    let until = async |wanted: i64| {
        let deadline = Instant::now() + Duration::from_secs(5);
        while running().await != wanted {
            assert!(Instant::now() < deadline, "not {wanted} running");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    until(1).await;
    drop(client);
    until(0).await;
}

#[test]
fn addresses_are_the_connections_own_and_keys_stay_hidden() {
    let home = Home::new();
    let program = start(&home);
    let me = program
        .client("probe")
        .with_header("x-forwarded-for", "198.51.100.1")
        .get("/rest/v1/rpc/whoami");
    assert_eq!(me.body["address"], "127.0.0.1");
    assert_eq!(me.body["key"], Value::Null);
    assert_eq!(me.body["method"], "GET");
    let zone = program
        .client("probe")
        .with_header("prefer", "timezone=Europe/Zurich")
        .get("/rest/v1/rpc/whoami");
    assert_eq!(zone.body["zone"], "Europe/Zurich");
    assert_eq!(program.client("probe").get("/rest/v1/rpc/whoami").body["zone"], "UTC");
}

#[test]
fn constraints_that_wait_for_the_commit_are_heard_before_the_answer() {
    let home = Home::new();
    let program = start(&home);
    let (ann, _) = program.client("probe").sign_up("ann@example.com");
    let refused = ann.post("/rest/v1/checked", &json!({ "id": 1, "parent": 2 }));
    assert_eq!((refused.status, refused.body["code"].as_str()), (409, Some("23503")));
    assert_eq!(ann.get("/rest/v1/checked").body, json!([]));
    // A singular write that hit two rows is undone.
    assert_eq!(ann.post("/rest/v1/checked", &json!([{ "id": 1 }, { "id": 2 }])).status, 201);
    let singular = ann.with_header("accept", "application/vnd.pgrst.object+json");
    let refused = singular.delete("/rest/v1/checked?id=in.(1,2)");
    assert_eq!((refused.status, refused.body["code"].as_str()), (406, Some("PGRST116")));
    assert_eq!(
        ann.get("/rest/v1/checked?select=id&order=id").body,
        json!([{ "id": 1 }, { "id": 2 }])
    );
}

#[test]
fn a_running_write_finishes_when_the_program_is_stopped() {
    let home = Home::new();
    let program = start(&home);
    let client = program.client("probe");
    let slow = std::thread::spawn(move || {
        client.post("/rest/v1/rpc/slow", &json!({ "seconds": 1.5 })).status
    });
    std::thread::sleep(Duration::from_millis(400));
    let stopping = Instant::now();
    assert!(program.stop(), "a clean end");
    assert!(stopping.elapsed() > Duration::from_millis(500), "it waited for the request");
    assert_eq!(slow.join().unwrap(), 204);
}

#[test]
fn health_limits_and_bad_tokens() {
    let home = Home::new();
    let program = start(&home);
    let url = program.text("/url").to_owned();
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut live = agent.get(format!("{url}/live")).call().unwrap();
    assert_eq!(live.body_mut().read_json::<Value>().unwrap(), json!({ "live": true }));
    let mut ready = agent.get(format!("{url}/ready")).call().unwrap();
    assert_eq!(
        ready.body_mut().read_json::<Value>().unwrap(),
        json!({ "ready": true, "apps": { "probe": true } })
    );
    let answer = agent.get(format!("{url}/live")).header("x-request-id", "mine-1").call().unwrap();
    assert_eq!(answer.headers()["x-request-id"], "mine-1");
    let made = agent.get(format!("{url}/live")).call().unwrap();
    assert_eq!(made.headers()["x-request-id"].len(), 36);
    let large = json!({ "body": "x".repeat(17 * 1024 * 1024) });
    let (ann, _) = program.client("probe").sign_up("ann@example.com");
    assert_eq!(ann.post("/rest/v1/own", &large).status, 413);
    let forged = program.client("probe").with_token("not.a.token").get("/rest/v1/own");
    assert_eq!((forged.status, forged.body["code"].as_str()), (401, Some("PGRST301")));
}
