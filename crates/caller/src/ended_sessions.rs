//! Login sessions that ended before their access tokens did.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::verify::now_seconds;

/// The login sessions whose tokens are refused although they have not expired. Clones share them.
#[derive(Clone, Default)]
pub struct EndedSessions {
    /// By id, when it was heard of, in seconds since the epoch.
    sessions: Arc<RwLock<HashMap<Box<str>, i64>>>,
}

impl EndedSessions {
    /// Refuses the tokens of these sessions from now on.
    pub fn add<'a>(&self, ids: impl IntoIterator<Item = &'a str>) {
        let now = now_seconds();
        let mut sessions = self.sessions.write().unwrap_or_else(PoisonError::into_inner);
        sessions.extend(ids.into_iter().map(|id| (id.into(), now)));
    }

    /// Forgets those that were heard of more than so many seconds ago: no token of theirs is valid
    /// any more.
    pub fn forget(&self, seconds: i64) {
        let first = now_seconds() - seconds;
        let mut sessions = self.sessions.write().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|_, heard| *heard >= first);
    }

    pub(crate) fn contains(&self, id: &str) -> bool {
        self.sessions.read().unwrap_or_else(PoisonError::into_inner).contains_key(id)
    }
}

impl std::fmt::Debug for EndedSessions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("EndedSessions")
    }
}
