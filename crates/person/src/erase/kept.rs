//! Rows that the law keeps: they stay, and nothing in them leads to the person.

use tenantry_postgres::quote_identifier;

use super::Work;
use crate::PersonError;
use crate::facts::{Column, Kind, Table};
use crate::plan::{Arrival, Fate, referring};
use crate::sql;

impl Work<'_> {
    /// The reference becomes null, every other column but those that the manifest keeps is emptied.
    pub(super) async fn pseudonymise_kept(&self) -> Result<(), PersonError> {
        // The same value gets the same pseudonym, and the salt is forgotten with this call.
        let salt = uuid::Uuid::new_v4().to_string();
        for (number, node) in self.plan.nodes.iter().enumerate() {
            let Some(table) = self.facts.table(&node.table) else { continue };
            if node.fate != Fate::Keep {
                continue;
            }
            let references = node
                .arrivals
                .iter()
                .flat_map(|arrival| self.nulled(table, arrival))
                .map(|column| format!("{} = null", quote_identifier(&column)));
            let emptied = self.emptied(table).map(|column| {
                format!("{} = {}", quote_identifier(&column.name), substitute(column))
            });
            let mut assignments: Vec<String> = references.chain(emptied).collect();
            assignments.sort();
            assignments.dedup();
            // The last line gives $1 a type where no column takes the salt.
            let update = format!(
                "update {} as t\nset {}\nwhere {}\nand $1::text is not null",
                sql::table(&node.table),
                assignments.join(",\n    "),
                sql::among(number)
            );
            self.transaction.execute(&update, &[&salt]).await?;
        }
        Ok(())
    }

    /// The columns of a foreign key that forget: those of the id, or else the first that can.
    fn nulled(&self, table: &Table, arrival: &Arrival) -> Vec<String> {
        let can = |name: &String| table.column(name).is_some_and(|column| !column.not_null);
        let named: Vec<String> = self.plan.names_owner(arrival).into_iter().filter(&can).collect();
        if !named.is_empty() {
            return named;
        }
        match &arrival.way {
            crate::plan::Way::ForeignKey { columns, .. } => {
                columns.iter().filter(|name| can(name)).take(1).cloned().collect()
            }
            crate::plan::Way::Named { .. } => Vec::new(),
        }
    }

    fn emptied<'a>(&'a self, table: &'a Table) -> impl Iterator<Item = &'a Column> {
        let referring = referring(self.facts, &table.name);
        let rule = self.rules.kept.iter().find(|kept| kept.table.value == table.name);
        let stays: Vec<&str> = rule
            .into_iter()
            .flat_map(|kept| &kept.columns)
            .map(|column| column.value.as_str())
            .collect();
        table.columns.iter().filter(move |column| {
            column.kind != Kind::Measure
                && !column.generated
                && !column.in_key
                && !referring.contains(&column.name.as_str())
                && !stays.contains(&column.name.as_str())
        })
    }
}

/// What stands in the place of a value; `$1` is a salt. Text and ids that were there are replaced
/// rather than removed, because checks may ask for one of them.
fn substitute(column: &Column) -> String {
    let quoted = quote_identifier(&column.name);
    let type_name = &column.type_name;
    if column.array {
        return format!("case when t.{quoted} is not null then '{{}}'::{type_name} end");
    }
    let digest = format!("md5($1::text || t.{quoted}::text)");
    match column.kind {
        Kind::Text => {
            let text = format!("'erased-' || {digest}");
            let text = column
                .max_length
                .map_or_else(|| text.clone(), |length| format!("left({text}, {length})"));
            format!("({text})::{type_name}")
        }
        Kind::Uuid => format!("{digest}::uuid"),
        _ if !column.not_null => "null".into(),
        Kind::Json | Kind::Jsonb => format!("'{{}}'::{type_name}"),
        Kind::Address => format!("'0.0.0.0'::{type_name}"),
        Kind::Content | Kind::Measure => format!("''::{type_name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::column;

    #[test]
    fn values_are_replaced_by_what_their_column_takes() {
        let not_null = |name, type_name| Column { not_null: true, ..column(name, type_name) };
        for (column, expected) in [
            (column("a", "text"), "('erased-' || md5($1::text || t.\"a\"::text))::text"),
            (column("a", "uuid"), "md5($1::text || t.\"a\"::text)::uuid"),
            (column("a", "jsonb"), "null"),
            (not_null("a", "jsonb"), "'{}'::jsonb"),
            (not_null("a", "inet"), "'0.0.0.0'::inet"),
            (not_null("a", "bytea"), "''::bytea"),
            (column("a", "text[]"), "case when t.\"a\" is not null then '{}'::text[] end"),
        ] {
            assert_eq!(substitute(&column), expected);
        }
        let short = Column { max_length: Some(12), ..column("a", "character varying") };
        assert!(substitute(&short).starts_with("(left('erased-' || md5("), "{short:?}");
    }
}
