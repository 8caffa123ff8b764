//! What mails are written from, and what is wrong with it.

use std::fs;
use std::path::Path;

use tenantry_mail::MailKind;
use tenantry_tests::{Home, Program, connect};

use crate::{application, count, log, mail, printed, seal, send, wait_until};

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
