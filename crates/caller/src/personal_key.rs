//! Keys of people for their programs: looked up in the application's database, and remembered for
//! a moment.

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::{Caller, TokenError};

/// A key that was revoked works for so long on a server that saw it before.
const REMEMBERED: Duration = Duration::from_secs(3);
/// So many keys are remembered; a full memory starts anew.
const MOST_REMEMBERED: usize = 1000;
/// People's programs are people to the database.
const ROLE: &str = "authenticated";

/// What a look-up answers: the claims of the key's person, or nothing for a key that does not hold.
pub type LookUp<'a> =
    Pin<Box<dyn Future<Output = Result<Option<Map<String, Value>>, LookUpError>> + Send + 'a>>;

/// The keys could not be looked up. The cause is in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("keys cannot be looked up")]
pub struct LookUpError;

/// Where the keys of people are.
pub trait PersonalKeyStore: Send + Sync {
    /// The claims of the person whose key this is: `sub`, `scopes` and `api_key_id` at least.
    fn look_up<'a>(&'a self, key: &'a str) -> LookUp<'a>;
}

/// Callers by the hash of their key, since when.
type Remembered = HashMap<[u8; 32], (Instant, Caller)>;

/// The keys of one application's people.
#[derive(Clone)]
pub(crate) struct PersonalKeys {
    prefix: Arc<str>,
    store: Arc<dyn PersonalKeyStore>,
    remembered: Arc<Mutex<Remembered>>,
}

impl PersonalKeys {
    pub(crate) fn new(prefix: &str, store: Arc<dyn PersonalKeyStore>) -> Self {
        PersonalKeys { prefix: prefix.into(), store, remembered: Arc::default() }
    }

    /// Whether the text has the form of one of these keys. (A token of three parts never has.)
    pub(crate) fn claims(&self, text: &str) -> bool {
        text.starts_with(&*self.prefix) && !text.contains('.')
    }

    /// Whose key this is.
    pub(crate) async fn caller(&self, key: &str) -> Result<Caller, TokenError> {
        let hash: [u8; 32] = Sha256::digest(key).into();
        if let Some((since, caller)) = self.remembered().get(&hash)
            && since.elapsed() < REMEMBERED
        {
            return Ok(caller.clone());
        }
        let asked = Instant::now();
        let found = self.store.look_up(key).await.map_err(|_| TokenError::KeysUnavailable)?;
        let caller = found.and_then(caller).ok_or(TokenError::UnknownKey)?;
        let mut remembered = self.remembered();
        if remembered.len() >= MOST_REMEMBERED {
            remembered.clear();
        }
        remembered.insert(hash, (asked, caller.clone()));
        Ok(caller)
    }

    fn remembered(&self) -> MutexGuard<'_, Remembered> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The person, who is nobody without an id and may do everything without scopes: both must be there.
fn caller(mut claims: Map<String, Value>) -> Option<Caller> {
    let subject = claims.get("sub").and_then(Value::as_str)?.to_owned();
    claims.get("scopes").filter(|scopes| scopes.is_array())?;
    claims.insert("role".into(), ROLE.into());
    Some(Caller::verified(ROLE, &Value::Object(claims).to_string(), &subject, None))
}

impl fmt::Debug for PersonalKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PersonalKeys({}...)", self.prefix)
    }
}
