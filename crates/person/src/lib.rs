//! People's rights: everything that an application holds about a person as one document
//! ([`export`]), and its erasure ([`erase`]), planned from the foreign keys of the live catalog.
//!
//! [`plan::Plan`] is pure: from the catalog's facts and the manifest's rules to sets of rows and what
//! becomes of them. Collecting, exporting and erasing run it in one transaction each, as the owner
//! of the application's tables, on a `tokio_postgres` client that the caller hands in.
//!
//! This room may never know an application's name, HTTP, or how a connection is made.

mod collect;
mod counts;
mod erase;
mod erasures;
mod error;
mod export;
pub mod facts;
mod journal;
mod person;
pub mod plan;
mod rules;
mod secret;
mod sql;

pub use counts::{Counts, Deed};
pub use erase::{Choices, Outcome, erase};
pub use erasures::{Erasure, ReplayStep, replay, settle};
pub use error::PersonError;
pub use export::export;
pub use journal::Journal;
pub use person::Who;
pub use rules::{Root, Rules};
