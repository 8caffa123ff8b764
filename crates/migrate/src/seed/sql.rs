use tokio_postgres::Client;

use crate::file::SqlFile;
use crate::run::{Scope, become_ourselves, become_owner, failed_at_commit, run_all};
use crate::{MigrateError, SourceFile, Stays};

/// Runs a file of SQL in one transaction as `owner_role` (the login role without one), with
/// `settings` readable by `current_setting` until its end. Answers how many rows were inserted,
/// updated, deleted or merged by its statements.
///
/// Temporary objects of the file do not outlive it.
///
/// # Errors
/// [`MigrateError::Sql`] before anything is run, [`MigrateError::Statement`] with the place, and
/// [`MigrateError::Database`]. The database is then as it was.
pub async fn run_sql_seed(
    client: &mut Client,
    owner_role: Option<&str>,
    file: &SourceFile,
    settings: &[(&str, &str)],
) -> Result<u64, MigrateError> {
    let file = SqlFile::read(file)?;
    if file.directives.no_transaction {
        return Err(MigrateError::Directive {
            place: crate::Place::line(&file.path, 1),
            problem: "a seed runs in one transaction; remove `no transaction`".into(),
        });
    }
    let stays = || Stays::Nothing("The seed was rolled back; the database is as it was.".into());
    let doing = || MigrateError::database(format!("loading the seed {}", file.path));
    let transaction = client.transaction().await.map_err(doing())?;
    for (name, value) in settings {
        transaction
            .execute("select set_config($1, $2, true)", &[name, value])
            .await
            .map_err(doing())?;
    }
    become_owner(&transaction, owner_role, Scope::Transaction).await?;
    let changed = run_all(&transaction, &file, 0, stays).await?;
    become_ourselves(&transaction).await?;
    transaction.commit().await.map_err(|error| match error.as_db_error() {
        Some(_) => failed_at_commit(&file, &error, stays()),
        None => doing()(error),
    })?;
    client.batch_execute("discard temp").await.map_err(doing())?;
    Ok(changed)
}
