//! Everything about a person as one JSON document, row by row.

mod rows;

use tenantry_app::{App, TableName};
use tokio::io::{AsyncWrite, AsyncWriteExt, BufWriter};
use tokio_postgres::{Client, IsolationLevel, Transaction};

use crate::collect::{self, Locking};
use crate::facts::Facts;
use crate::person::{self, Who};
use crate::plan::Plan;
use crate::{PersonError, Rules};
use rows::{Query, queries};

/// How many rows are held in memory at a time; one can have megabytes.
const ROWS_AT_A_TIME: i32 = 50;

/// Writes a JSON object with every row that belongs to a person or mentions them:
/// `{"application": ..., "user_id": ..., "exported_at": ..., "tables": {"public.users": [...]}}`.
/// Secrets are left out, and so is what is somebody else's in a row. `progress` hears of each table
/// with its rows when it is done. `client` may become the owner of the application's tables, and is
/// in no transaction.
///
/// # Errors
/// [`PersonError`]; `output` may then hold a part.
pub async fn export(
    client: &mut Client,
    app: &App,
    who: Who<'_>,
    output: impl AsyncWrite + Unpin,
    progress: &(dyn Fn(&TableName, u64) + Sync),
) -> Result<(), PersonError> {
    let transaction =
        client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).start().await?;
    crate::erase::begin(&transaction, app).await?;
    let rules = Rules::of(app.manifest());
    let person = person::find(&transaction, &rules, who)
        .await?
        .ok_or_else(|| PersonError::Unknown(who.text().into()))?;
    let facts = Facts::read(&transaction).await?;
    let plan = Plan::new(&facts, &rules, false)?;
    collect::collect(&transaction, &facts, &plan, &person, Locking::Leave).await?;
    let now = "select to_char(now(), 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')";
    let now: String = transaction.query_one(now, &[]).await?.get(0);

    let mut output = BufWriter::new(output);
    let head = format!(
        "{{\n\"application\": {},\n\"user_id\": {},\n\"exported_at\": {},\n\"tables\": {{",
        serde_json::Value::from(app.name()),
        serde_json::Value::from(person.id.as_str()),
        serde_json::Value::from(now),
    );
    output.write_all(head.as_bytes()).await?;
    let mut tables = Document { output: &mut output, first: true };
    let queries = queries(&facts, &rules, &plan);
    for same_table in queries.chunk_by(|one, next| one.table == next.table) {
        let mut rows = 0;
        for query in same_table {
            rows = tables.write(&transaction, query, rows).await?;
        }
        tables.end_table(rows).await?;
        if rows > 0 {
            progress(&same_table[0].table, rows);
        }
    }
    output.write_all(b"\n}\n}\n").await?;
    output.flush().await?;
    // Nothing is to stay: the temporary tables go with the transaction.
    transaction.rollback().await?;
    Ok(())
}

/// The object `tables`, while it is written.
struct Document<'a, Output> {
    output: &'a mut Output,
    first: bool,
}

impl<Output: AsyncWrite + Unpin> Document<'_, Output> {
    /// Writes the rows of a query after `rows` others of the same table; answers how many there are
    /// now.
    async fn write(
        &mut self,
        transaction: &Transaction<'_>,
        query: &Query,
        mut rows: u64,
    ) -> Result<u64, PersonError> {
        let portal = transaction.bind(&query.text, &[]).await?;
        loop {
            let batch = transaction.query_portal(&portal, ROWS_AT_A_TIME).await?;
            for row in &batch {
                self.begin_row(&query.table, rows).await?;
                self.output.write_all(row.get::<_, &str>(0).as_bytes()).await?;
                rows += 1;
            }
            if batch.is_empty() {
                return Ok(rows);
            }
        }
    }

    /// What stands before a row: the table's name where it is its first.
    async fn begin_row(&mut self, table: &TableName, rows: u64) -> Result<(), PersonError> {
        let before = match (rows, self.first) {
            (0, true) => format!("\n{}: [\n", serde_json::Value::from(table.to_string())),
            (0, false) => format!(",\n{}: [\n", serde_json::Value::from(table.to_string())),
            _ => ",\n".to_owned(),
        };
        self.first = false;
        Ok(self.output.write_all(before.as_bytes()).await?)
    }

    async fn end_table(&mut self, rows: u64) -> Result<(), PersonError> {
        if rows > 0 {
            self.output.write_all(b"\n]").await?;
        }
        Ok(())
    }
}
