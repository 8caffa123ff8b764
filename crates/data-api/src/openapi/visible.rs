//! What of a schema a caller may use: PostgreSQL says.

use std::collections::HashSet;

use serde::Deserialize;
use tenantry_caller::Caller;
use tenantry_postgres::{Database, Lane, RequestSettings, Statement, Work};

use crate::api_request::ApiRequest;
use crate::config::{DataApiConfig, Description};
use crate::error::DataError;
use crate::query::search_path;

/// The schema's comment, and the names of what may be used.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Visible {
    pub(super) comment: Option<String>,
    relations: HashSet<String>,
    functions: HashSet<String>,
    /// Whether rights do not matter.
    #[serde(skip)]
    everything: bool,
}

impl Visible {
    /// Asks as the caller.
    pub(crate) async fn read(
        database: &Database,
        caller: &Caller,
        config: &DataApiConfig,
        request: &ApiRequest,
        settings: RequestSettings,
    ) -> Result<Self, DataError> {
        let statement =
            Statement::new(include_str!("visible.sql")).bind(request.schema.clone().into_bytes());
        let work = Work {
            lane: Lane::Read,
            search_path: search_path(request, config),
            settings,
            statements: vec![statement],
            isolation: Default::default(),
            runs_user_functions: false,
        };
        let rows = database.run_as(caller, work).await?;
        let text = rows.first().and_then(|rows| rows.first()?.text(0)).unwrap_or("{}");
        let found: Visible = serde_json::from_str(text).unwrap_or_default();
        let everything = config.description == Description::IgnorePrivileges;
        Ok(Visible { everything, ..found })
    }

    pub(super) fn relation(&self, name: &str) -> bool {
        self.everything || self.relations.contains(name)
    }

    pub(super) fn function(&self, name: &str) -> bool {
        self.everything || self.functions.contains(name)
    }
}
