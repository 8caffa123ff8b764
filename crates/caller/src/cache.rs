//! Signatures that were found good: checking one costs more than a point read's parsing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use crate::verify::Verified;

/// Verified tokens by their hash; the tokens themselves are not kept.
pub(crate) struct TokenCache {
    most: usize,
    verified: Mutex<HashMap<[u8; 32], Arc<Verified>>>,
}

impl TokenCache {
    pub(crate) fn new(most: usize) -> Self {
        TokenCache { most, verified: Mutex::default() }
    }

    /// How many tokens it keeps at most.
    pub(crate) fn most(&self) -> usize {
        self.most
    }

    pub(crate) fn get(&self, token: &str) -> Option<Arc<Verified>> {
        if self.most == 0 {
            return None;
        }
        self.lock().get(&hash(token)).cloned()
    }

    /// Keeps one more. A full cache starts anew: what is used is back at once.
    pub(crate) fn insert(&self, token: &str, verified: &Arc<Verified>) {
        if self.most == 0 {
            return;
        }
        let mut cache = self.lock();
        if cache.len() >= self.most {
            cache.clear();
        }
        cache.insert(hash(token), verified.clone());
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<[u8; 32], Arc<Verified>>> {
        self.verified.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for TokenCache {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "TokenCache({} at most)", self.most)
    }
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}
