//! What an erasure does where the foreign keys leave a choice, and with applications that bind
//! nothing.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};
use tenantry_tests::{Home, Program, connect, run};

const MANIFEST: &str = "name = \"plain\"\ntitle = \"Plain\"\ndescription = \"Binds nothing.\"\nschemas = [\"public\"]\n";

const UP: &str = "\
create table public.notes (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references auth.users,
    text text not null
);
create table public.lines (
    id bigint generated always as identity primary key,
    note_id uuid not null references public.notes on delete cascade,
    text text not null,
    words tsvector generated always as (to_tsvector('simple', text)) stored
);
create table public.visits (
    id bigint generated always as identity primary key,
    visitor text,
    guests text[] not null default '{}',
    seen jsonb
);
create table public.invoices (
    id bigint generated always as identity primary key,
    user_id uuid references auth.users on delete set null,
    total integer not null,
    currency text not null,
    billed_to text not null
);
create materialized view public.words as select text from public.lines;
grant usage on schema public to anon, authenticated;
";

const DOWN: &str = "drop materialized view public.words; drop table public.invoices, public.visits, public.lines, public.notes; revoke usage on schema public from anon, authenticated;";

fn start(home: &Home, manifest: &str) -> (Program, String) {
    let folder = home.path.parent().unwrap().join("plain");
    fs::create_dir_all(folder.join("migrations")).unwrap();
    fs::write(folder.join("app.toml"), format!("{MANIFEST}{manifest}")).unwrap();
    fs::write(folder.join("migrations/0001_plain.up.sql"), UP).unwrap();
    fs::write(folder.join("migrations/0001_plain.down.sql"), DOWN).unwrap();
    let folder = folder.to_str().unwrap().to_owned();
    (Program::start(home, &["--app", &folder]), folder)
}

fn person(program: &Program, app: &str, arguments: &[&str]) -> (bool, String) {
    let mut all = vec!["person", app, "--home", program.home()];
    all.extend(arguments);
    let output = run(&all);
    (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

fn rows(ann: &str, bob: &str) -> String {
    format!(
        "insert into public.notes (user_id, text) values ('{ann}', 'a secret of ann'), ('{bob}', 'bobs note');
         insert into public.lines (note_id, text) select id, 'line of ' || text from public.notes;
         insert into public.invoices (user_id, total, currency, billed_to) values ('{ann}', 12, 'eur', 'Ann Lee');
         insert into public.visits (visitor, guests, seen) values
             ('{ann}', array['x', 'ANN@example.com'], null),
             ('{bob}', '{{}}', '{{\"with\": [\"{ann}\"], \"{ann}\": 1, \"by\": \"{bob}\"}}');
         refresh materialized view public.words"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_that_binds_nothing() {
    let home = Home::new();
    let kept = "[[person.kept]]\ntable = \"public.invoices\"\nreason = \"books\"\ncolumns = [\"currency\"]\n";
    let (program, folder) = start(&home, kept);
    let client = program.client("plain");
    let (_, ann) = client.sign_up("ann@example.com");
    let (_, bob) = client.sign_up("bob@example.com");
    let admin = connect(&program.admin_dsn("plain")).await;
    admin.batch_execute(&rows(&ann, &bob)).await.unwrap();

    let file = home.path.parent().unwrap().join("ann.json");
    let path = file.to_str().unwrap();
    let (done, said) = person(&program, &folder, &["export", "Ann@Example.com", "--output", path]);
    assert!(done, "{said}");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let document: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(document["tables"]["public.notes"][0]["text"], "a secret of ann");
    assert_eq!(document["tables"]["public.notes"].as_array().unwrap().len(), 1);
    assert_eq!(document["tables"]["public.visits"].as_array().unwrap().len(), 2);
    assert!(document["tables"]["auth.users"][0].get("encrypted_password").is_none());
    let (written, said) = person(&program, &folder, &["export", &ann, "--output", path]);
    assert!(!written && said.contains("ann.json"), "an export is never written over: {said}");

    let (done, said) = person(&program, &folder, &["erase", "ann@example.com", "--yes"]);
    assert!(!done && said.contains("public.notes") && said.contains("--erase-all"), "{said}");
    let (done, said) = person(
        &program,
        &folder,
        &["erase", "ann@example.com", "--yes", "--hand-over-to", "nobody"],
    );
    assert!(!done && said.contains("no person nobody"), "{said}");
    let (done, said) =
        person(&program, &folder, &["erase", "ann@example.com", "--yes", "--erase-all"]);
    assert!(done, "{said}");

    let dump = "select json_build_object(
        'notes', (select json_agg(text) from public.notes),
        'lines', (select json_agg(text) from public.lines),
        'words', (select json_agg(text) from public.words),
        'invoice', (select to_json(i) from public.invoices i),
        'visits', (select json_agg(v order by id) from public.visits v)
    )::text";
    let left: String = admin.query_one(dump, &[]).await.unwrap().get(0);
    assert!(!left.contains(&ann) && !left.to_lowercase().contains("ann@"), "{left}");
    let left: Value = serde_json::from_str(&left).unwrap();
    assert_eq!(left["notes"], json!(["bobs note"]));
    assert_eq!(left["words"], json!(["line of bobs note"]), "materialised views are filled again");
    let invoice = &left["invoice"];
    assert_eq!(
        (&invoice["user_id"], &invoice["total"], &invoice["currency"]),
        (&Value::Null, &json!(12), &json!("eur"))
    );
    assert!(invoice["billed_to"].as_str().unwrap().starts_with("erased-"), "{invoice}");
    assert_eq!(left["visits"][0]["visitor"], Value::Null);
    assert_eq!(left["visits"][0]["guests"][0], "x");
    assert_eq!(left["visits"][1]["seen"]["by"], bob.as_str());
    assert!(!file_of_erasures(&program).contains("example.com"));
    assert!(file_of_erasures(&program).contains(&ann));
}

fn file_of_erasures(program: &Program) -> String {
    fs::read_to_string(format!("{}/erasures/plain.jsonl", program.home())).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_handed_over() {
    let home = Home::new();
    let (program, folder) = start(&home, "");
    let client = program.client("plain");
    let (_, ann) = client.sign_up("ann@example.com");
    let (_, bob) = client.sign_up("bob@example.com");
    let admin = connect(&program.admin_dsn("plain")).await;
    admin.batch_execute(&rows(&ann, &bob)).await.unwrap();
    let choices = ["erase", &ann, "--yes", "--hand-over-to", "bob@example.com"];
    let (done, said) = person(&program, &folder, &choices);
    assert!(done && said.contains("public.notes  handed over"), "{said}");
    let owners = "select count(*) from public.notes where user_id::text = $1";
    let notes: i64 = admin.query_one(owners, &[&bob]).await.unwrap().get(0);
    assert_eq!(notes, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rules_of_an_application_hold() {
    let home = Home::new();
    let program = Program::start(&home, &["--apps", "mnfst"]);
    assert!(run(&["seed", "mnfst", "--demo", "--home", program.home()]).status.success());
    let admin = connect(&program.admin_dsn("mnfst")).await;
    let sole = "select min(id::text) from public.users where role = 'tenant_admin' group by tenant_id having count(*) = 1 limit 1";
    let sole: String = admin.query_one(sole, &[]).await.unwrap().get(0);
    let (done, said) = person(&program, "mnfst", &["erase", &sole, "--dry-run"]);
    assert!(
        !done
            && said.contains("last administrator")
            && said.contains("Make somebody else tenant_admin first"),
        "{said}"
    );

    // Documents are the tenant's. They pass to an administrator, and only forget whose they were.
    let author =
        "select user_id::text, count(*) from public.documents join public.users u on u.id = user_id
                  where u.role = 'user' group by user_id order by 2 desc limit 1";
    let row = admin.query_one(author, &[]).await.unwrap();
    let (author, documents): (String, i64) = (row.get(0), row.get(1));
    let before: i64 =
        admin.query_one("select count(*) from public.documents", &[]).await.unwrap().get(0);
    let (done, said) = person(&program, "mnfst", &["erase", &author, "--yes"]);
    assert!(
        done && said.contains(&format!("{documents}  public.documents  handed over")),
        "{said}"
    );
    let after: i64 =
        admin.query_one("select count(*) from public.documents", &[]).await.unwrap().get(0);
    assert_eq!(before, after);
    let named = "select count(*) from public.audit_logs a where a::text like '%' || $1 || '%'";
    let named: i64 = admin.query_one(named, &[&author]).await.unwrap().get(0);
    assert_eq!(named, 0);
    let guarded =
        admin.batch_execute("update public.audit_logs set action = 'x'").await.unwrap_err();
    assert!(guarded.as_db_error().unwrap().message().contains("append-only"), "the guard is back");
}
