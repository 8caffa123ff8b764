//! Mail that leaves over SMTP: tried again, sent once, over connections that are checked.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::json;
use tenantry_mail::MailKind;
use tenantry_tests::{Home, MailServer, Program, connect};

use crate::{
    CODE, application, count, dump, log, mail, printed, seal, send, settings, start, up, wait_until,
};

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
