use std::collections::BTreeSet;

use tenantry_postgres::quote_identifier;
use tokio_postgres::{Client, Transaction};

use super::rows::{SeedGroup, SeedRow, read};
use crate::run::{Scope, become_owner, statement_error};
use crate::{MigrateError, Place, SourceFile, Stays};

/// Upserts a JSON array of objects into `table` (`schema.table`) in one transaction as
/// `owner_role` (the login role without one). A row with the same `key` is updated where a named
/// column differs; columns that an object does not name keep their value, or get their default.
/// Answers how many rows were inserted or updated.
///
/// # Errors
/// [`MigrateError::Json`] and [`MigrateError::SeedTable`] before anything is run,
/// [`MigrateError::Statement`] with the line of the row that was refused, and
/// [`MigrateError::Database`]. The database is then as it was.
pub async fn upsert_json_seed(
    client: &mut Client,
    owner_role: Option<&str>,
    table: &str,
    key: &[String],
    file: &SourceFile,
) -> Result<u64, MigrateError> {
    let groups = read(file, key)?;
    let doing = || MigrateError::database(format!("loading the seed {}", file.path));
    let mut transaction = client.transaction().await.map_err(doing())?;
    become_owner(&transaction, owner_role, Scope::Transaction).await?;
    let table = Table::find(&transaction, table, key, file).await?;
    let mut changed = 0;
    for group in &groups {
        table.refuse_unknown_columns(group)?;
        changed += table.upsert(&mut transaction, group, key).await?;
    }
    transaction.commit().await.map_err(doing())?;
    Ok(changed)
}

/// A table that exists, with its columns.
struct Table {
    name: String,
    quoted: String,
    columns: BTreeSet<String>,
}

impl Table {
    async fn find(
        transaction: &Transaction<'_>,
        name: &str,
        key: &[String],
        file: &SourceFile,
    ) -> Result<Table, MigrateError> {
        const COLUMNS: &str = "select array_agg(attname::text)
            from pg_attribute
            where attrelid = to_regclass($1) and attnum > 0 and not attisdropped";
        let quoted = name.splitn(2, '.').map(quote_identifier).collect::<Vec<_>>().join(".");
        let doing = || MigrateError::database(format!("reading the columns of {name}"));
        let row = transaction.query_one(COLUMNS, &[&quoted]).await.map_err(doing())?;
        let columns: Option<Vec<String>> = row.try_get(0).map_err(doing())?;
        let wrong =
            |problem| MigrateError::SeedTable { place: Place::line(&file.path, 1), problem };
        let Some(columns) = columns else {
            return Err(wrong(format!("there is no table {name} for this seed; migrate first")));
        };
        let table = Table { name: name.into(), quoted, columns: columns.into_iter().collect() };
        if key.is_empty() {
            return Err(wrong(
                "the seed names no key; name the columns that tell rows apart".into(),
            ));
        }
        match key.iter().find(|column| !table.columns.contains(*column)) {
            Some(column) => Err(wrong(format!("{name} has no column {column} to be the key"))),
            None => Ok(table),
        }
    }

    fn refuse_unknown_columns(&self, group: &SeedGroup) -> Result<(), MigrateError> {
        let unknown = group.columns.difference(&self.columns).next().zip(group.rows.first());
        match unknown {
            Some((column, row)) => Err(MigrateError::SeedTable {
                place: row.place.clone(),
                problem: format!("{} has no column {column}; correct or remove it", self.name),
            }),
            None => Ok(()),
        }
    }

    /// All rows at once, so that they may refer to each other in any order. When they are refused,
    /// they are tried one by one to find the line.
    async fn upsert(
        &self,
        transaction: &mut Transaction<'_>,
        group: &SeedGroup,
        key: &[String],
    ) -> Result<u64, MigrateError> {
        let sql = upsert_sql(&self.quoted, &group.columns, key);
        let texts: Vec<&str> = group.rows.iter().map(|row| row.text.as_str()).collect();
        let together = format!("[{}]", texts.join(","));
        match attempt(transaction, &sql, &together).await {
            Ok(changed) => Ok(changed),
            Err(error) => Err(self.find_refused_row(transaction, group, &sql, &error).await),
        }
    }

    async fn find_refused_row(
        &self,
        transaction: &mut Transaction<'_>,
        group: &SeedGroup,
        sql: &str,
        error: &tokio_postgres::Error,
    ) -> MigrateError {
        for row in &group.rows {
            let alone = format!("[{}]", row.text);
            if let Err(refused) = attempt(transaction, sql, &alone).await
                && refused.code() == error.code()
            {
                return self.refused(row, &refused);
            }
        }
        match group.rows.first() {
            Some(row) => self.refused(row, error),
            None => MigrateError::SeedTable {
                place: Place::line(&self.name, 1),
                problem: error.to_string(),
            },
        }
    }

    fn refused(&self, row: &SeedRow, error: &tokio_postgres::Error) -> MigrateError {
        let stays = Stays::Nothing("The seed was rolled back; the database is as it was.".into());
        let statement = format!("upsert of this row into {}", self.name);
        MigrateError::Statement(Box::new(statement_error(
            row.place.clone(),
            statement,
            error,
            stays,
        )))
    }
}

/// Runs the upsert behind a savepoint, so that the transaction survives a refusal.
async fn attempt(
    transaction: &mut Transaction<'_>,
    sql: &str,
    rows: &str,
) -> Result<u64, tokio_postgres::Error> {
    let savepoint = transaction.transaction().await?;
    let changed = savepoint.execute(sql, &[&rows]).await?;
    savepoint.commit().await?;
    Ok(changed)
}

/// The statement; its one parameter is the JSON array. Values are compared as JSON, because types
/// such as `json` have no equality of their own.
fn upsert_sql(quoted_table: &str, columns: &BTreeSet<String>, key: &[String]) -> String {
    let list = |prefix: &str, columns: &[&String]| {
        let quoted: Vec<String> =
            columns.iter().map(|column| format!("{prefix}{}", quote_identifier(column))).collect();
        quoted.join(", ")
    };
    let all: Vec<&String> = columns.iter().collect();
    let others: Vec<&String> = columns.iter().filter(|column| !key.contains(*column)).collect();
    let names = list("", &all);
    let keys = list("", &key.iter().collect::<Vec<_>>());
    let sets: Vec<String> = others
        .iter()
        .map(|column| format!("{0} = excluded.{0}", quote_identifier(column)))
        .collect();
    let action = if others.is_empty() {
        "nothing".to_owned()
    } else {
        format!(
            "update\nset {}\nwhere to_jsonb(row({})) is distinct from to_jsonb(row({}))",
            sets.join(", "),
            list("target.", &others),
            list("excluded.", &others)
        )
    };
    format!(
        "insert into {quoted_table} as target ({names})\n\
         select {names}\n\
         from jsonb_populate_recordset(null::{quoted_table}, $1::text::jsonb)\n\
         on conflict ({keys}) do {action}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upserts_touch_only_what_differs() {
        let columns = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        let sql = upsert_sql("\"s\".\"t\"", &columns(&["code", "na\"me"]), &["code".into()]);
        let expected = r#"insert into "s"."t" as target ("code", "na""me")
select "code", "na""me"
from jsonb_populate_recordset(null::"s"."t", $1::text::jsonb)
on conflict ("code") do update
set "na""me" = excluded."na""me"
where to_jsonb(row(target."na""me")) is distinct from to_jsonb(row(excluded."na""me"))"#;
        assert_eq!(sql, expected);
        let sql = upsert_sql("\"t\"", &columns(&["a", "b"]), &["b".into(), "a".into()]);
        assert!(sql.ends_with("on conflict (\"b\", \"a\") do nothing"), "{sql}");
    }
}
