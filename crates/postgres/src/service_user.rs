//! Which operating-system user runs the embedded server: PostgreSQL refuses to run as root.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};

use nix::unistd::{Uid, User};

/// Users that a root-started program drops to, in the order they are looked for.
const CANDIDATES: [&str; 3] = ["tenantry", "postgres", "nobody"];

/// The user that the server's processes run as.
#[derive(Debug, Clone)]
pub struct ServiceUser {
    pub(crate) name: String,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) drops_privileges: bool,
}

/// Why no user can run the server.
#[derive(Debug, thiserror::Error)]
pub enum ServiceUserError {
    /// Started as root, and none of the candidates exists.
    #[error(
        "PostgreSQL does not run as root, and there is no user to run it as: \
         make one with `useradd --system tenantry`, or start tenantry as an ordinary user"
    )]
    NoCandidate,
    /// The own user has no entry in the user database, which initdb insists on.
    #[error(
        "the user with the number {0} has no name on this machine, which PostgreSQL's initdb needs: add it to /etc/passwd"
    )]
    Nameless(u32),
    /// A folder above the home keeps the service user out.
    #[error(
        "the user {user}, who runs PostgreSQL, cannot enter {folder}: \
         choose another home with --home, or run `chmod o+x {folder}`",
        folder = folder.display()
    )]
    Shut {
        /// Who is kept out.
        user: String,
        /// Where.
        folder: PathBuf,
    },
}

impl ServiceUser {
    /// The user to run as: oneself, or when started as root an unprivileged one.
    ///
    /// # Errors
    /// [`ServiceUserError::NoCandidate`] or [`ServiceUserError::Nameless`].
    pub fn choose() -> Result<Self, ServiceUserError> {
        let uid = Uid::effective();
        if !uid.is_root() {
            let user = User::from_uid(uid)
                .ok()
                .flatten()
                .ok_or(ServiceUserError::Nameless(uid.as_raw()))?;
            return Ok(ServiceUser::from_entry(user, false));
        }
        CANDIDATES
            .iter()
            .find_map(|name| User::from_name(name).ok().flatten())
            .map(|user| ServiceUser::from_entry(user, true))
            .ok_or(ServiceUserError::NoCandidate)
    }

    fn from_entry(user: User, drops_privileges: bool) -> Self {
        ServiceUser {
            name: user.name,
            uid: user.uid.as_raw(),
            gid: user.gid.as_raw(),
            drops_privileges,
        }
    }

    /// The user's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the user is one that other services share, which deserves a warning.
    pub fn is_shared(&self) -> bool {
        self.drops_privileges && self.name == "nobody"
    }

    /// Checks that the user can reach `folder`, whose ancestors must all let it through.
    ///
    /// # Errors
    /// [`ServiceUserError::Shut`] with the first folder that does not.
    pub fn check_can_enter(&self, folder: &Path) -> Result<(), ServiceUserError> {
        if !self.drops_privileges {
            return Ok(());
        }
        let mut ancestors: Vec<&Path> =
            folder.ancestors().filter(|path| !path.as_os_str().is_empty()).collect();
        ancestors.reverse();
        for path in ancestors {
            let Ok(metadata) = fs::metadata(path) else { continue };
            let needed = match () {
                () if metadata.uid() == self.uid => 0o100,
                () if metadata.gid() == self.gid => 0o010,
                () => 0o001,
            };
            if metadata.mode() & needed == 0 {
                return Err(ServiceUserError::Shut {
                    user: self.name.clone(),
                    folder: path.to_owned(),
                });
            }
        }
        Ok(())
    }

    /// Makes a folder that only this user (and root) may enter.
    pub(crate) fn make_private_folder(&self, path: &Path) -> io::Result<()> {
        use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
        match fs::DirBuilder::new().mode(0o700).create(path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let metadata = fs::symlink_metadata(path)?;
                // Somebody else's folder, or a link, would hand them our sockets or data.
                if !metadata.is_dir()
                    || (metadata.uid() != self.uid && metadata.uid() != Uid::effective().as_raw())
                {
                    return Err(io::Error::new(
                        io::ErrorKind::PermissionDenied,
                        format!("{} belongs to somebody else", path.display()),
                    ));
                }
                fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
            }
            Err(error) => return Err(error),
        }
        if self.drops_privileges {
            chown(path, Some(self.uid), Some(self.gid))?;
        }
        Ok(())
    }

    /// Makes a command run as this user.
    pub(crate) fn apply(&self, command: &mut tokio::process::Command) {
        if self.drops_privileges {
            // The standard library drops the supplementary groups together with root's number.
            command.uid(self.uid).gid(self.gid);
        }
    }
}
