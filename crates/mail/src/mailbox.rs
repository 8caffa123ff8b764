//! The mailbox of a home: where mail stays when no server is configured. One file for each mail,
//! which any mail program reads.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use mail_parser::{Address, MessageParser};
use serde::Serialize;
use uuid::Uuid;

/// The mails of one application.
#[derive(Debug, Clone)]
pub struct Mailbox {
    folder: PathBuf,
}

/// A mail of the mailbox.
#[derive(Debug, Clone, Serialize)]
pub struct StoredMail {
    /// The id of its row, and of its file.
    pub id: Uuid,
    /// When it was enqueued, as `2025-01-31T12:00:00Z`.
    pub date: String,
    /// Whom it is from.
    pub from: String,
    /// Whom it goes to.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// Every header as it was written.
    pub headers: Vec<(String, String)>,
    /// The plain part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// The web addresses in the plain part.
    pub links: Vec<String>,
}

impl StoredMail {
    /// The address that it goes to, in lower case.
    fn recipient(&self) -> String {
        let bare = self.to.rsplit_once('<').map_or(self.to.as_str(), |(_, address)| address);
        bare.trim_end_matches('>').to_lowercase()
    }
}

impl Mailbox {
    /// The mailbox of an application in the folder `mail` of a home. Nothing is made yet.
    pub fn new(mail_folder: &Path, app: &str) -> Self {
        Mailbox { folder: mail_folder.join(app) }
    }

    /// Keeps a mail. Doing so again changes nothing: its name is its time and its id.
    pub(crate) fn keep(&self, time: &str, id: Uuid, message: &[u8]) -> io::Result<()> {
        let path = self.folder.join(format!("{time}-{id}.eml"));
        if path.exists() {
            return Ok(());
        }
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        // Complete or not there at all, also after a crash.
        let beside = self.folder.join(format!("{id}.new"));
        let mut file =
            File::options().create(true).truncate(true).write(true).mode(0o600).open(&beside)?;
        file.write_all(message)?;
        file.sync_all()?;
        fs::rename(&beside, &path)?;
        File::open(&self.folder)?.sync_all()
    }

    /// The newest mails, the newest first. A file that cannot be read is logged and passed over.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn newest(&self, most: usize) -> io::Result<Vec<StoredMail>> {
        let files = self.files()?.into_iter();
        Ok(files.filter_map(|(id, path)| read_or_log(id, &path)).take(most).collect())
    }

    /// One mail; `None` where there is none with this id.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn find(&self, id: Uuid) -> io::Result<Option<StoredMail>> {
        let found = self.files()?.into_iter().find(|(present, _)| *present == id);
        found.map(|(id, path)| read(id, &path)).transpose()
    }

    /// Deletes every mail to one of these addresses.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn forget(&self, addresses: &[String]) -> io::Result<()> {
        if addresses.is_empty() {
            return Ok(());
        }
        for (id, path) in self.files()? {
            let Some(mail) = read_or_log(id, &path) else { continue };
            if addresses.iter().any(|address| address.to_lowercase() == mail.recipient()) {
                fs::remove_file(&path)?;
            }
        }
        File::open(&self.folder).map_or(Ok(()), |folder| folder.sync_all())
    }

    /// The files with their ids, the newest first.
    fn files(&self) -> io::Result<Vec<(Uuid, PathBuf)>> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut paths = entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<io::Result<Vec<PathBuf>>>()?;
        // The names start with the time.
        paths.sort();
        let id_of = |path: &PathBuf| {
            let name = path.file_name()?.to_str()?.strip_suffix(".eml")?;
            name.split_once('-')?.1.parse().ok()
        };
        Ok(paths.into_iter().rev().filter_map(|path| Some((id_of(&path)?, path))).collect())
    }
}

fn read_or_log(id: Uuid, path: &Path) -> Option<StoredMail> {
    let mail = read(id, path);
    if let Err(error) = &mail {
        tracing::warn!(file = %path.display(), %error, "a file of the mailbox cannot be read");
    }
    mail.ok()
}

fn read(id: Uuid, path: &Path) -> io::Result<StoredMail> {
    let bytes = fs::read(path)?;
    let message = MessageParser::default()
        .parse(&bytes)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the file is no mail"))?;
    let part =
        |text: Option<std::borrow::Cow<'_, str>>| text.unwrap_or_default().replace("\r\n", "\n");
    let text = part(message.body_text(0));
    Ok(StoredMail {
        id,
        date: message.date().map(|date| date.to_rfc3339()).unwrap_or_default(),
        from: shown(message.from()),
        to: shown(message.to()),
        subject: message.subject().unwrap_or_default().to_owned(),
        headers: message
            .headers_raw()
            .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
            .collect(),
        links: links(&text),
        html: part(message.body_html(0)),
        text,
    })
}

/// An address for people: `Name <address>`.
fn shown(address: Option<&Address<'_>>) -> String {
    let Some(first) = address.and_then(Address::first) else { return String::new() };
    let address = first.address().unwrap_or_default();
    match first.name() {
        Some(name) => format!("{name} <{address}>"),
        None => address.to_owned(),
    }
}

/// The web addresses in a text.
fn links(text: &str) -> Vec<String> {
    let ends = |found: char| found.is_whitespace() || matches!(found, '<' | '>' | '"');
    text.split(ends)
        .map(|word| word.trim_matches(|found| matches!(found, '(' | ')' | '.' | ',' | ';')))
        .filter(|word| word.starts_with("https://") || word.starts_with("http://"))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_mail_is_kept_once_and_privately() {
        let root = std::env::temp_dir().join(format!("tenantry-mailbox-{}", std::process::id()));
        let mailbox = Mailbox::new(&root, "small");
        assert!(mailbox.newest(10).unwrap().is_empty());
        let message = |subject: &str| {
            format!(
                "From: Small <s@example.com>\r\nTo: ann@example.com\r\nSubject: {subject}\r\n\r\nSee https://example.com/a.\r\n"
            )
        };
        let (first, second) = (Uuid::from_u128(1), Uuid::from_u128(2));
        mailbox.keep("20250101T000000.000000Z", second, message("older").as_bytes()).unwrap();
        mailbox.keep("20250102T000000.000000Z", first, message("newer").as_bytes()).unwrap();
        mailbox.keep("20250102T000000.000000Z", first, message("again").as_bytes()).unwrap();
        let mails = mailbox.newest(10).unwrap();
        let subjects: Vec<&str> = mails.iter().map(|mail| mail.subject.as_str()).collect();
        assert_eq!(subjects, ["newer", "older"]);
        assert_eq!(mails[0].from, "Small <s@example.com>");
        assert_eq!(mails[0].to, "ann@example.com");
        assert_eq!(mails[0].links, ["https://example.com/a"]);
        assert_eq!(mailbox.newest(1).unwrap().len(), 1);
        assert_eq!(mailbox.find(second).unwrap().unwrap().subject, "older");
        assert!(mailbox.find(Uuid::from_u128(3)).unwrap().is_none());
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&root), 0o700);
        assert_eq!(mode(&root.join("small")), 0o700);
        for (_, path) in mailbox.files().unwrap() {
            assert_eq!(mode(&path), 0o600);
        }
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn a_recipient_is_forgotten_and_a_file_that_is_no_mail_is_passed_over() {
        let root = std::env::temp_dir().join(format!("tenantry-forgotten-{}", std::process::id()));
        let mailbox = Mailbox::new(&root, "small");
        mailbox.forget(&["ann@example.com".into()]).unwrap();
        for (number, to) in
            [(1, "Ann@example.com"), (2, "joann@example.com"), (3, "Ann <ann@example.com>")]
        {
            let message = format!("From: s@example.com\r\nTo: {to}\r\nSubject: x\r\n\r\nx\r\n");
            let id = Uuid::from_u128(number);
            mailbox.keep("20250101T000000.000000Z", id, message.as_bytes()).unwrap();
        }
        fs::write(root.join(format!("small/20250103T000000.000000Z-{}.eml", Uuid::nil())), "")
            .unwrap();
        fs::create_dir(root.join(format!("small/20250104T000000.000000Z-{}.eml", Uuid::max())))
            .unwrap();
        assert_eq!(mailbox.newest(10).unwrap().len(), 3);
        mailbox.forget(&[]).unwrap();
        mailbox.forget(&["ann@example.com".into()]).unwrap();
        let left: Vec<String> =
            mailbox.newest(10).unwrap().into_iter().map(|mail| mail.to).collect();
        assert_eq!(left, ["joann@example.com"]);
        fs::remove_dir_all(root).unwrap();
    }
}
