//! Mail from the outside: enqueued in a transaction, sent once, never lost, and nothing of it in
//! the log, nor in the database once it left.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tenantry_caller::Seal;
use tenantry_mail::{Mail, MailKind, MailVariables, enqueue};
use tenantry_tests::{Home, MailServer, Program, connect, run};
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

/// A page's status, headers and text, asked for as a script of another origin would.
fn page(url: &str) -> (u16, BTreeMap<String, String>, String) {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut response = agent.get(url).header("origin", "https://evil.example").call().unwrap();
    let headers = response
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    (response.status().as_u16(), headers, response.body_mut().read_to_string().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_server_mail_stays_in_the_mailbox() {
    let home = Home::new();
    let folder = application(
        &home,
        &[
            ("invite.subject", "Hello {{ .Data.name }}"),
            (
                "invite.html",
                "<p onclick=\"alert(1)\">{{ .Data.name }}</p><script>alert(1)</script>",
            ),
        ],
    );
    let program = start(&home, &folder, &[]);
    let admin = connect(&program.admin_dsn("letters")).await;
    let seal = seal(&home, "letters");

    let mut invitation = mail(MailKind::Invite, "bob@example.com");
    let typed = "<script>alert(1)</script>\r\nBcc: eve@example.com\u{1b}[2J";
    invitation.variables.data.insert("name".into(), typed.into());
    send(&admin, &seal, &invitation).await;
    wait_until("the invitation is sent", async || count(&admin, "sent_at is not null").await == 1)
        .await;
    let id = send(&admin, &seal, &mail(MailKind::Confirmation, "ann@example.com")).await;
    wait_until("the mail is sent", async || count(&admin, "sent_at is not null").await == 2).await;

    let mailbox = home.path.join("mail/letters");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&home.path.join("mail")), mode(&mailbox)), (0o700, 0o700));
    for entry in fs::read_dir(&mailbox).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }

    let listed = printed(&home, &["list", "letters"]);
    assert_eq!(listed[0]["id"], json!(id));
    assert_eq!(listed[0]["subject"], "Confirm your address");
    assert_eq!(listed[1]["subject"], "Hello <script>alert(1)</script> Bcc: eve@example.com [2J");
    let shown = printed(&home, &["show", "letters", "latest"]);
    assert_eq!(shown, printed(&home, &["show", "letters", &id]));
    assert_eq!(shown["to"], "ann@example.com");
    assert_eq!(shown["from"], "Letters <no-reply@localhost>");
    assert_eq!(shown["links"][0], LINK);
    assert!(shown["text"].as_str().unwrap().contains(CODE));
    let status = printed(&home, &["status", "letters"]);
    assert_eq!(status, json!({ "pending": 0, "failed": 0, "sent": 2, "troubled": [] }));

    let url = program.text("/mailbox_url").to_owned();
    let listed_for_people = run(&["mail", "list", "letters", "--home", program.home()]);
    let listed_for_people = String::from_utf8(listed_for_people.stdout).unwrap();
    assert!(listed_for_people.contains(&url) && !listed_for_people.contains('\u{1b}'));
    let invited = listed[1]["id"].as_str().unwrap();
    for (path, policy, contained) in [
        (
            String::new(),
            "default-src 'none'; style-src 'self'",
            "&lt;script&gt;alert(1)&lt;/script&gt;",
        ),
        (
            format!("letters/{invited}"),
            "default-src 'none'; style-src 'self'",
            "<iframe sandbox=\"\"",
        ),
        (format!("letters/{invited}/html"), "sandbox; default-src 'none'", "&lt;script&gt;"),
    ] {
        let (status, headers, text) = page(&format!("{url}{path}"));
        assert_eq!(status, 200, "{path}");
        assert_eq!(headers["cache-control"], "no-store");
        assert_eq!(headers["referrer-policy"], "no-referrer");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert!(headers["content-security-policy"].starts_with(policy), "{path}");
        assert!(!headers.contains_key("access-control-allow-origin"), "{path}");
        assert!(text.contains(contained), "{path}: {text}");
        assert!(path.ends_with("/html") || !text.contains("<script"), "{path}: {text}");
    }
    let key = url.trim_end_matches('/').rsplit('/').next().unwrap().to_owned();
    for wrong in [
        url.replace(&key, &"a".repeat(key.len())),
        url.replace(&key, "a"),
        format!("{url}letters/../../secrets.toml"),
        format!("{url}letters/..%2f..%2fsecrets.toml"),
        format!("{url}letters/{}", uuid_of_nothing()),
        format!("{url}nothing/{id}"),
    ] {
        assert_eq!(page(&wrong).0, 404, "{wrong}");
    }
    assert_eq!(count(&admin, "variables <> ''").await, 0);
    let dump = dump(&admin).await;
    assert!(program.stop());
    let log = log(&home);
    for secret in [CODE, LINK, "9f3c0a77d1e2", "ann@example.com", &key] {
        assert!(!log.contains(secret), "the log has {secret}: {log}");
    }
    assert!(!dump.contains(CODE) && !dump.contains(LINK), "{dump}");
    assert_eq!(dump.lines().count(), 2, "{dump}");
}

fn uuid_of_nothing() -> &'static str {
    "00000000-0000-4000-8000-000000000000"
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusing_server_is_tried_again_and_a_refused_mail_is_not() {
    let home = Home::new();
    let server = MailServer::start(&home.path.parent().unwrap().join("server"));
    let folder = application(&home, &[]);
    let settings = settings(&home, server.port);
    server.answer("451 4.3.0 the disk is full, come back later");
    let program = start(&home, &folder, &["--settings", settings.to_str().unwrap()]);
    assert_eq!(program.status.get("mailbox_url"), None);
    let admin = connect(&program.admin_dsn("letters")).await;
    let seal = seal(&home, "letters");

    let id = send(&admin, &seal, &mail(MailKind::Recovery, "ann@example.com")).await;
    wait_until("a first failure", async || count(&admin, "last_error is not null").await == 1)
        .await;
    let status = printed(&home, &["status", "letters"]);
    assert_eq!((&status["pending"], &status["failed"]), (&json!(1), &json!(0)));
    let error = status["troubled"][0]["error"].as_str().unwrap();
    assert!(error.contains("the disk is full, come back later"), "{error}");
    server.answer("");
    wait_until("the mail is sent", async || count(&admin, "sent_at is not null").await == 1).await;
    let mails = server.mails();
    assert_eq!(mails.len(), 1);
    let text = mails[0]["text"].as_str().unwrap();
    assert!(text.contains(&format!("Message-ID: <{id}@letters.example.com>")), "{text}");
    assert!(text.contains("From: \"Letters\" <no-reply@letters.example.com>"), "{text}");
    assert_eq!(mails[0]["to"], json!(["ann@example.com"]));

    // What another attempt would not change is given up at once, with a reason that quotes nothing.
    for recipient in [
        "nobody@example.com",
        "quoting@example.com",
        "ann@example.com\r\nRCPT TO:<eve@example.com>",
        "ann@example.com\nBcc: eve@example.com",
        "ann@example.com, eve@example.com",
        "no address",
    ] {
        send(&admin, &seal, &mail(MailKind::MagicLink, recipient)).await;
    }
    wait_until("six are given up", async || count(&admin, "given_up_at is not null").await == 6)
        .await;
    assert_eq!(
        count(&admin, "given_up_at is not null and (variables <> '' or last_error is null)").await,
        0
    );
    assert_eq!(count(&admin, "last_error like '%5.1.1%'").await, 1);
    assert_eq!(count(&admin, "last_error like '%5.7.1%'").await, 1);
    assert_eq!(server.mails().len(), 1, "nobody else got anything");

    // Nobody answers at all: tried again, not given up.
    drop(server);
    send(&admin, &seal, &mail(MailKind::Invite, "bob@example.com")).await;
    wait_until("an attempt", async || {
        count(&admin, "last_error is not null and given_up_at is null").await == 1
    })
    .await;
    admin.batch_execute("update auth.mails set created_at = now() - interval '25 hours', next_attempt_at = now()").await.unwrap();
    wait_until("a day is enough", async || count(&admin, "given_up_at is not null").await == 7)
        .await;

    let dump = dump(&admin).await;
    assert!(program.stop());
    let log = log(&home);
    for secret in [CODE, "verify?token", "9f3c0a77d1e2"] {
        assert!(!log.contains(secret), "the log has {secret}: {log}");
        assert!(!dump.contains(secret), "the table has {secret}: {dump}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_servers_certificate_is_checked() {
    let home = Home::new();
    let folder = home.path.parent().unwrap().join("server");
    fs::create_dir(&folder).unwrap();
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = folder.join("certificate.pem");
    fs::write(&certificate, certified.cert.pem()).unwrap();
    fs::write(folder.join("key.pem"), certified.signing_key.serialize_pem()).unwrap();
    let server = MailServer::start(&folder);
    let settings = home.path.parent().unwrap().join("settings.toml");
    let text = format!(
        "[mail]\nsmtp_url = \"smtps://localhost:{}\"\nfrom = \"a@b.example\"\n",
        server.port
    );
    fs::write(&settings, text).unwrap();
    let app = application(&home, &[]);
    let with_settings = ["--settings", settings.to_str().unwrap()];
    let program = start(&home, &app, &with_settings);
    let admin = connect(&program.admin_dsn("letters")).await;
    send(&admin, &seal(&home, "letters"), &mail(MailKind::Recovery, "ann@example.com")).await;
    wait_until("a refusal", async || count(&admin, "last_error like '%certificate%'").await == 1)
        .await;
    assert!(server.mails().is_empty() && program.stop());

    let mut command = up(&home, &app, &with_settings);
    command.env("SSL_CERT_FILE", &certificate);
    let program = Program::spawn(command, &home).unwrap();
    wait_until("the mail is sent", async || server.mails().len() == 1).await;
    assert!(program.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_program_loses_no_mail_and_sends_none_as_another() {
    const MAILS: usize = 60;
    let home = Home::new();
    let server = MailServer::start(&home.path.parent().unwrap().join("server"));
    server.delay(0.1);
    let folder = application(&home, &[]);
    let settings = settings(&home, server.port);
    let with_settings = ["--settings", settings.to_str().unwrap()];
    let program = start(&home, &folder, &with_settings);
    let admin = connect(&program.admin_dsn("letters")).await;
    let seal_of_home = seal(&home, "letters");
    admin
        .batch_execute(
            "insert into auth.mails (kind, recipient, variables, created_at, sent_at)
             values ('recovery', 'old@example.com', '', now() - interval '40 days', now() - interval '31 days')",
        )
        .await
        .unwrap();
    let mut ids = BTreeSet::new();
    for number in 0..MAILS {
        let mail = mail(MailKind::Recovery, &format!("p{number}@example.com"));
        ids.insert(send(&admin, &seal_of_home, &mail).await);
    }
    wait_until("some are sent", async || server.mails().len() >= 10).await;
    program.kill_hard();
    let before = server.mails().len();
    assert!(before < MAILS, "it was killed too late");

    let program = start(&home, &folder, &with_settings);
    let admin = connect(&program.admin_dsn("letters")).await;
    assert!(count(&admin, "sent_at is null").await > 0);
    // The leases of the killed program are over.
    admin
        .batch_execute("update auth.mails set next_attempt_at = now() where sent_at is null")
        .await
        .unwrap();
    wait_until("all are sent", async || count(&admin, "sent_at is null").await == 0).await;
    wait_until("old rows are swept", async || {
        count(&admin, "recipient = 'old@example.com'").await == 0
    })
    .await;
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for mail in server.mails() {
        let text = mail["text"].as_str().unwrap();
        let id = text.split("Message-ID: <").nth(1).unwrap().split('@').next().unwrap();
        *times.entry(id.to_owned()).or_default() += 1;
    }
    assert_eq!(times.keys().cloned().collect::<BTreeSet<_>>(), ids, "each mail and no other");
    // What was under way when the program died may come again, as the same message.
    let again: usize = times.values().map(|times| times - 1).sum();
    assert!(again <= 4, "{again} came twice");
    assert!(program.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_mailbox_a_killed_program_leaves_each_mail_once() {
    const MAILS: usize = 200;
    let home = Home::new();
    let folder = application(&home, &[]);
    let program = start(&home, &folder, &[]);
    let admin = connect(&program.admin_dsn("letters")).await;
    let seal_of_home = seal(&home, "letters");
    for number in 0..MAILS {
        send(&admin, &seal_of_home, &mail(MailKind::Recovery, &format!("p{number}@example.com")))
            .await;
    }
    program.kill_hard();
    let program = start(&home, &folder, &[]);
    let admin = connect(&program.admin_dsn("letters")).await;
    admin
        .batch_execute("update auth.mails set next_attempt_at = now() where sent_at is null")
        .await
        .unwrap();
    wait_until("all are sent", async || count(&admin, "sent_at is null").await == 0).await;
    let listed = printed(&home, &["list", "letters"]);
    let recipients: BTreeSet<&str> =
        listed.as_array().unwrap().iter().map(|mail| mail["to"].as_str().unwrap()).collect();
    assert_eq!((listed.as_array().unwrap().len(), recipients.len()), (MAILS, MAILS));
    assert!(program.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_programs_on_one_database_send_each_mail_once() {
    const MAILS: usize = 80;
    let (first, second) = (Home::new(), Home::new());
    let server = MailServer::start(&first.path.parent().unwrap().join("server"));
    server.delay(0.02);
    let folder = application(&first, &[]);
    let settings = settings(&first, server.port);
    let settings = settings.to_str().unwrap();
    let one = start(&first, &folder, &["--settings", settings]);
    // Servers of one database share its secrets.
    fs::create_dir(&second.path).unwrap();
    fs::copy(first.path.join("secrets.toml"), second.path.join("secrets.toml")).unwrap();
    let url = one.text("/admin_dsn").to_owned();
    let two = start(&second, &folder, &["--settings", settings, "--database-url", &url]);
    let admin = connect(&one.admin_dsn("letters")).await;
    let seal = seal(&first, "letters");
    for number in 0..MAILS {
        send(&admin, &seal, &mail(MailKind::Recovery, &format!("p{number}@example.com"))).await;
    }
    wait_until("all are sent", async || count(&admin, "sent_at is null").await == 0).await;
    let recipients: BTreeSet<String> =
        server.mails().iter().map(|mail| mail["to"][0].as_str().unwrap().to_owned()).collect();
    assert_eq!((server.mails().len(), recipients.len()), (MAILS, MAILS));
    assert!(two.stop());
    assert!(one.stop());
    let sent = |home: &Home| log(home).matches("mail sent").count();
    assert_eq!(sent(&first) + sent(&second), MAILS);
    assert!(sent(&first) > 0 && sent(&second) > 0, "only one of them sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_highest_version_of_an_administrators_wording_is_sent() {
    let home = Home::new();
    let program = Program::start(&home, &["--apps", "board"]);
    let admin = connect(&program.admin_dsn("board")).await;
    let seal = seal(&home, "board");
    let store =
        "insert into public.email_templates (key, locale, version, subject, html_body, text_body)
                 values ('confirmation', $1, $2, $3, '<p>{{ .Token }}</p>', $4)";
    for (sent, (row, locale, expected)) in [
        (None, "", "Confirm your address for Board"),
        (Some(("en", 2, "Second {{ .Email }}", "x")), "", "Second ann@example.com"),
        (Some(("de", 1, "Bitte bestätigen", "x")), "de-AT", "Bitte bestätigen"),
        (None, "fr", "Second ann@example.com"),
        (Some(("en", 3, "Third", "{{ .Wrong }}")), "", "Confirm your address"),
    ]
    .into_iter()
    .enumerate()
    {
        if let Some((locale, version, subject, text)) = row {
            let version: i32 = version;
            admin.execute(store, &[&locale, &version, &subject, &text]).await.unwrap();
        }
        let mut mail = mail(MailKind::Confirmation, "ann@example.com");
        mail.variables.data.insert("locale".into(), locale.into());
        let id = send(&admin, &seal, &mail).await;
        wait_until("the mail is sent", async || {
            count(&admin, "sent_at is not null").await == sent as i64 + 1
        })
        .await;
        assert_eq!(printed(&home, &["show", "board", &id])["subject"], expected);
    }
    assert!(log(&home).contains("a stored template is wrong and not used"));
    // The sender's role reaches mails and the wording that it asks for, and nothing else.
    admin.batch_execute("set role tenantry_mail").await.unwrap();
    for sql in [
        "select from public.email_templates",
        "select from auth.users",
        "select from auth.one_time_tokens",
        "select from public.users",
        "insert into auth.mails (kind, recipient, variables) values ('a', 'b', 'c')",
        "update auth.mails set recipient = 'eve@example.com'",
        "update auth.mails set kind = 'invite'",
    ] {
        let refused = admin.batch_execute(sql).await.unwrap_err();
        assert_eq!(refused.code().map(|code| code.code()), Some("42501"), "{sql}");
    }
    assert!(program.stop());
}

#[test]
fn what_is_wrong_is_said_before_anything_starts() {
    let home = Home::new();
    let folder = application(&home, &[("recovery.html", "<p>\n<a href={{ .SiteURL }}>")]);
    let folder = folder.to_str().unwrap();
    let refused = Program::try_start(&home, &["--app", folder]).err().unwrap();
    assert!(
        refused.contains("templates/mail/recovery.html:2: write the attribute in quotes"),
        "{refused}"
    );
    assert!(!home.path.join("data").exists());
    fs::remove_file(Path::new(folder).join("templates/mail/recovery.html")).unwrap();
    let settings = home.path.parent().unwrap().join("settings.toml");
    for (text, expected) in [
        (
            "smtp_url = \"smtp://me:hunter2@mail.example.com:587\"\nfrom = \"a@b.example\"",
            "in the clear",
        ),
        ("smtp_url = \"mail.example.com/hunter2\"\nfrom = \"a@b.example\"", "no mail server's URL"),
        ("smtp_url = \"smtp://localhost:25\"", "not [mail] from"),
        ("smtp_url = \"smtp://localhost:25\"\nfrom = \"nobody\"", "no sender's address"),
    ] {
        fs::write(&settings, format!("[mail]\n{text}\n")).unwrap();
        let arguments = ["--app", folder, "--settings", settings.to_str().unwrap()];
        let refused = Program::try_start(&home, &arguments).err().unwrap();
        assert!(refused.contains(expected) && !refused.contains("hunter2"), "{refused}");
    }
}
