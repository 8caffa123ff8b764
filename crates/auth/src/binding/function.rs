//! What a binding consists of, as values: functions and triggers, and the SQL that makes them.

use std::collections::BTreeSet;

use tenantry_app::TableName;
use tenantry_postgres::{quote_identifier, quote_literal};

/// Stands in every generated body. It changes with anything that the bodies do not show, such as
/// a function's volatility, so that an older binding is seen to differ.
const VERSION: &str = "-- Generated from the application's manifest (binding 2); changes are lost.";

/// Who may call a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Callable {
    /// Nobody but its owner: triggers call it, or other functions.
    Owner,
    /// Whoever the migration of the schema `auth` allowed; replacing keeps that.
    AsMigrated,
}

/// A `security definer` function of the schema `auth`.
#[derive(Debug, Clone)]
pub(super) struct Function {
    pub name: &'static str,
    pub arguments: &'static str,
    pub returns: &'static str,
    /// `stable`, `stable parallel safe` or nothing.
    pub volatility: &'static str,
    pub callable: Callable,
    /// From `declare` or `begin` to `end`, in PL/pgSQL.
    pub body: String,
}

impl Function {
    /// A trigger function.
    pub(super) fn trigger(name: &'static str, body: String) -> Function {
        Function {
            name,
            arguments: "",
            returns: "trigger",
            volatility: "",
            callable: Callable::Owner,
            body,
        }
    }

    fn source(&self) -> String {
        format!("\n{VERSION}\n{}\n", self.body.trim())
    }

    fn sql(&self) -> String {
        let Function { name, arguments, returns, volatility, .. } = self;
        let body = quote_literal(&self.source());
        let mut sql = format!(
            "create or replace function auth.{name}({arguments})\n\
             returns {returns}\nlanguage plpgsql\n{volatility}\nsecurity definer\n\
             set search_path = ''\nas {body};\n"
        );
        if self.callable == Callable::Owner {
            sql.push_str(&format!(
                "revoke execute on function auth.{name}({arguments}) from public;\n"
            ));
        }
        sql
    }
}

/// A row trigger.
#[derive(Debug, Clone)]
pub(super) struct Trigger {
    pub table: TableName,
    /// `insert`, `update` or `delete`, or several with `or` between them.
    pub event: &'static str,
    pub function: &'static str,
}

impl Trigger {
    /// Triggers carry the name of their function.
    fn sql(&self) -> String {
        let table = quote_table(&self.table);
        let (event, function) = (self.event, self.function);
        format!(
            "create trigger {function}\nafter {event} on {table}\nfor each row\n\
             execute function auth.{function}();\n"
        )
    }
}

/// A whole binding.
#[derive(Debug, Clone, Default)]
pub(super) struct Binding {
    pub functions: Vec<Function>,
    pub triggers: Vec<Trigger>,
}

impl Binding {
    /// The statements that make it.
    pub(super) fn sql(&self) -> String {
        let functions = self.functions.iter().map(Function::sql);
        functions.chain(self.triggers.iter().map(Trigger::sql)).collect()
    }

    /// The same texts that the query for what stands answers.
    pub(super) fn signature(&self) -> BTreeSet<String> {
        let functions =
            self.functions.iter().map(|made| format!("{} {}", made.name, made.source()));
        let triggers = self.triggers.iter().map(|made| {
            let Trigger { table, function, .. } = made;
            format!("{}.{} {function} {function}", table.schema, table.table)
        });
        functions.chain(triggers).collect()
    }
}

/// A table with its schema, quoted.
pub(super) fn quote_table(table: &TableName) -> String {
    format!("{}.{}", quote_identifier(&table.schema), quote_identifier(&table.table))
}
