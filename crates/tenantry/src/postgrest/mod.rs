//! What makes `tenantry serve` take PostgREST's place: its settings and where they come from, its
//! rules for origins, its administration server.

pub mod admin_server;
pub mod database_settings;
pub mod origins;
pub mod serve_config;
pub mod settings;
