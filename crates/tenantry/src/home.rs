//! The home: one folder that holds everything of one installation.
//!
//! ```text
//! postgresql/   the embedded server's programs
//! data/         its data folder            run/   its Unix socket        log/   its logs
//! mail/         what would have been mailed
//! erasures/     who was erased, by application
//! secrets.toml  passwords and keys, 0600   status.json   what runs, 0600  lock   held while it runs
//! ```

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tenantry_mail::Mailbox;
use tenantry_person::Journal;

use crate::erasures::Erasures;
use crate::mail_office::MAIL_FOLDER;

/// A home folder that exists.
#[derive(Debug, Clone)]
pub struct Home {
    root: PathBuf,
}

/// Held while a program works on a home; released when it ends, however it ends.
pub struct HomeLock {
    _file: File,
}

impl Home {
    /// The home at `path`, made if it is not there.
    pub fn open(path: &Path) -> Result<Self> {
        if !path.exists() {
            let mut builder = fs::DirBuilder::new();
            // Others may pass through, so that an unprivileged PostgreSQL reaches its data; every
            // file and folder inside has rights of its own.
            builder.recursive(true).mode(0o711);
            builder.create(path).with_context(|| {
                format!("the home {} cannot be made; choose another with --home", path.display())
            })?;
        }
        let root =
            fs::canonicalize(path).with_context(|| format!("the home {}", path.display()))?;
        if !root.is_dir() {
            bail!("the home {} is not a folder; choose another with --home", root.display());
        }
        Ok(Home { root })
    }

    /// The home at `path`, which has to exist.
    pub fn existing(path: &Path) -> Result<Self> {
        if !path.is_dir() {
            bail!(
                "there is no home at {}; `tenantry up` makes one, --home names another",
                path.display()
            );
        }
        Home::open(path)
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Where the erasures of an application are remembered beside its database.
    pub fn erasures(&self, app: &str) -> Result<Erasures> {
        let folder = self.file("erasures");
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder.create(&folder).with_context(|| folder.display().to_string())?;
        Ok(Erasures {
            journal: Journal::at(folder.join(format!("{app}.jsonl"))),
            mailbox: Mailbox::new(&self.file(MAIL_FOLDER), app),
        })
    }

    /// Takes the home for this program.
    pub fn lock(&self) -> Result<HomeLock> {
        let path = self.file("lock");
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .with_context(|| {
                format!(
                    "the home {} cannot be written; choose another with --home",
                    self.root.display()
                )
            })?;
        match file.try_lock() {
            Ok(()) => Ok(HomeLock { _file: file }),
            Err(TryLockError::WouldBlock) => bail!(
                "another tenantry runs on {}; stop it, or give this one another --home",
                self.root.display()
            ),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| path.display().to_string())
            }
        }
    }

    /// Whether another program works on this home.
    pub fn is_in_use(&self) -> bool {
        File::options()
            .write(true)
            .open(self.file("lock"))
            .is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
    }

    /// Replaces a private file as a whole: after a crash or on a full disk, the old one is there.
    pub fn write_private(&self, name: &str, text: &str) -> Result<()> {
        let path = self.file(name);
        let beside = self.file(&format!("{name}.new"));
        let write = || -> io::Result<()> {
            let _ = fs::remove_file(&beside);
            let mut file =
                File::options().create_new(true).write(true).mode(0o600).open(&beside)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&beside, &path)
        };
        write().with_context(|| format!("{} cannot be written", path.display()))
    }
}
