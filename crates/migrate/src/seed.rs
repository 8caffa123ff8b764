//! Data that an application brings: files of SQL and of JSON.

mod json;
mod rows;
mod sql;

pub use json::upsert_json_seed;
pub use sql::run_sql_seed;
