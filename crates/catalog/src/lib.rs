//! The live schema as a value: read it, compare it.
//!
//! [`Fingerprint`] is the whole catalog as sorted lines of text, to tell whether two databases are
//! the same.
//!
//! This room knows PostgreSQL's catalog. It may never know HTTP, an application's name or what a
//! table means.

mod error;
mod fingerprint;

pub use error::CatalogError;
pub use fingerprint::Fingerprint;
