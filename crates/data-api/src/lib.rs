//! The data API: PostgREST's HTTP language on one database.
//!
//! A request passes through stages, each a value that the next one takes: [`api_request::ApiRequest`]
//! (syntax), [`plan::Plan`] (meaning in the schema), [`query::Query`] (SQL), rows, a response
//! ([`respond`]). [`DataApi`] calls them in order. All but running are pure.
//!
//! This room knows relations, columns and functions. It may never know an application's name, what
//! a table means, or who may see a row: PostgreSQL does.

pub mod api_request;
mod config;
mod error;
mod fragment;
mod openapi;
pub mod plan;
pub mod query;
mod raise;
pub mod respond;
mod serve;
pub mod syntax;
mod timing;

pub use config::{DataApiConfig, Description, RoleSettings, TransactionEnd};
pub use error::{DataError, RangeError, Telling};
pub use raise::RaiseError;
pub use serve::DataApi;
