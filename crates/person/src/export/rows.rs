//! Which rows and which of their columns an export shows. Pure.

use tenantry_app::TableName;
use tenantry_postgres::quote_identifier;

use crate::Rules;
use crate::facts::{Column, Facts, Table};
use crate::plan::{Fate, Node, Other, Plan, Trail, Way};
use crate::{secret, sql};

/// A statement whose rows are one JSON object each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Query {
    /// The table.
    pub table: TableName,
    /// The text.
    pub text: String,
}

/// The statements of an export. Those of one table follow each other.
pub(super) fn queries(facts: &Facts, rules: &Rules, plan: &Plan) -> Vec<Query> {
    let reader = Reader { facts, rules, plan };
    let mut queries: Vec<Query> = Vec::new();
    for (number, node) in plan.nodes.iter().enumerate() {
        queries.extend(facts.table(&node.table).map(|table| reader.node(number, node, table)));
    }
    for trail in &plan.trails {
        queries.extend(facts.table(&trail.table).map(|table| reader.trail(trail, table)));
    }
    for other in &plan.others {
        queries.extend(facts.table(&other.table).map(|table| reader.other(other, table)));
    }
    let mut order: Vec<TableName> = Vec::new();
    for query in &queries {
        if !order.contains(&query.table) {
            order.push(query.table.clone());
        }
    }
    queries.sort_by_key(|query| order.iter().position(|table| *table == query.table));
    queries
}

struct Reader<'a> {
    facts: &'a Facts,
    rules: &'a Rules,
    plan: &'a Plan,
}

impl Reader<'_> {
    /// Rows that belong to the person whole; of those that only mention them, and may be another's,
    /// the key and what mentions them.
    fn node(&self, number: usize, node: &Node, table: &Table) -> Query {
        let among = sql::among(number);
        if node.fate == Fate::Forget && self.plan.is_personal(&node.table) {
            let mentions: Vec<String> =
                node.arrivals.iter().flat_map(|arrival| self.plan.names_owner(arrival)).collect();
            let shown = |column: &Column| column.in_key || mentions.contains(&column.name);
            return self.query(table, shown, plain, &among);
        }
        let condition = match self.own(node) {
            Some(own) if node.fate == Fate::Erase && number >= self.plan.roots => {
                format!("{among}\nand {own}")
            }
            _ => among,
        };
        self.query(table, |_| true, plain, &condition)
    }

    /// A row can hang on the person's without being theirs: a comment of somebody else on their
    /// post. It goes with the post, but it is not theirs to read out.
    fn own(&self, node: &Node) -> Option<String> {
        let direct: Vec<_> = self.plan.direct(node).collect();
        if direct.is_empty() || direct.len() == node.arrivals.len() {
            return None;
        }
        let reached = direct.iter().map(|arrival| sql::reached(arrival));
        let absent: Vec<String> = direct
            .iter()
            .flat_map(|arrival| match &arrival.way {
                Way::Named { columns } | Way::ForeignKey { columns, .. } => columns,
            })
            .map(|column| format!("t.{} is null", quote_identifier(column)))
            .collect();
        Some(sql::any(reached.chain([absent.join(" and ")])))
    }

    /// What the person did, and what was done to rows of theirs. Values of other people's rows stay
    /// out, and so does from where somebody else acted, and who.
    fn trail(&self, trail: &Trail, table: &Table) -> Query {
        let columns = |names: &[String]| -> Vec<&Column> {
            names.iter().filter_map(|name| table.column(name)).collect()
        };
        let subjects = columns(&trail.subjects);
        let acted = sql::acted(trail).unwrap_or_else(|| "false".into());
        let about = sql::any(
            subjects
                .iter()
                .map(|column| sql::is_their_row(column))
                .chain(trail.documents.iter().map(|column| sql::owns(column))),
        );
        let elsewhere: Vec<String> = subjects
            .iter()
            .map(|column| {
                let text = format!("lower(t.{}::text)", quote_identifier(&column.name));
                sql::nowhere(self.facts, &text)
            })
            .collect();
        let elsewhere = if elsewhere.is_empty() { "true".into() } else { elsewhere.join("\nand ") };
        let actor = match &trail.actor {
            Some(crate::plan::Actor::Column(name)) => Some(name.clone()),
            _ => None,
        };
        let nobody = actor
            .as_ref()
            .map_or_else(|| "false".into(), |name| format!("t.{} is null", quote_identifier(name)));
        let value = |column: &Column| {
            let shown = plain(column);
            if trail.documents.contains(&column.name) {
                format!("case when {about} or ({acted} and {elsewhere}) then {shown} end")
            } else if trail.origin.contains(&column.name) || actor.as_ref() == Some(&column.name) {
                format!("case when {acted} or {nobody} then {shown} end")
            } else {
                shown
            }
        };
        let quoted = trail
            .documents
            .iter()
            .map(|column| format!("pg_temp.person_quoted(t.{}::text)", quote_identifier(column)));
        let condition = sql::any([acted.clone(), about.clone()].into_iter().chain(quoted));
        self.query(table, |_| true, value, &condition)
    }

    /// Rows that name the person where no foreign key leads, but for those that are shown already.
    fn other(&self, other: &Other, table: &Table) -> Query {
        let names = table.columns.iter().filter(|column| other.names.contains(&column.name));
        let documents = other
            .documents
            .iter()
            .map(|column| format!("pg_temp.person_quoted(t.{}::text)", quote_identifier(column)));
        let shown = self.plan.nodes.iter().enumerate();
        let shown: String = shown
            .filter(|(_, node)| node.table == other.table)
            .map(|(number, _)| format!("\nand not {}", sql::among(number)))
            .collect();
        let condition = sql::any(names.map(sql::names_person).chain(documents)) + &shown;
        if !self.plan.is_personal(&other.table) {
            return self.query(table, |_| true, plain, &condition);
        }
        let value = |column: &Column| {
            if column.in_key {
                plain(column)
            } else {
                format!("case when {} then {} end", sql::names_person(column), plain(column))
            }
        };
        let shown = |column: &Column| column.in_key || other.names.contains(&column.name);
        self.query(table, shown, value, &condition)
    }

    fn query(
        &self,
        table: &Table,
        shown: impl Fn(&Column) -> bool,
        value: impl Fn(&Column) -> String,
        condition: &str,
    ) -> Query {
        let is_secret = |column: &Column| {
            secret::is_secret(&table.name, column)
                || self.rules.secrets.contains(&(table.name.clone(), column.name.clone()))
        };
        let columns: Vec<String> = table
            .columns
            .iter()
            .filter(|column| shown(column) && !is_secret(column))
            .map(|column| format!("{} as {}", value(column), quote_identifier(&column.name)))
            .collect();
        let text = format!(
            "select row_to_json(shown)::text\nfrom (\nselect {}\nfrom {} as t\nwhere {condition}\n) as shown",
            columns.join(",\n    "),
            sql::table(&table.name)
        );
        Query { table: table.name.clone(), text }
    }
}

fn plain(column: &Column) -> String {
    format!("t.{}", quote_identifier(&column.name))
}
