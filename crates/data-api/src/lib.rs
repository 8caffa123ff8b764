//! The data API: PostgREST's HTTP language on one database.
//!
//! A request passes through stages, each a value that the next one takes: [`api_request::ApiRequest`]
//! (syntax), [`plan::Plan`] (meaning in the schema), SQL ([`query`]), rows, a response
//! ([`respond`]). [`serve`] calls them in order. All but running are pure.
//!
//! This room knows relations, columns and functions. It may never know an application's name, what
//! a table means, or who may see a row: PostgreSQL does.

pub mod api_request;
mod error;
mod fragment;
pub mod plan;
mod preferences;
pub mod query;
pub mod respond;
mod serve;
pub mod syntax;

pub use error::DataError;
pub use preferences::{Count, Preferences, Representation, Resolution};
pub use serve::{DataApi, DataApiConfig};
