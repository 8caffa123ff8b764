//! The templates of one application: the built-in ones, and those of its folder in their place.

use serde_json::Value;
use tenantry_app::{App, AppError};

use crate::MailKind;
use crate::template::{Form, Template, TemplateFault};

/// Where an application's folder has templates of its own.
const FOLDER: &str = "templates/mail";

/// The longest subject, in characters.
const LONGEST_SUBJECT: usize = 255;

/// The templates of one application. Every one was read and found good.
pub struct Templates {
    by_kind: Vec<MailTemplate>,
}

/// What one kind of mail is written from.
#[derive(Debug, Clone)]
pub(crate) struct MailTemplate {
    subject: Template,
    text: Template,
    html: Template,
}

/// A mail's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    /// One line.
    pub(crate) subject: String,
    /// The plain part.
    pub(crate) text: String,
    /// The HTML part.
    pub(crate) html: String,
}

/// Why an application's templates cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// One is wrong.
    #[error("{file}:{line}: {message}")]
    Fault {
        /// The file, as the reader would open it.
        file: String,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong and what to write.
        message: String,
    },
    /// A file that no mail is written from.
    #[error(
        "{file}: no mail is written from this; a template is called KIND.subject, KIND.txt or KIND.html, and the \
         kinds are {}",
        MailKind::ALL.map(MailKind::name).join(", ")
    )]
    Stray {
        /// The file, as the reader would open it.
        file: String,
    },
    /// One cannot be read.
    #[error(transparent)]
    App(#[from] AppError),
}

/// A part of a mail, by the ending of its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Subject,
    Text,
    Html,
}

impl Part {
    fn ending(self) -> &'static str {
        match self {
            Part::Subject => "subject",
            Part::Text => "txt",
            Part::Html => "html",
        }
    }

    fn of_ending(ending: &str) -> Option<Part> {
        [Part::Subject, Part::Text, Part::Html].into_iter().find(|part| part.ending() == ending)
    }

    fn parse(self, source: &str) -> Result<Template, TemplateFault> {
        match self {
            Part::Subject => Template::parse(source.trim_end(), Form::Plain),
            Part::Text => Template::parse(source, Form::Plain),
            Part::Html => Template::parse(source, Form::Html),
        }
    }
}

impl Templates {
    /// The application's templates: each file of its folder `templates/mail` takes the place of the
    /// built-in one of that name.
    ///
    /// # Errors
    /// [`TemplateError`], with file and line.
    pub fn load(app: &App) -> Result<Templates, TemplateError> {
        let shown = |path: &str| match app.folder() {
            Some(folder) => folder.join(path).display().to_string(),
            None => format!("{}/{path}", app.name()),
        };
        let files = app.list(FOLDER)?;
        for path in &files {
            if kind_and_part(path).is_none() {
                return Err(TemplateError::Stray { file: shown(path) });
            }
        }
        let read = |kind: MailKind, part: Part| {
            let path = format!("{FOLDER}/{kind}.{}", part.ending());
            let (file, source) = match files.contains(&path) {
                true => (shown(&path), app.read(&path)?),
                false => (path, built_in(kind, part).to_owned()),
            };
            part.parse(&source).map_err(|fault| TemplateError::Fault {
                file,
                line: fault.line,
                message: fault.message,
            })
        };
        let mut by_kind = Vec::new();
        for kind in MailKind::ALL {
            by_kind.push(MailTemplate {
                subject: read(kind, Part::Subject)?,
                text: read(kind, Part::Text)?,
                html: read(kind, Part::Html)?,
            });
        }
        Ok(Templates { by_kind })
    }

    /// What this kind of mail is written from.
    pub(crate) fn of(&self, kind: MailKind) -> &MailTemplate {
        &self.by_kind[kind as usize]
    }
}

impl MailTemplate {
    /// A template from its three texts.
    pub(crate) fn parse(subject: &str, text: &str, html: &str) -> Result<Self, TemplateFault> {
        Ok(MailTemplate {
            subject: Part::Subject.parse(subject)?,
            text: Part::Text.parse(text)?,
            html: Part::Html.parse(html)?,
        })
    }

    /// The mail's words, with these variables.
    pub(crate) fn write(&self, variables: &Value) -> Written {
        Written {
            subject: one_line(&self.subject.render(variables)),
            text: self.text.render(variables),
            html: self.html.render(variables),
        }
    }
}

/// A subject is a header: whatever somebody typed, it stays one line.
fn one_line(subject: &str) -> String {
    let spaced: String =
        subject.chars().map(|found| if found.is_control() { ' ' } else { found }).collect();
    let words: Vec<&str> = spaced.split_whitespace().collect();
    words.join(" ").chars().take(LONGEST_SUBJECT).collect()
}

fn kind_and_part(path: &str) -> Option<(MailKind, Part)> {
    let (kind, ending) = path.rsplit('/').next()?.split_once('.')?;
    Some((MailKind::named(kind)?, Part::of_ending(ending)?))
}

/// The texts of one kind's three files.
macro_rules! texts {
    ($kind:literal) => {
        [
            include_str!(concat!("../templates/", $kind, ".subject")),
            include_str!(concat!("../templates/", $kind, ".txt")),
            include_str!(concat!("../templates/", $kind, ".html")),
        ]
    };
}

fn built_in(kind: MailKind, part: Part) -> &'static str {
    let [subject, text, html] = match kind {
        MailKind::Confirmation => texts!("confirmation"),
        MailKind::Invite => texts!("invite"),
        MailKind::Recovery => texts!("recovery"),
        MailKind::MagicLink => texts!("magic_link"),
        MailKind::EmailChange => texts!("email_change"),
        MailKind::Reauthentication => texts!("reauthentication"),
        MailKind::PasswordChanged => texts!("password_changed"),
        MailKind::EmailChanged => texts!("email_changed"),
        MailKind::AccountLocked => texts!("account_locked"),
        MailKind::FactorAdded => texts!("factor_added"),
        MailKind::FactorRemoved => texts!("factor_removed"),
        MailKind::IdentityLinked => texts!("identity_linked"),
        MailKind::SecurityAlert => texts!("security_alert"),
        MailKind::SecurityEvent => texts!("security_event"),
    };
    match part {
        Part::Subject => subject,
        Part::Text => text,
        Part::Html => html,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::*;
    use crate::MailVariables;

    /// An application's folder that goes away with the test.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str, files: &[(&str, &str)]) -> Folder {
            let path =
                std::env::temp_dir().join(format!("tenantry-mail-{}-{name}", std::process::id()));
            fs::create_dir_all(path.join(FOLDER)).unwrap();
            let manifest = "name = \"small\"\ntitle = \"Small\"\nschemas = [\"public\"]\n";
            fs::write(path.join("app.toml"), manifest).unwrap();
            for (file, text) in files {
                fs::write(path.join(FOLDER).join(file), text).unwrap();
            }
            Folder(path)
        }

        fn load(&self) -> Result<Templates, TemplateError> {
            Templates::load(&App::load(&self.0).unwrap())
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn variables() -> Value {
        serde_json::to_value(MailVariables {
            site_url: "https://example.com".into(),
            confirmation_url: "https://example.com/verify?token=abc&type=signup".into(),
            token: "123456".into(),
            email: "ann@example.com".into(),
            new_email: "bo@example.com".into(),
            ..MailVariables::default()
        })
        .unwrap()
    }

    #[test]
    fn every_kind_has_words() {
        let templates = Folder::new("built-in", &[]).load().unwrap();
        for kind in MailKind::ALL {
            let written = templates.of(kind).write(&variables());
            assert!(!written.subject.is_empty(), "{kind}");
            for part in [&written.text, &written.html] {
                assert!(!part.contains("{{") && !part.contains("\n\n\n"), "{kind}: {part}");
            }
        }
        let confirmation = templates.of(MailKind::Confirmation).write(&variables());
        assert!(confirmation.text.contains("https://example.com/verify?token=abc&type=signup\n"));
        assert!(
            confirmation
                .html
                .contains("href=\"https://example.com/verify?token=abc&amp;type=signup\"")
        );
        assert!(
            confirmation.text.contains("enter this one: 123456\n\n-- \n"),
            "{}",
            confirmation.text
        );
    }

    #[test]
    fn a_file_of_the_folder_takes_the_built_in_ones_place() {
        let folder = Folder::new("own", &[("recovery.subject", "Hello {{ .Email }}\n")]);
        let written = folder.load().unwrap().of(MailKind::Recovery).write(&variables());
        assert_eq!(written.subject, "Hello ann@example.com");
        assert!(written.text.contains("Choose a new password:"));
    }

    #[test]
    fn what_is_wrong_in_the_folder_is_named() {
        for (name, file, text, expected) in [
            (
                "fault",
                "recovery.html",
                "<p>\n{{ .Nonsense }}",
                "recovery.html:2: there is no variable .Nonsense",
            ),
            ("stray", "recover.html", "", "recover.html: no mail is written from this"),
            ("part", "recovery.md", "", "recovery.md: no mail is written from this"),
        ] {
            let found =
                Folder::new(name, &[(file, text)]).load().map(drop).unwrap_err().to_string();
            assert!(found.contains(expected), "{found}");
        }
    }

    #[test]
    fn a_subject_stays_one_line() {
        for (subject, expected) in [
            ("a\r\nBcc: eve@example.com", "a Bcc: eve@example.com"),
            ("  a \u{85}\u{0}b\t", "a b"),
            ("Zoë \u{1F511}", "Zoë \u{1F511}"),
        ] {
            assert_eq!(one_line(subject), expected);
        }
        assert_eq!(one_line(&"ä".repeat(300)).chars().count(), LONGEST_SUBJECT);
    }
}
