use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// A real mail server on loopback (Python's aiosmtpd), which ends with the test.
pub struct MailServer {
    child: Child,
    folder: PathBuf,
    /// Where it listens.
    pub port: u16,
}

impl MailServer {
    /// Starts one that keeps what it takes in `folder`, and speaks TLS if that has the files
    /// `certificate.pem` and `key.pem`.
    ///
    /// # Panics
    /// When Python or pip cannot be used.
    pub fn start(folder: &Path) -> Self {
        fs::create_dir_all(folder).expect("the temporary folder can be written");
        let mut child = Command::new("python3")
            .arg(here().join("server.py"))
            .arg(folder)
            .env("PYTHONPATH", packages())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 starts");
        let mut output = BufReader::new(child.stdout.take().expect("standard output is piped"));
        let mut port = String::new();
        output.read_line(&mut port).expect("the mail server prints its port");
        let port = port.trim().parse().expect("the mail server prints its port");
        MailServer { child, folder: folder.to_owned(), port }
    }

    /// What it says to mails from now on instead of taking them, such as `451 4.3.0 later`; the
    /// empty text takes them again.
    ///
    /// # Panics
    /// When the folder cannot be written, as do the other methods.
    pub fn answer(&self, answer: &str) {
        fs::write(self.folder.join("answer"), answer).expect("the folder can be written");
    }

    /// How many seconds it takes for its answer after it took a mail.
    pub fn delay(&self, seconds: f64) {
        fs::write(self.folder.join("delay"), seconds.to_string())
            .expect("the folder can be written");
    }

    /// What it took so far, in order: objects with `from`, `to` and `text`.
    pub fn mails(&self) -> Vec<Value> {
        let mut paths: Vec<PathBuf> = fs::read_dir(self.folder.join("mails"))
            .expect("the server makes its folder")
            .map(|entry| entry.expect("the folder can be read").path())
            .collect();
        paths.sort();
        let read = |path: PathBuf| {
            let text = fs::read_to_string(path).expect("the folder can be read");
            serde_json::from_str(&text).expect("the server writes JSON")
        };
        paths.into_iter().map(read).collect()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("mail-server")
}

/// The server's packages, installed on the first use.
fn packages() -> &'static Path {
    static PACKAGES: OnceLock<PathBuf> = OnceLock::new();
    PACKAGES.get_or_init(|| {
        let (target, requirements) = (here().join(".python"), here().join("requirements.txt"));
        let changed = |path: &Path| fs::metadata(path).and_then(|file| file.modified()).ok();
        if changed(&target) < changed(&requirements) {
            let _ = fs::remove_dir_all(&target);
            let installed = Command::new("python3")
                .args(["-m", "pip", "install", "--quiet", "--no-warn-conflicts"])
                .args(["--root-user-action=ignore", "--target"])
                .arg(&target)
                .arg("-r")
                .arg(&requirements)
                .status();
            assert!(
                installed.is_ok_and(|status| status.success()),
                "pip could not install {}",
                requirements.display()
            );
        }
        target
    })
}
