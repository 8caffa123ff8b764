//! Hands rows over, and deletes what is the person's.

use tenantry_postgres::quote_identifier;

use super::Work;
use crate::PersonError;
use crate::person::Person;
use crate::plan::{Fate, Way};
use crate::sql;

impl Work<'_> {
    /// Puts the heir's id in the place of the person's, in all rows of a node.
    pub(super) async fn give(&self, number: usize, heir: &Person) -> Result<(), PersonError> {
        let node = &self.plan.nodes[number];
        for arrival in self.plan.direct(node) {
            let columns = self.plan.names_owner(arrival);
            let assignments: Vec<String> = columns
                .iter()
                .map(|name| {
                    let type_name = self.type_of(number, name);
                    format!("{} = $1::text::{type_name}", quote_identifier(name))
                })
                .collect();
            let update = format!(
                "update {} as t\nset {}\nwhere {}\nand {}",
                sql::table(&node.table),
                assignments.join(", "),
                sql::reached(arrival),
                sql::among(number)
            );
            self.transaction.execute(&update, &[&heir.id]).await?;
        }
        Ok(())
    }

    /// The error for rows of a node that block the deletion.
    pub(super) fn blocked(&self, number: usize) -> PersonError {
        let node = &self.plan.nodes[number];
        let key = node.arrivals.iter().find_map(|arrival| match &arrival.way {
            Way::ForeignKey { name, .. } => Some(name.clone()),
            Way::Named { .. } => None,
        });
        PersonError::Blocked { table: node.table.clone(), key: key.unwrap_or_default() }
    }

    /// Deletes what no cascade reaches, from the leaves up, and then the users rows with all that
    /// hangs on them.
    pub(super) async fn delete(&self) -> Result<(), PersonError> {
        for (number, node) in self.plan.nodes.iter().enumerate().rev() {
            if node.fate != Fate::Erase || number < self.plan.roots {
                continue;
            }
            for arrival in node.arrivals.iter().filter(|arrival| !arrival.cascades) {
                let delete = format!(
                    "delete from {} as t\nwhere {}",
                    sql::table(&node.table),
                    sql::reached(arrival)
                );
                self.transaction.execute(&delete, &[]).await?;
            }
        }
        for root in &self.rules.roots {
            let (table, condition) = (sql::table(&root.table), sql::is_person(&root.id));
            let delete = format!("delete from {table} as t where {condition}");
            self.transaction.execute(&delete, &[]).await?;
        }
        for root in &self.rules.roots {
            let (table, condition) = (sql::table(&root.table), sql::is_person(&root.id));
            let left = format!("select from {table} as t where {condition}");
            if self.transaction.query_opt(&left, &[]).await?.is_some() {
                return Err(PersonError::Stays(root.table.clone()));
            }
        }
        Ok(())
    }

    fn type_of(&self, number: usize, column: &str) -> String {
        let table = self.facts.table(&self.plan.nodes[number].table);
        let column = table.and_then(|table| table.column(column));
        column.map_or_else(|| "text".to_owned(), |column| column.type_name.clone())
    }
}
