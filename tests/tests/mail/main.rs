//! Mail from the outside: enqueued in a transaction, sent once, never lost, and nothing of it in
//! the log, nor in the database once it left.

mod mailbox;
mod smtp;
mod wording;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use tenantry_caller::Seal;
use tenantry_mail::{Mail, MailKind, MailVariables, enqueue};
use tenantry_tests::{Home, Program, run};
use tokio_postgres::types::ToSql;

const MANIFEST: &str = "name = \"letters\"\ntitle = \"Letters\"\nschemas = [\"public\"]\n";

/// What must be found nowhere but in the mail.
const CODE: &str = "739155";
const LINK: &str = "https://letters.example.com/verify?token=9f3c0a77d1e2";

/// An application of its own, with these templates.
fn application(home: &Home, templates: &[(&str, &str)]) -> PathBuf {
    let folder = home.path.parent().unwrap().join("letters");
    fs::create_dir_all(folder.join("templates/mail")).unwrap();
    fs::create_dir_all(folder.join("migrations")).unwrap();
    fs::write(folder.join("app.toml"), MANIFEST).unwrap();
    for (name, text) in templates {
        fs::write(folder.join("templates/mail").join(name), text).unwrap();
    }
    folder
}

fn settings(home: &Home, port: u16) -> PathBuf {
    let path = home.path.parent().unwrap().join("settings.toml");
    let text = format!(
        "[mail]\nsmtp_url = \"smtp://127.0.0.1:{port}\"\nfrom = \"no-reply@letters.example.com\"\n"
    );
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path
}

/// `tenantry up` with a log that says as much as operators usually see.
fn up(home: &Home, folder: &Path, more: &[&str]) -> Command {
    let path = home.path.to_str().unwrap();
    let mut arguments =
        vec!["up", "--home", path, "--port", "0", "--apps", "", "--app", folder.to_str().unwrap()];
    arguments.extend(more);
    let mut command = Program::command(&arguments);
    command.env("RUST_LOG", "info");
    command
}

fn start(home: &Home, folder: &Path, more: &[&str]) -> Program {
    Program::spawn(up(home, folder, more), home)
        .unwrap_or_else(|printed| panic!("no ready: {printed}"))
}

fn log(home: &Home) -> String {
    fs::read_to_string(home.path.parent().unwrap().join("stderr")).unwrap()
}

fn seal(home: &Home, app: &str) -> Seal {
    let text = fs::read_to_string(home.path.join("secrets.toml")).unwrap();
    let secrets: toml::Value = toml::from_str(&text).unwrap();
    Seal::new(secrets["apps"][app]["sealing_secret"].as_str().unwrap().as_bytes()).unwrap()
}

fn mail(kind: MailKind, recipient: &str) -> Mail {
    let variables = MailVariables {
        site_url: "https://letters.example.com".into(),
        confirmation_url: LINK.into(),
        token: CODE.into(),
        token_hash: "9f3c0a77d1e2".into(),
        email: "ann@example.com".into(),
        ..MailVariables::default()
    };
    Mail { kind, recipient: recipient.into(), variables }
}

/// Enqueues as the auth room does: by the statement, as its role.
async fn send(client: &tokio_postgres::Client, seal: &Seal, mail: &Mail) -> String {
    let statement = enqueue(mail, seal).unwrap();
    let texts: Vec<String> = statement
        .parameters
        .iter()
        .map(|value| String::from_utf8(value.clone().unwrap().to_vec()).unwrap())
        .collect();
    let parameters: Vec<&(dyn ToSql + Sync)> =
        texts.iter().map(|text| text as &(dyn ToSql + Sync)).collect();
    client.batch_execute("set role tenantry_auth").await.unwrap();
    let sql = format!("{} returning id::text", statement.sql);
    let id = client.query_one(&sql, &parameters).await.unwrap().get(0);
    client.batch_execute("reset role").await.unwrap();
    id
}

async fn wait_until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !holds().await {
        assert!(Instant::now() < deadline, "not within a minute: {what}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn count(client: &tokio_postgres::Client, condition: &str) -> i64 {
    let sql = format!("select count(*) from auth.mails where {condition}");
    client.query_one(&sql, &[]).await.unwrap().get(0)
}

/// Everything that the table holds, as a dump would have it.
async fn dump(client: &tokio_postgres::Client) -> String {
    let sql = "select coalesce(string_agg(mails::text, e'\\n'), '') from auth.mails";
    client.query_one(sql, &[]).await.unwrap().get(0)
}

/// What `tenantry mail ...` prints as JSON.
fn printed(home: &Home, arguments: &[&str]) -> Value {
    let mut all = vec!["mail"];
    all.extend(arguments);
    all.extend(["--json", "--home", home.path.to_str().unwrap()]);
    let output = run(&all);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}
