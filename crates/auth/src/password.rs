//! Passwords: hashing, and checking without telling how far it got.

use std::num::NonZero;
use std::sync::{Arc, LazyLock, OnceLock};

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use rand::TryRngCore;
use rand::rngs::OsRng;
use tenantry_app::PasswordAlgorithm;
use tokio::sync::Semaphore;

use crate::AuthError;

/// Shorter ones are guessed; bcrypt ignores what comes after 72 bytes, so nothing longer is taken.
const ALLOWED_BYTES: std::ops::RangeInclusive<usize> = 6..=72;

/// Work factor of bcrypt: two to this power.
const BCRYPT_COST: u32 = 11;

/// Each hash takes a core and, for Argon2id, 19 MiB. Half of the cores hash, whatever number of
/// applications there is, so that a storm of sign-ins leaves the others to everybody else.
static TURNS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    Arc::new(Semaphore::new(cores.div_ceil(2)))
});

/// Hashes and checks passwords without blocking the runtime.
#[derive(Clone)]
pub(crate) struct Passwords {
    algorithm: PasswordAlgorithm,
    /// The shortest that is taken, in characters.
    min_length: usize,
    /// What the password of an unknown user is compared with, so that it takes as long.
    nobody: Arc<OnceLock<String>>,
}

impl Passwords {
    pub(crate) fn new(algorithm: PasswordAlgorithm, min_length: usize) -> Self {
        Passwords { algorithm, min_length, nobody: Arc::default() }
    }

    /// Whether a new password is acceptable.
    ///
    /// # Errors
    /// [`AuthError::WeakPassword`] where it is not.
    pub(crate) fn check(&self, password: &str) -> Result<(), AuthError> {
        check_length(password)?;
        if password.chars().count() < self.min_length {
            Err(AuthError::WeakPassword)
        } else {
            Ok(())
        }
    }

    /// The hash of a new password.
    pub(crate) async fn hash(&self, password: &str) -> Result<String, AuthError> {
        let (algorithm, password) = (self.algorithm, password.to_owned());
        self.in_turn(move || hash_password(algorithm, &password)).await?
    }

    /// Whether this is the password. Without a stored hash it never is, after the same work.
    pub(crate) async fn verify(
        &self,
        password: &str,
        stored: Option<&str>,
    ) -> Result<bool, AuthError> {
        let (algorithm, nobody) = (self.algorithm, self.nobody.clone());
        let (password, stored) = (password.to_owned(), stored.map(String::from));
        self.in_turn(move || match stored.filter(|hash| is_hash(hash)) {
            Some(hash) => matches(&password, &hash),
            None => {
                let hash = nobody
                    .get_or_init(|| hash_unchecked(algorithm, "nobody has it").unwrap_or_default());
                matches(&password, hash);
                false
            }
        })
        .await
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, AuthError> {
        const STOPPED: AuthError = AuthError::Unexpected("hashing stopped");
        // The permit travels with the work: a client that hangs up does not free a core.
        let permit = TURNS.clone().acquire_owned().await.map_err(|_| STOPPED)?;
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        })
        .await
        .map_err(|_| STOPPED)
    }
}

/// Whether the length is acceptable.
///
/// # Errors
/// [`AuthError::WeakPassword`] where it is not.
fn check_length(password: &str) -> Result<(), AuthError> {
    if ALLOWED_BYTES.contains(&password.len()) { Ok(()) } else { Err(AuthError::WeakPassword) }
}

/// Hashes a password as the algorithm says: a PHC string of Argon2id (19 MiB, two passes) or
/// bcrypt. Takes tens of milliseconds and blocks.
///
/// # Errors
/// [`AuthError::WeakPassword`] for one that is shorter than 6 or longer than 72 bytes.
pub fn hash_password(algorithm: PasswordAlgorithm, password: &str) -> Result<String, AuthError> {
    check_length(password)?;
    hash_unchecked(algorithm, password)
        .ok_or(AuthError::Unexpected("the password cannot be hashed"))
}

fn hash_unchecked(algorithm: PasswordAlgorithm, password: &str) -> Option<String> {
    match algorithm {
        PasswordAlgorithm::Argon2id => {
            let mut bytes = [0_u8; 16];
            OsRng.try_fill_bytes(&mut bytes).ok()?;
            let salt = SaltString::encode_b64(&bytes).ok()?;
            let hash = Argon2::default().hash_password(password.as_bytes(), &salt);
            hash.ok().map(|hash| hash.to_string())
        }
        PasswordAlgorithm::Bcrypt => bcrypt::hash(password, BCRYPT_COST).ok(),
    }
}

/// Whether this text is a hash that can be checked; `!` and the like stand for no password.
pub(crate) fn is_hash(text: &str) -> bool {
    if is_bcrypt(text) { text.len() == 60 } else { PasswordHash::new(text).is_ok() }
}

fn is_bcrypt(text: &str) -> bool {
    ["$2a$", "$2b$", "$2x$", "$2y$"].iter().any(|prefix| text.starts_with(prefix))
}

fn matches(password: &str, hash: &str) -> bool {
    if is_bcrypt(hash) {
        return bcrypt::verify(password, hash).unwrap_or(false);
    }
    PasswordHash::new(hash)
        .is_ok_and(|parsed| Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_algorithms_are_verified_whatever_is_configured() {
        for (algorithm, prefix) in [
            (PasswordAlgorithm::Argon2id, "$argon2id$v=19$m=19456,t=2,p=1$"),
            (PasswordAlgorithm::Bcrypt, "$2b$11$"),
        ] {
            let hash = hash_password(algorithm, "correct horse").unwrap();
            assert!(hash.starts_with(prefix), "{hash}");
            assert!(is_hash(&hash));
            assert!(matches("correct horse", &hash));
            assert!(!matches("wrong horse", &hash));
        }
    }

    #[test]
    fn lengths_are_counted_in_bytes() {
        let table = [("12345", false), ("123456", true), ("ééé", true), ("éé", false)];
        assert!(hash_password(PasswordAlgorithm::Bcrypt, "nul\0inside").is_ok());
        for (password, expected) in table {
            assert_eq!(check_length(password).is_ok(), expected, "{password}");
        }
        assert!(check_length(&"a".repeat(72)).is_ok());
        assert!(check_length(&"a".repeat(73)).is_err());
    }

    #[test]
    fn what_is_no_hash_matches_nothing() {
        for stored in ["!", "", "$2b$", "$2a$12$...", "plain", "$argon2id$"] {
            assert!(!is_hash(stored), "{stored}");
            assert!(!matches("!", stored) && !matches("plain", stored), "{stored}");
        }
    }

    #[tokio::test]
    async fn an_unknown_user_has_no_password() {
        let passwords = Passwords::new(PasswordAlgorithm::Argon2id, 6);
        for stored in [None, Some("!"), Some("")] {
            assert!(!passwords.verify("nobody has it", stored).await.unwrap(), "{stored:?}");
        }
        let hash = passwords.hash("correct horse").await.unwrap();
        assert!(passwords.verify("correct horse", Some(&hash)).await.unwrap());
    }
}
