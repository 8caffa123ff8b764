//! What is somebody else's is neither exported nor erased, whatever people write into their own
//! accounts and rows.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use serde_json::json;
use tenantry_tests::identity::{PASSWORD, ask};
use tenantry_tests::{Home, Program, connect, run};
use tokio::runtime::Handle;
use tokio_postgres::Client;

const MANIFEST: &str = "name = \"plain\"\ntitle = \"Plain\"\nschemas = [\"public\"]\n";
const UP: &str = "create table public.visits (id bigint generated always as identity primary key, visitor text);\n";
const DOWN: &str = "drop table public.visits;\n";

fn done(program: &Program, app: &str, arguments: &[&str]) -> String {
    let mut all = vec!["person", app, "--home", program.home()];
    all.extend(arguments);
    let output = run(&all);
    let printed = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success(), "{arguments:?}: {printed}");
    printed
}

async fn seeded(home: &Home, app: &str) -> (Program, Client) {
    let program = Program::start(home, &["--apps", app]);
    assert!(run(&["seed", app, "--demo", "--home", program.home()]).status.success());
    let admin = connect(&program.admin_dsn(app)).await;
    (program, admin)
}

/// Ids of two people of press.
async fn two_people(admin: &Client) -> (String, String) {
    let rows =
        admin.query("select id::text from public.users order by id limit 2", &[]).await.unwrap();
    (rows[0].get(0), rows[1].get(0))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_only_claimed() {
    let home = Home::new();
    let folder = home.path.parent().unwrap().join("plain");
    fs::create_dir_all(folder.join("migrations")).unwrap();
    fs::write(folder.join("app.toml"), MANIFEST).unwrap();
    fs::write(folder.join("migrations/0001_plain.up.sql"), UP).unwrap();
    fs::write(folder.join("migrations/0001_plain.down.sql"), DOWN).unwrap();
    let folder = folder.to_str().unwrap();
    let program = Program::start(&home, &["--app", folder]);
    let client = program.client("plain");
    let (_, mallory) = client.sign_up("mallory@example.com");
    let (_, ann) = client.sign_up("ann@example.com");
    let admin = connect(&program.admin_dsn("plain")).await;
    let rows = format!(
        "update auth.users set email_change = 'Ann@example.com' where id = '{mallory}';
         update auth.identities
         set identity_data = identity_data || '{{\"email\": \"ann@example.com\"}}'
         where user_id = '{mallory}';
         insert into auth.identities (provider_id, user_id, provider, identity_data)
         values ('7', '{mallory}', 'github', '{{\"sub\": \"7\", \"email\": \"mallory@work.example\"}}');
         insert into public.visits (visitor)
         values ('ann@example.com'), ('mallory@example.com'), ('mallory@work.example')"
    );
    admin.batch_execute(&rows).await.unwrap();

    let exported = done(&program, folder, &["export", &mallory]);
    assert!(!exported.contains(&ann), "{exported}");
    assert!(!exported.contains("\"visitor\":\"ann@example.com\""), "{exported}");
    assert!(exported.contains("\"visitor\":\"mallory@work.example\""), "{exported}");
    done(&program, folder, &["erase", &mallory, "--yes"]);
    let address = format!("select email from auth.users where id = '{ann}'");
    assert_eq!(ask(&admin, &address).await, "ann@example.com");
    let visitors = "select string_agg(visitor, ' ') from public.visits";
    assert_eq!(ask(&admin, visitors).await, "ann@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_is_also_somebody_elses() {
    let home = Home::new();
    let (program, admin) = seeded(&home, "press").await;
    let (victim, attacker) = two_people(&admin).await;
    let rows = format!(
        "insert into public.posts (id, user_id, title, content) values ('{victim}', '{attacker}', 'x', 'x');
         update public.users set name = 'qzvictims' where id = '{victim}';
         update public.users set name = 'y' where id = '{victim}'"
    );
    admin.batch_execute(&rows).await.unwrap();
    let trail = format!(
        "select count(*) from public.audit_logs
         where entity_id = '{victim}' and concat(old_values, new_values) like '%qzvictims%'"
    );
    assert_eq!(ask(&admin, &trail).await, "2");
    let exported = done(&program, "press", &["export", &attacker]);
    assert!(!exported.contains("qzvictims"), "{exported}");
    done(&program, "press", &["erase", &attacker, "--yes"]);
    assert_eq!(ask(&admin, &trail).await, "2", "the victim's entries stay");
    let present = format!("select count(*) from public.users where id = '{victim}'");
    assert_eq!(ask(&admin, &present).await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_a_persons_id_stays() {
    let home = Home::new();
    let (program, admin) = seeded(&home, "press").await;
    let (victim, other) = two_people(&admin).await;
    let row = format!(
        "insert into public.posts (id, user_id, title, content) values ('{victim}', '{other}', 'x', 'x')"
    );
    admin.batch_execute(&row).await.unwrap();
    done(&program, "press", &["erase", &victim, "--yes"]);
    let present = format!("select user_id from public.posts where id = '{victim}'");
    assert_eq!(ask(&admin, &present).await, other);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_somebody_elses_id() {
    let home = Home::new();
    let (program, admin) = seeded(&home, "profiler").await;
    let people = "select string_agg(user_id::text, ' ')
                  from (select user_id from profiler_schema.users order by 1 limit 2) as u";
    let people = ask(&admin, people).await;
    let (victim, other) = people.split_once(' ').unwrap();
    let rename = format!(
        "set session_replication_role = 'replica';
         update profiler_schema.users set username = '{victim}' where user_id = '{other}';
         reset session_replication_role"
    );
    admin.batch_execute(&rename).await.unwrap();
    let exported = done(&program, "profiler", &["export", victim]);
    assert!(exported.contains(&format!("\"user_id\": \"{victim}\"")), "{exported}");
    done(&program, "profiler", &["erase", victim, "--yes"]);
    let again = done(&program, "profiler", &["erase", victim, "--yes"]);
    assert!(again.contains("was erased at"), "{again}");
    assert!(done(&program, "profiler", &["replay"]).contains("0 of 1 people"));
    let present = format!("select count(*) from profiler_schema.users where user_id = '{other}'");
    assert_eq!(ask(&admin, &present).await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_never_ends_somebody_elses_transaction() {
    let home = Home::new();
    let (program, admin) = seeded(&home, "press").await;
    let (victim, other) = two_people(&admin).await;
    let rename = |id: &str| format!("update public.users set name = name || 'x' where id = '{id}'");
    let lock = format!("select from public.users where id = '{victim}' for update");
    // One has written to the trail already, one only holds a row that the erasure needs.
    for (first, arguments) in [(rename(&other), &["--dry-run"]), (lock, &["--yes"])] {
        admin.batch_execute("begin").await.unwrap();
        admin.batch_execute(&first).await.unwrap();
        std::thread::scope(|scope| {
            let erasing = scope
                .spawn(|| done(&program, "press", &[&["erase", &victim], &arguments[..]].concat()));
            std::thread::sleep(Duration::from_secs(2));
            let second = format!("{}; commit", rename(&victim));
            let written = tokio::task::block_in_place(|| {
                Handle::current().block_on(admin.batch_execute(&second))
            });
            written.unwrap();
            erasing.join().unwrap();
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_go_with_the_person() {
    let home = Home::new();
    let program = Program::start(&home, &["--apps", "board"]);
    let client = program.client("board");
    let admin = connect(&program.admin_dsn("board")).await;
    let emails = ["ann@example.com", "bob@example.com", "joann@example.com"];
    let people = emails.map(|email| client.sign_up(email));
    for email in emails {
        let asked = client.post("/auth/v1/recover", &json!({ "email": email }));
        assert_eq!(asked.status, 200, "{asked:?}");
    }
    let mailbox = home.path.join("mail/board");
    let left = || {
        let files = fs::read_dir(&mailbox).into_iter().flatten();
        files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect::<String>()
    };
    let started = Instant::now();
    while !emails.iter().all(|email| left().contains(&format!("To: <{email}>"))) {
        assert!(started.elapsed() < Duration::from_secs(20), "{}", left());
        std::thread::sleep(Duration::from_millis(50));
    }
    let waiting = "insert into auth.mails (kind, recipient, variables, next_attempt_at)
                   select 'recovery', email, '', now() + interval '1 day' from auth.users";
    admin.batch_execute(waiting).await.unwrap();
    let proof = json!({ "password": PASSWORD });
    let erased = people[0].0.send("DELETE", "/auth/v1/user", Some(&proof));
    assert_eq!(erased.status, 204, "{erased:?}");
    done(&program, "board", &["erase", "bob@example.com", "--yes"]);
    assert!(!left().contains("<ann@") && !left().contains("<bob@"), "{}", left());
    assert!(left().contains("<joann@example.com>"), "somebody else's stays");
    let recipients = "select string_agg(distinct recipient, ' ') from auth.mails";
    assert_eq!(ask(&admin, recipients).await, "joann@example.com");
    let mode = fs::metadata(home.path.join("erasures")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}
