//! The live schema as a value: read it, compare it.
//!
//! [`Catalog`] is what requests can name: relations, keys, functions. [`Fingerprint`] is the whole
//! catalog as sorted lines of text, to tell whether two databases are the same.
//!
//! This room knows PostgreSQL's catalog. It may never know HTTP, an application's name or what a
//! table means.

mod error;
mod fingerprint;
mod read;
mod relationship;
mod schema;
mod views;

pub use error::CatalogError;
pub use fingerprint::Fingerprint;
pub use relationship::{
    Cardinality, ComputedRelationship, ForeignKey, Junction, Key, KeyedRelationship, Relationship,
};
pub use schema::{
    Argument, Catalog, CatalogHandle, CatalogParts, Column, Function, MediaHandler, QualifiedName,
    Relation, RelationKind, Returns,
};
