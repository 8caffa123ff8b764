//! Mail that stays in the home: files, commands and the page.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::json;
use tenantry_mail::MailKind;
use tenantry_tests::{Home, connect, run};

use crate::{
    CODE, LINK, application, count, dump, log, mail, printed, seal, send, start, wait_until,
};

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
