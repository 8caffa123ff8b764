//! Tables that no foreign key connects with the person, and that name them all the same.

use tenantry_postgres::quote_identifier;

use super::Work;
use crate::PersonError;
use crate::counts::{Counts, Deed};
use crate::facts::{Column, Table};
use crate::plan::{Fate, Other};
use crate::rules::auth_table;
use crate::sql;

impl Work<'_> {
    /// In rows that stay, ids and addresses of the person become null or pseudonyms, in columns and
    /// in JSON. This reads every table once: nothing else finds what nothing points at.
    pub(super) async fn forget_elsewhere(&self, counts: &mut Counts) -> Result<(), PersonError> {
        for other in &self.plan.others {
            let Some(table) = self.facts.table(&other.table) else { continue };
            if let Some(statement) = self.forget(other, table) {
                let rows = self.transaction.execute(&statement, &[]).await?;
                counts.add(&other.table, Deed::Forgotten, rows);
            }
        }
        Ok(())
    }

    /// Mails to the person go, sent or not: under another address they would still be their mails.
    pub(super) async fn drop_mails(&self, counts: &mut Counts) -> Result<(), PersonError> {
        let delete = "delete from auth.mails where lower(recipient) = any ($1)";
        let rows = self.transaction.execute(delete, &[&self.person.emails]).await?;
        counts.add(&auth_table("mails"), Deed::Erased, rows);
        Ok(())
    }

    /// Whether the column says which row of somebody else it is. The same id in it is chance, or
    /// chosen by them.
    fn is_others_key(&self, table: &Table, column: &Column) -> bool {
        let mut keys = self.facts.foreign_keys.iter();
        self.plan.is_personal(&table.name)
            || keys.any(|key| key.to == table.name && key.to_columns.contains(&column.name))
    }

    fn forget(&self, other: &Other, table: &Table) -> Option<String> {
        let columns = |names: &[String]| -> Vec<Column> {
            names.iter().filter_map(|name| table.column(name)).cloned().collect()
        };
        let (mut names, documents) = (columns(&other.names), columns(&other.documents));
        names.retain(|column| !column.in_key || !self.is_others_key(table, column));
        if names.is_empty() && documents.is_empty() {
            return None;
        }
        let named = names.iter().map(|column| {
            let quoted = quote_identifier(&column.name);
            let replacement = if column.not_null || column.array || column.in_key {
                sql::pseudonym(column)
            } else {
                "null".into()
            };
            let condition = sql::names_person(column);
            format!("{quoted} = case when {condition} then {replacement} else t.{quoted} end")
        });
        let quoted = documents.iter().map(|column| {
            let (quoted, type_name) = (quote_identifier(&column.name), &column.type_name);
            format!(
                "{quoted} = case when {} then pg_temp.person_replaced(t.{quoted}::text)::{type_name} else t.{quoted} end",
                quotes(column)
            )
        });
        let assignments: Vec<String> = named.chain(quoted).collect();
        let condition =
            sql::any(names.iter().map(sql::names_person).chain(documents.iter().map(quotes)));
        let theirs = self
            .plan
            .nodes
            .iter()
            .enumerate()
            .filter(|(_, node)| node.table == other.table && matches!(node.fate, Fate::Erase));
        let theirs: String =
            theirs.map(|(number, _)| format!("\nand not {}", sql::among(number))).collect();
        Some(format!(
            "update {} as t\nset {}\nwhere {condition}{theirs}",
            sql::table(&other.table),
            assignments.join(",\n    ")
        ))
    }
}

fn quotes(column: &Column) -> String {
    format!("pg_temp.person_quoted(t.{}::text)", quote_identifier(&column.name))
}
