//! Runs the statements of a file and turns a refusal into an error with its place.

use tenantry_postgres::quote_identifier;
use tokio_postgres::error::{DbError, ErrorPosition};
use tokio_postgres::{GenericClient, SimpleQueryMessage};

use crate::failure::describe;
use crate::file::{SqlFile, Statement};
use crate::refused::words;
use crate::{MigrateError, Place, StatementError, Stays};

const LONGEST_EXCERPT: usize = 160;

/// Makes what follows belong to the owner: until the end of the transaction, or of the session.
pub(crate) async fn become_owner(
    client: &impl GenericClient,
    owner_role: Option<&str>,
    scope: Scope,
) -> Result<(), MigrateError> {
    let Some(role) = owner_role else { return Ok(()) };
    let command = match scope {
        Scope::Transaction => format!("set local role {}", quote_identifier(role)),
        Scope::Session => format!("set role {}", quote_identifier(role)),
    };
    let doing = format!("becoming the role {role}");
    client.batch_execute(&command).await.map_err(MigrateError::database(doing))
}

/// How long a role is kept.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scope {
    Transaction,
    Session,
}

/// Undoes [`become_owner`] and every setting that a file made, so that neither the ledger nor the
/// next file runs under them.
pub(crate) async fn become_ourselves(client: &impl GenericClient) -> Result<(), MigrateError> {
    let doing = "going back to the login role";
    client.batch_execute("reset role; reset all").await.map_err(MigrateError::database(doing))
}

/// Runs all statements and answers how many rows they inserted, updated, deleted or merged.
pub(crate) async fn run_all(
    client: &impl GenericClient,
    file: &SqlFile,
    skip: usize,
    stays: impl Fn() -> Stays + Send + Sync,
) -> Result<u64, MigrateError> {
    let mut changed = 0;
    for statement in file.statements().skip(skip) {
        changed += run(client, statement, &stays).await?;
    }
    Ok(changed)
}

/// Runs one statement and answers how many rows it changed.
pub(crate) async fn run(
    client: &impl GenericClient,
    statement: Statement<'_>,
    stays: impl Fn() -> Stays + Send,
) -> Result<u64, MigrateError> {
    let messages = client
        .simple_query(statement.text)
        .await
        .map_err(|error| MigrateError::Statement(Box::new(failed(statement, &error, stays()))))?;
    Ok(rows_changed(statement.text, &messages))
}

/// A statement that answers rows has only read them, as far as it can be told from outside.
fn rows_changed(statement: &str, messages: &[SimpleQueryMessage]) -> u64 {
    let words = words(statement);
    let first = words.first().map_or("", String::as_str);
    let changes = ["insert", "update", "delete", "merge"];
    let is_change = changes.contains(&first)
        || (first == "with" && words.iter().any(|word| changes.contains(&word.as_str())));
    let count = |message: &SimpleQueryMessage| match message {
        SimpleQueryMessage::CommandComplete(count) => *count,
        _ => 0,
    };
    if is_change { messages.iter().map(count).sum() } else { 0 }
}

fn failed(statement: Statement<'_>, error: &tokio_postgres::Error, stays: Stays) -> StatementError {
    let place = match error.as_db_error().and_then(DbError::position) {
        Some(ErrorPosition::Original(position)) => statement.place_of_character(*position),
        _ => statement.place(),
    };
    statement_error(place, excerpt(statement.text), error, stays)
}

/// A refusal that belongs to no statement but to the end of the file: a deferred constraint.
pub(crate) fn failed_at_commit(
    file: &SqlFile,
    error: &tokio_postgres::Error,
    stays: Stays,
) -> MigrateError {
    let statement = "commit (a deferred constraint is checked here)".into();
    MigrateError::Statement(Box::new(statement_error(file.last_place(), statement, error, stays)))
}

pub(crate) fn statement_error(
    place: Place,
    statement: String,
    error: &tokio_postgres::Error,
    stays: Stays,
) -> StatementError {
    let server = error.as_db_error();
    StatementError {
        place,
        statement,
        code: server.map(|server| server.code().code().into()),
        message: server.map_or_else(|| describe(error), |server| server.message().into()),
        detail: server.and_then(DbError::detail).map(Into::into),
        hint: server.and_then(DbError::hint).map(Into::into),
        context: server.and_then(context),
        stays,
    }
}

/// Where inside a function it happened, with the query that the function was running.
fn context(server: &DbError) -> Option<String> {
    let inner = match server.position() {
        Some(ErrorPosition::Internal { query, .. }) => Some(format!("query: {}", excerpt(query))),
        _ => None,
    };
    let parts: Vec<String> = inner.into_iter().chain(server.where_().map(Into::into)).collect();
    (!parts.is_empty()).then(|| parts.join("\n"))
}

/// The first line of a text, shortened.
fn excerpt(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or("").trim_end();
    let mut short: String = line.chars().take(LONGEST_EXCERPT).collect();
    if short.len() < text.trim().len() {
        short.push_str(" ...");
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excerpts_are_one_short_line() {
        for (text, expected) in [
            ("select 1", "select 1".to_owned()),
            ("create table t (\n  a int\n)", "create table t ( ...".into()),
            (&"x".repeat(200), format!("{} ...", "x".repeat(160))),
        ] {
            assert_eq!(excerpt(text), expected);
        }
    }

    #[test]
    fn only_changes_count_as_changed_rows() {
        let five = [SimpleQueryMessage::CommandComplete(5)];
        for (statement, expected) in [
            ("insert into t values (1)", 5),
            ("WITH a AS (select 1) UPDATE t set b = 1", 5),
            ("merge into t using s on true when matched then delete", 5),
            ("select 'insert'", 0),
            ("create temp table t as select 1", 0),
            ("with a as (select 1) select 'update'", 0),
        ] {
            assert_eq!(rows_changed(statement, &five), expected, "{statement}");
        }
    }
}
