//! Statements of the engine, run as the auth capability.

use std::sync::Arc;

use tenantry_caller::{Caller, Capability};
use tenantry_postgres::{Database, Lane, RequestSettings, Rows, Statement, Work};

use crate::AuthError;
use crate::request::AuthRequest;

/// Every statement names its schema; this is for what a trigger may forget to.
const SEARCH_PATH: &str = "\"auth\"";

const ACCOUNT_JSON: &str = include_str!("../sql/account_json.sql");
const SESSION_JSON: &str = include_str!("../sql/session_json.sql");

/// The database, for the engine.
#[derive(Clone)]
pub(crate) struct Store {
    database: Database,
    caller: Caller,
    hook: Caller,
}

impl Store {
    pub(crate) fn new(database: Database) -> Self {
        Store {
            database,
            caller: Caller::capability(Capability::Auth),
            hook: Caller::capability(Capability::AccessTokenHook),
        }
    }

    /// Statements that only read.
    pub(crate) async fn read(
        &self,
        request: &AuthRequest,
        statements: Vec<Statement>,
    ) -> Result<Vec<Rows>, AuthError> {
        self.run(&self.caller, request.settings(), Lane::Read, statements).await
    }

    /// Statements that write: all or none. Triggers of the application run with them.
    pub(crate) async fn write(
        &self,
        request: &AuthRequest,
        statements: Vec<Statement>,
    ) -> Result<Vec<Rows>, AuthError> {
        self.run(&self.caller, request.settings(), Lane::Write, statements).await
    }

    /// The same, for what no request to this API asked.
    pub(crate) async fn write_unasked(
        &self,
        statements: Vec<Statement>,
    ) -> Result<Vec<Rows>, AuthError> {
        self.run(&self.caller, RequestSettings::default(), Lane::Write, statements).await
    }

    /// A call of the application's own function, with no rights but those that it was given.
    pub(crate) async fn ask_hook(
        &self,
        request: &AuthRequest,
        call: Statement,
    ) -> Result<Vec<Rows>, AuthError> {
        self.run(&self.hook, request.settings(), Lane::Write, vec![call]).await
    }

    async fn run(
        &self,
        caller: &Caller,
        settings: RequestSettings,
        lane: Lane,
        statements: Vec<Statement>,
    ) -> Result<Vec<Rows>, AuthError> {
        let wanted = statements.len();
        let work = Work {
            lane,
            search_path: Arc::from(SEARCH_PATH),
            settings,
            statements,
            // Reads call this room's own functions only; writes start the application's triggers.
            isolation: Default::default(),
            runs_user_functions: lane == Lane::Write,
        };
        let rows = self.database.run_as(caller, work).await?;
        if rows.len() == wanted { Ok(rows) } else { Err(AuthError::Unexpected("missing rows")) }
    }
}

/// A statement in which `{account}` stands for the account as JSON and `{session}` for the login
/// session.
pub(crate) fn with_account(sql: &str) -> String {
    sql.replace("{account}", ACCOUNT_JSON).replace("{session}", SESSION_JSON)
}

/// Whether the boolean column is true.
pub(crate) fn is_true(row: &tenantry_postgres::Row, column: usize) -> bool {
    row.text(column) == Some("t")
}
