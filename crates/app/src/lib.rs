//! What an application is: a folder of SQL with a manifest, read from disk or built into a program.
//!
//! An [`App`] is the manifest and the files. The manifest binds capabilities (identity, for now) to
//! the application's own tables and columns; [`Manifest::check_against`] holds it to the live
//! database.
//!
//! This room knows files and names. It may never know HTTP, a connection, or what a particular
//! application means: no application's name stands here.

mod app;
mod columns;
mod error;
mod facts;
mod files;
mod location;
pub mod manifest;
mod roles;
mod table_name;

pub use app::App;
pub use columns::{BoundColumns, SessionColumn, UserColumn};
pub use error::{AppError, Problem, Problems};
pub use facts::{CatalogFacts, ColumnFacts, FunctionFacts};
pub use location::Located;
pub use manifest::{
    Administration, Administrator, ApiKeys, Audit, Demo, Identity, IdentityOptions, KeptTable,
    Manifest, PasswordAlgorithm, PersonRules, RoleTables, Seed, SessionTable, StoredTemplates,
    TenantTable,
};
pub use roles::{analyst_role, owner_role, server_role};
pub use table_name::{FunctionName, TableName};
