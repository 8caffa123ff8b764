//! The application's own keys: signing keys that rotate, the shared secret, opaque keys.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tenantry_caller::{JwtSecret, Seal};
use tenantry_tests::{Client, Home, Program, connect, run};

/// A key that was revoked may work for so long.
const SOON: Duration = Duration::from_secs(5);
const PERSONAS: &str = "/rest/v1/personas?select=code&limit=1";

/// Runs `tenantry keys`, and answers with what it printed.
fn keys(home: &Home, arguments: &[&str]) -> String {
    let home = home.path.to_str().unwrap();
    let output = run(&[&["keys"][..], arguments, &["--home", home]].concat());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn list(home: &Home, app: &str) -> Vec<Value> {
    serde_json::from_str(&keys(home, &[app, "list", "--json"])).unwrap()
}

/// The id of the key with this member.
fn id_of(home: &Home, app: &str, member: &str, value: &str) -> String {
    let list = list(home, app);
    let found = list.iter().find(|key| key[member] == value);
    found.unwrap_or_else(|| panic!("{list:?}"))["id"].as_str().unwrap().to_owned()
}

/// The same caller with this key in the place of the token and the key.
fn with_key(client: &Client, key: &str) -> Client {
    client.with_token(key).with_header("apikey", key)
}

fn soon(what: &str, holds: impl Fn() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < SOON, "{what}: not within five seconds");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn session(client: &Client, email: &str) -> Value {
    let body = json!({ "email": email, "password": "a long password" });
    let answer = client.post("/auth/v1/signup", &body);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_else(|| panic!("no {member} in {value}")).to_owned()
}

fn published(client: &Client) -> Vec<String> {
    let set = client.get("/auth/v1/.well-known/jwks.json").body;
    let keys = set["keys"].as_array().unwrap_or_else(|| panic!("{set}"));
    for key in keys {
        assert_eq!(
            (&key["kty"], &key["crv"], &key["alg"]),
            (&json!("EC"), &json!("P-256"), &json!("ES256"))
        );
        assert!(key.get("d").is_none() && key.get("k").is_none(), "something private: {key}");
    }
    keys.iter().map(|key| text(key, "kid")).collect()
}

#[test]
fn keys_are_made_once_and_stay() {
    let home = Home::new();
    let program = Program::start(&home, &["--apps", "board"]);
    let board = program.client("board");
    let kids = published(&board);
    assert_eq!(kids.len(), 1);
    let [publishable, secret] = ["publishable_key", "secret_key"]
        .map(|name| program.text(&format!("/apps/board/{name}")).to_owned());
    let token = text(&session(&board, "ann@example.com"), "access_token");
    assert!(program.stop());
    let program = Program::start(&home, &["--apps", "board"]);
    let board = program.client("board");
    assert_eq!(published(&board), kids);
    assert_eq!(program.text("/apps/board/publishable_key"), publishable);
    assert_eq!(program.text("/apps/board/secret_key"), secret);
    assert_eq!(board.with_token(&token).get("/auth/v1/user").status, 200);
    for key in [&publishable, &secret] {
        assert_eq!(with_key(&board, key).get(PERSONAS).status, 200);
        assert_eq!(with_key(&board, key).get("/auth/v1/settings").status, 200);
    }
    assert_eq!(with_key(&board, &secret).get("/auth/v1/admin/users").status, 200);
    assert_eq!(with_key(&board, &publishable).get("/auth/v1/admin/users").body["code"], 403);
}

#[test]
fn clients_refresh_while_keys_rotate() {
    let home = Home::new();
    let program = Program::start(&home, &["--apps", "board"]);
    let board = program.client("board");
    let first = published(&board)[0].clone();
    let old = session(&board, "ann@example.com");
    let old_person = board.with_token(&text(&old, "access_token"));
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for number in 0..3 {
            let (board, over) = (&board, &over);
            scope.spawn(move || {
                let mut current = session(board, &format!("p{number}@example.com"));
                while !over.load(Ordering::Relaxed) {
                    let body = json!({ "refresh_token": current["refresh_token"] });
                    let answer = board.post("/auth/v1/token?grant_type=refresh_token", &body);
                    assert_eq!(answer.status, 200, "{answer:?}");
                    current = answer.body;
                    let person = board.with_token(&text(&current, "access_token"));
                    assert_eq!(person.get("/auth/v1/user").status, 200);
                    assert_eq!(person.get(PERSONAS).status, 200);
                }
            });
        }
        for _ in 0..2 {
            keys(&home, &["board", "rotate"]);
            std::thread::sleep(Duration::from_millis(300));
        }
        // Published first, then used.
        let standby = keys(&home, &["board", "rotate", "--standby"]);
        soon("the standby key is published", || published(&board).contains(&standby));
        assert_eq!(keys(&home, &["board", "rotate"]), standby);
        std::thread::sleep(Duration::from_millis(300));
        over.store(true, Ordering::Relaxed);
    });
    assert_eq!(published(&board).len(), 4);
    assert_eq!(old_person.get("/auth/v1/user").status, 200, "the old key's tokens are accepted");
    // The key in use cannot go, the first one can.
    let arguments = ["keys", "board", "revoke", &published(&board)[0], "--home", program.home()];
    assert!(!run(&arguments).status.success());
    keys(&home, &["board", "revoke", &first]);
    soon("the old key's tokens are refused", || old_person.get(PERSONAS).status == 401);
    assert_eq!(old_person.get("/auth/v1/user").status, 403);
    assert!(!published(&board).contains(&first));
    // The login session itself goes on.
    let body = json!({ "refresh_token": old["refresh_token"] });
    let fresh = board.post("/auth/v1/token?grant_type=refresh_token", &body);
    assert_eq!(fresh.status, 200, "{fresh:?}");
}

#[test]
fn a_revoked_key_stops_on_every_server() {
    let (ours, theirs) = (Home::new(), Home::new());
    let first = Program::start(&ours, &["--apps", "board"]);
    // A second program on the same database has the same secrets.
    fs::create_dir(&theirs.path).unwrap();
    fs::copy(ours.path.join("secrets.toml"), theirs.path.join("secrets.toml")).unwrap();
    let url = first.text("/admin_dsn");
    let second = Program::start(&theirs, &["--apps", "board", "--database-url", url]);
    assert_eq!(second.text("/apps/board/secret_key"), first.text("/apps/board/secret_key"));
    let servers = [first.client("board"), second.client("board")];
    assert_eq!(published(&servers[0]), published(&servers[1]));

    let key = keys(&ours, &["board", "create", "--secret", "--name", "ci", "--expires", "30d"]);
    let person = text(&session(&servers[0], "ann@example.com"), "access_token");
    for server in &servers {
        soon("a new key works", || with_key(server, &key).get(PERSONAS).status == 200);
        assert_eq!(
            server.with_token(&person).with_header("apikey", &key).get(PERSONAS).status,
            200
        );
    }
    keys(&ours, &["board", "revoke", &id_of(&ours, "board", "name", "ci")]);
    for server in &servers {
        soon("a revoked key is refused", || with_key(server, &key).get(PERSONAS).status == 401);
        assert_eq!(with_key(server, &key).get("/auth/v1/settings").status, 401);
        // Also beside a person's token.
        let beside = server.with_token(&person).with_header("apikey", &key).get(PERSONAS);
        assert_eq!((beside.status, &beside.body["message"]), (401, &json!("Invalid API key")));
        assert_eq!(server.with_token(&person).get(PERSONAS).status, 200);
    }
    // What the home prints goes on being good.
    let default = id_of(&ours, "board", "prefix", &first.text("/apps/board/secret_key")[..16]);
    keys(&ours, &["board", "revoke", &default]);
    let status: Value =
        serde_json::from_str(&fs::read_to_string(ours.path.join("status.json")).unwrap()).unwrap();
    let shown = status["apps"]["board"]["secret_key"].as_str().unwrap();
    assert_ne!(shown, first.text("/apps/board/secret_key"));
    for server in &servers {
        soon("its successor works", || with_key(server, shown).get(PERSONAS).status == 200);
    }
    assert!(second.stop() && first.stop());
}

#[test]
fn a_key_ends_when_it_was_told_to() {
    let home = Home::new();
    let program = Program::start(&home, &["--apps", "board"]);
    let board = program.client("board");
    let soon_over = keys(&home, &["board", "create", "--publishable", "--expires", "0.05m"]);
    soon("a key that expires is refused", || {
        with_key(&board, &soon_over).get(PERSONAS).status == 401
    });
    let home_path = home.path.to_str().unwrap();
    for arguments in [
        &["create"][..],
        &["create", "--secret", "--publishable"],
        &["create", "--secret", "--expires", "yesterday"],
        &["create", "--signing", "--name", "x"],
    ] {
        let output = run(&[&["keys", "board"][..], arguments, &["--home", home_path]].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn the_shared_secret_can_be_switched_off_and_replaced() {
    let home = Home::new();
    let program = Program::start(&home, &["--apps", "board"]);
    let board = program.client("board");
    let [anon, service, publishable, secret] =
        ["anon_key", "service_key", "publishable_key", "secret_key"]
            .map(|name| program.text(&format!("/apps/board/{name}")).to_owned());
    let person = text(&session(&board, "ann@example.com"), "access_token");
    let own = JwtSecret::new(program.text("/apps/board/jwt_secret"));
    let own = own.sign(&json!({ "role": "service_role" })).unwrap();
    let shared = [&anon, &service, &own];
    for key in shared {
        assert_eq!(with_key(&board, key).get(PERSONAS).status, 200);
    }
    keys(&home, &["board", "shared-secret", "off"]);
    for key in shared {
        soon("its tokens are refused", || with_key(&board, key).get(PERSONAS).status == 401);
        assert_eq!(with_key(&board, key).get("/auth/v1/settings").status, 401);
    }
    for key in [&publishable, &secret] {
        let client = board.with_token(&person).with_header("apikey", key);
        assert_eq!(client.get(PERSONAS).status, 200);
        assert_eq!(client.get("/auth/v1/user").status, 200);
    }
    let beside = board.with_token(&person).with_header("apikey", &anon);
    assert_eq!(beside.get(PERSONAS).status, 401, "a dead key beside a good token");
    keys(&home, &["board", "shared-secret", "on"]);
    for key in shared {
        soon("its tokens are accepted", || with_key(&board, key).get(PERSONAS).status == 200);
    }
    keys(&home, &["board", "shared-secret", "rotate"]);
    for key in shared {
        soon("the old one's are refused", || with_key(&board, key).get(PERSONAS).status == 401);
    }
    let status: Value =
        serde_json::from_str(&fs::read_to_string(home.path.join("status.json")).unwrap()).unwrap();
    let app = &status["apps"]["board"];
    let made = JwtSecret::new(app["jwt_secret"].as_str().unwrap());
    let made = made.sign(&json!({ "role": "anon" })).unwrap();
    for key in [app["anon_key"].as_str().unwrap(), app["service_key"].as_str().unwrap(), &made] {
        assert_eq!(with_key(&board, key).get(PERSONAS).status, 200);
    }
    // And so it stays.
    assert!(program.stop());
    let program = Program::start(&home, &["--apps", "board"]);
    assert_eq!(program.status["apps"]["board"]["jwt_secret"], app["jwt_secret"]);
    assert_eq!(program.client("board").get(PERSONAS).status, 200);
}

#[test]
fn what_is_forged_or_another_applications_is_refused() {
    let home = Home::new();
    let program = Program::start(&home, &["--apps", "board,press"]);
    let (board, press) = (program.client("board"), program.client("press"));
    let claims = json!({ "role": "service_role", "sub": "99999999-9999-4999-8999-999999999999" });
    let set = board.get("/auth/v1/.well-known/jwks.json").body;
    let public = &set["keys"][0];
    let hs256 = |secret: &str| JwtSecret::new(secret).sign(&claims).unwrap();
    let foreign = text(&session(&press, "ann@example.com"), "access_token");
    let own = text(&session(&board, "ann@example.com"), "access_token");
    let parts: Vec<&str> = own.split('.').collect();
    let unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
    let table = [
        ("HS256 with the public key", hs256(&public.to_string())),
        ("HS256 with a coordinate", hs256(public["x"].as_str().unwrap())),
        ("HS256 with nothing", hs256("")),
        ("HS256 with the opaque key", hs256(program.text("/apps/board/secret_key"))),
        ("unsigned", format!("{unsigned}.{}.", parts[1])),
        ("unsigned with a signature", format!("{unsigned}.{}.{}", parts[1], parts[2])),
        ("no signature", format!("{}.{}.", parts[0], parts[1])),
        ("another application's token", foreign),
        ("another application's service key", program.text("/apps/press/service_key").into()),
        ("another application's opaque key", program.text("/apps/press/secret_key").into()),
        ("an opaque key cut short", program.text("/apps/board/secret_key")[..30].into()),
        ("another case", program.text("/apps/board/secret_key").to_uppercase()),
        ("no opaque key", "sb_secret_".into()),
        ("a mark of an opaque key", "sb_secret_' or true --".into()),
    ];
    for (name, token) in table {
        assert_eq!(board.with_token(&token).get(PERSONAS).status, 401, "{name}: as bearer");
        let as_key = board.with_token(&own).with_header("apikey", &token);
        assert_eq!(as_key.get(PERSONAS).status, 401, "{name}: as key");
        assert_eq!(as_key.get("/auth/v1/settings").status, 401, "{name}: as key of auth");
        assert_eq!(board.with_token(&token).get("/auth/v1/user").status, 403, "{name}: in auth");
        let admin = board.with_token(&token).get("/auth/v1/admin/users");
        assert_eq!(admin.status, 403, "{name}: as administrator");
    }
}

/// The program that the embedded server came with.
fn pg_dump(home: &Home) -> std::path::PathBuf {
    fn find(folder: &Path) -> Option<std::path::PathBuf> {
        fs::read_dir(folder).ok()?.flatten().find_map(|entry| {
            let path = entry.path();
            if path.is_dir() { find(&path) } else { path.ends_with("bin/pg_dump").then_some(path) }
        })
    }
    find(&home.path.join("postgresql")).expect("the distribution has pg_dump")
}

#[tokio::test(flavor = "multi_thread")]
async fn no_key_is_in_a_log_or_in_a_dump() {
    let home = Home::new();
    let path = home.path.to_str().unwrap();
    let mut command = Program::command(&["up", "--home", path, "--port", "0", "--apps", "board"]);
    command.env("RUST_LOG", "debug");
    let program = Program::spawn(command, &home).unwrap_or_else(|printed| panic!("{printed}"));
    let board = program.client("board");
    let mut planted: Vec<String> =
        ["anon_key", "service_key", "publishable_key", "secret_key", "jwt_secret"]
            .map(|name| program.text(&format!("/apps/board/{name}")).to_owned())
            .into();
    planted.push(keys(&home, &["board", "create", "--secret"]));
    let current = session(&board, "ann@example.com");
    let person = board.with_token(&text(&current, "access_token"));
    let made = person.post("/auth/v1/user/keys", &json!({ "name": "mine", "scopes": [] }));
    planted.extend([text(&made.body, "key"), text(&current, "access_token")]);
    planted.push(text(&current, "refresh_token"));
    keys(&home, &["board", "rotate"]);
    for key in &planted {
        // Each goes everywhere, and much of it is refused.
        with_key(&board, key).get(PERSONAS);
        board.with_header("apikey", key).get("/auth/v1/user");
        board.post("/auth/v1/token?grant_type=refresh_token", &json!({ "refresh_token": key }));
    }
    let secrets = fs::read_to_string(home.path.join("secrets.toml")).unwrap();
    let sealing = secrets.lines().find_map(|line| line.strip_prefix("sealing_secret = ")).unwrap();
    let seal = Seal::new(sealing.trim_matches('"').as_bytes()).unwrap();
    let client = connect(&program.admin_dsn("board")).await;
    let sealed = client
        .query("select sealed_key from auth.signing_keys where algorithm = 'ES256'", &[])
        .await
        .unwrap();
    assert_eq!(sealed.len(), 2);
    planted.extend(sealed.iter().map(|row| seal.open(row.get(0)).unwrap()));
    planted.push(sealing.trim_matches('"').to_owned());

    let dump = std::process::Command::new(pg_dump(&home))
        .arg(program.admin_dsn("board"))
        .output()
        .expect("pg_dump starts");
    assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    let dump = String::from_utf8_lossy(&dump.stdout).into_owned();
    assert!(dump.contains("auth.signing_keys") && dump.contains("sb_secret_"));
    let mut logs = fs::read_to_string(home.path.parent().unwrap().join("stderr")).unwrap();
    assert!(logs.contains("answered"));
    for entry in fs::read_dir(home.path.join("log")).unwrap() {
        logs.push_str(&fs::read_to_string(entry.unwrap().path()).unwrap_or_default());
    }
    for key in &planted {
        let shown = &key[..12];
        assert!(!dump.contains(key), "{shown}... is in the dump");
        assert!(!logs.contains(key), "{shown}... is in a log");
    }
}
