use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use crate::Erasure;

/// The copy of `auth.erasures` outside of the database, which a restore leaves alone: a line of JSON
/// for each erasure, in a file with mode 0600.
#[derive(Debug, Clone)]
pub struct Journal {
    path: PathBuf,
}

impl Journal {
    /// The journal in this file, which need not exist.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Journal { path: path.into() }
    }

    /// Every person's newest erasure, in the order of their first. A line that a crash or a full disk
    /// left unfinished is logged and passed over: its erasure is in `auth.erasures`.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(&self) -> io::Result<Vec<Erasure>> {
        let text = match std::fs::read(&self.path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(self.explain(&error)),
        };
        let mut erasures: Vec<Erasure> = Vec::new();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty()) {
            let erasure: Erasure = match serde_json::from_str(line) {
                Ok(erasure) => erasure,
                Err(error) => {
                    let place = format!("{}:{}: {error}", self.path.display(), number + 1);
                    tracing::warn!("a line of the erasures cannot be read: {place}");
                    continue;
                }
            };
            match erasures.iter_mut().find(|known| known.user_id == erasure.user_id) {
                Some(known) => *known = erasure,
                None => erasures.push(erasure),
            }
        }
        Ok(erasures)
    }

    /// Adds one, and returns when it is on the disk.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn append(&self, erasure: &Erasure) -> io::Result<()> {
        let write = || -> io::Result<()> {
            let mut file = File::options()
                .create(true)
                .read(true)
                .append(true)
                .mode(0o600)
                .open(&self.path)?;
            let end = if ends_a_line(&mut file)? { "" } else { "\n" };
            let line = format!("{end}{}\n", serde_json::to_string(erasure)?);
            file.write_all(line.as_bytes())?;
            file.sync_all()
        };
        write().map_err(|error| self.explain(&error))
    }

    fn explain(&self, error: &io::Error) -> io::Error {
        io::Error::new(error.kind(), format!("{}: {error}", self.path.display()))
    }
}

/// Whether what is appended stands on a line of its own.
fn ends_a_line(file: &mut File) -> io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Counts;

    #[test]
    fn the_newest_erasure_of_each_person_is_read() {
        let path = std::env::temp_dir().join(format!("tenantry-journal-{}", std::process::id()));
        let journal = Journal::at(&path);
        assert_eq!(journal.read().unwrap(), []);
        let erasure = |user: &str, time: &str| Erasure {
            user_id: user.into(),
            erased_at: time.into(),
            counts: Counts::default(),
        };
        for (user, time) in [("a", "1"), ("b", "2"), ("a", "3")] {
            journal.append(&erasure(user, time)).unwrap();
        }
        assert_eq!(journal.read().unwrap(), [erasure("a", "3"), erasure("b", "2")]);
        let mut file = File::options().append(true).open(&path).unwrap();
        file.write_all(b"{\"half\": ").unwrap();
        assert_eq!(journal.read().unwrap(), [erasure("a", "3"), erasure("b", "2")]);
        journal.append(&erasure("c", "4")).unwrap();
        assert_eq!(
            journal.read().unwrap(),
            [erasure("a", "3"), erasure("b", "2"), erasure("c", "4")]
        );
        std::fs::remove_file(&path).unwrap();
    }
}
