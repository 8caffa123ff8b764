//! How often one client, or one address, may ask: token buckets in the program's memory.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Beyond so many keys, those whose buckets are full again are forgotten.
const MOST_KEYS: usize = 50_000;

/// Buckets of one size, one for each key.
#[derive(Debug)]
pub(crate) struct Buckets<Key> {
    size: f64,
    /// The time in which one token comes back.
    refill: Duration,
    buckets: Mutex<HashMap<Key, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl<Key: Eq + Hash> Buckets<Key> {
    /// Buckets of `size` tokens, all of which come back within `period`.
    pub(crate) fn new(size: u32, period: Duration) -> Self {
        let refill = period.checked_div(size).unwrap_or(period);
        Buckets { size: f64::from(size), refill, buckets: Mutex::default() }
    }

    /// Takes a token of the key.
    ///
    /// # Errors
    /// The time until the next one comes.
    pub(crate) fn take(&self, key: Key) -> Result<(), Duration> {
        self.take_at(key, Instant::now())
    }

    fn take_at(&self, key: Key, now: Instant) -> Result<(), Duration> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MOST_KEYS {
            buckets.retain(|_, bucket| self.tokens(bucket, now) < self.size);
        }
        let bucket = buckets.entry(key).or_insert(Bucket { tokens: self.size, at: now });
        let tokens = self.tokens(bucket, now);
        if tokens < 1.0 {
            return Err(self.refill.mul_f64(1.0 - tokens));
        }
        *bucket = Bucket { tokens: tokens - 1.0, at: now };
        Ok(())
    }

    fn tokens(&self, bucket: &Bucket, now: Instant) -> f64 {
        if self.refill.is_zero() {
            return self.size;
        }
        let passed = now.saturating_duration_since(bucket.at);
        (bucket.tokens + passed.as_secs_f64() / self.refill.as_secs_f64()).min(self.size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_come_back_one_by_one() {
        let buckets = Buckets::new(3, Duration::from_secs(300));
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        for _ in 0..3 {
            assert_eq!(buckets.take_at("a", start), Ok(()));
        }
        assert_eq!(buckets.take_at("a", start), Err(Duration::from_secs(100)));
        assert_eq!(buckets.take_at("b", start), Ok(()), "each key has its own");
        assert_eq!(buckets.take_at("a", after(40)).unwrap_err().as_secs(), 60);
        assert_eq!(buckets.take_at("a", after(101)), Ok(()));
        assert!(buckets.take_at("a", after(102)).is_err());
        for _ in 0..3 {
            assert_eq!(buckets.take_at("a", after(10_000)), Ok(()), "never more than the size");
        }
        assert!(buckets.take_at("a", after(10_000)).is_err());
    }
}
