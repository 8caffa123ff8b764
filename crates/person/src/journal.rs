use std::fs::File;
use std::io::{self, Write};
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

    /// Every person's newest erasure, in the order of their first.
    ///
    /// # Errors
    /// When the file cannot be read, or a line is no erasure.
    pub fn read(&self) -> io::Result<Vec<Erasure>> {
        let text = match std::fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(self.explain(&error)),
        };
        let mut erasures: Vec<Erasure> = Vec::new();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty()) {
            let erasure: Erasure = serde_json::from_str(line).map_err(|error| {
                let place = format!("{}:{}: {error}", self.path.display(), number + 1);
                io::Error::new(io::ErrorKind::InvalidData, place)
            })?;
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
            let mut file =
                File::options().create(true).append(true).mode(0o600).open(&self.path)?;
            let line = format!("{}\n", serde_json::to_string(erasure)?);
            file.write_all(line.as_bytes())?;
            file.sync_all()
        };
        write().map_err(|error| self.explain(&error))
    }

    fn explain(&self, error: &io::Error) -> io::Error {
        io::Error::new(error.kind(), format!("{}: {error}", self.path.display()))
    }
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
        std::fs::write(&path, "{\"half\": ").unwrap();
        assert!(journal.read().unwrap_err().to_string().contains(":1: "));
        std::fs::remove_file(&path).unwrap();
    }
}
