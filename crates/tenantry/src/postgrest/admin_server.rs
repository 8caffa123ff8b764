//! PostgREST's administration server: whether the program lives, and whether it can answer.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use tenantry_caller::{Caller, Capability};
use tenantry_catalog::CatalogHandle;
use tenantry_postgres::{Database, Lane, RunError, Statement, Work};

/// What readiness is about.
#[derive(Clone)]
pub struct Watched {
    pub database: Database,
    pub catalog: CatalogHandle,
}

/// `/live` and `/ready`, without bodies.
pub fn router(watched: Watched) -> axum::Router {
    axum::Router::new()
        .route("/live", get(async || StatusCode::OK))
        .route("/ready", get(ready))
        .with_state(watched)
}

async fn ready(State(watched): State<Watched>) -> StatusCode {
    if watched.catalog.current().is_none() {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    let work = Work {
        lane: Lane::Read,
        search_path: "".into(),
        settings: Default::default(),
        statements: vec![Statement::new("select 1")],
        isolation: Default::default(),
        runs_user_functions: false,
    };
    // A database of somebody else's does not have the role; that it says so is answer enough.
    match watched.database.run_as(&Caller::capability(Capability::Auth), work).await {
        Ok(_) | Err(RunError::Server(_)) => StatusCode::OK,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}
