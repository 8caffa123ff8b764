//! The thin client for the caller's transaction: several statements under one `Sync`.
//!
//! No client library sends that; a `Sync` per statement doubles what PostgreSQL spends on a small
//! read (see `bench/README.md`). The stages: [`stream`] connects, [`handshake`] logs in,
//! [`conversation`] turns work into messages and replies into rows (pure), [`exclusive`] and
//! [`shared`] are the two kinds of sockets.

pub(crate) mod conversation;
pub(crate) mod exclusive;
pub(crate) mod handshake;
pub(crate) mod shared;
pub(crate) mod stream;
