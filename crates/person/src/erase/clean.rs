//! Copies that PostgreSQL itself keeps of a person's values.

use tenantry_app::TableName;

use super::Work;
use crate::PersonError;
use crate::counts::Counts;
use crate::sql;

const MATERIALIZED_VIEWS: &str = include_str!("../../sql/materialized_views.sql");

impl Work<'_> {
    /// Materialised views are filled again, and the planner's statistics, which quote frequent
    /// values, are drawn again.
    pub(super) async fn clean(&self, counts: &Counts) -> Result<(), PersonError> {
        for row in self.transaction.query(MATERIALIZED_VIEWS, &[]).await? {
            let view = sql::table(&TableName { schema: row.get(0), table: row.get(1) });
            self.transaction.batch_execute(&format!("refresh materialized view {view}")).await?;
        }
        for table in &self.facts.tables {
            if counts.0.contains_key(&table.name.to_string()) {
                let analyze = format!("analyze {}", sql::table(&table.name));
                self.transaction.batch_execute(&analyze).await?;
            }
        }
        Ok(())
    }
}
