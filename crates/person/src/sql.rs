//! Pieces of SQL that several statements share. Names are quoted here and nowhere else.

use tenantry_app::TableName;
use tenantry_postgres::{quote_identifier, quote_literal};

use crate::facts::{Column, Facts, Kind};
use crate::plan::{Actor, Arrival, Fate, Plan, Trail, Way};

/// The longest text that is compared with ids and addresses; longer ones cannot be either.
const LONGEST_NAME: usize = 320;

/// A table's quoted name.
pub(crate) fn table(name: &TableName) -> String {
    format!("{}.{}", quote_identifier(&name.schema), quote_identifier(&name.table))
}

/// The temporary table of a node's rows.
pub(crate) fn set(node: usize) -> String {
    format!("pg_temp.person_{node}")
}

/// Columns of `alias`, with commas between them.
pub(crate) fn columns(alias: &str, names: &[String]) -> String {
    let quoted: Vec<String> =
        names.iter().map(|name| format!("{alias}.{}", quote_identifier(name))).collect();
    quoted.join(", ")
}

/// A condition: row `t` is reached on this way.
pub(crate) fn reached(arrival: &Arrival) -> String {
    match &arrival.way {
        Way::Named { columns } => any(columns.iter().map(|column| is_person(column))),
        Way::ForeignKey { parent, columns: ours, parent_columns, .. } => format!(
            "({}) in (select {} from {} as p)",
            columns("t", ours),
            columns("p", parent_columns),
            set(*parent)
        ),
    }
}

/// A condition: the column of row `t` is the person's own id.
pub(crate) fn is_person(column: &str) -> String {
    format!("lower(t.{}::text) = (select pg_temp.person_id())", quote_identifier(column))
}

/// A condition: row `t` is among those of a node.
pub(crate) fn among(node: usize) -> String {
    among_as("t", node)
}

fn among_as(alias: &str, node: usize) -> String {
    format!(
        "({alias}.tableoid, {alias}.ctid) in (select s.tenantry_relation, s.tenantry_place from {} as s)",
        set(node)
    )
}

/// A condition: the column of row `t` is an id or an address of the person.
pub(crate) fn names_person(column: &Column) -> String {
    let quoted = quote_identifier(&column.name);
    if column.array {
        return format!(
            "exists (select from unnest(t.{quoted}::text[]) as e (value) \
             join pg_temp.person_ids as i on i.id = lower(e.value))"
        );
    }
    format!(
        "case when octet_length(t.{quoted}::text) <= {LONGEST_NAME} \
         then lower(t.{quoted}::text) in (select i.id from pg_temp.person_ids as i) end"
    )
}

/// A condition: the column of row `t` is the id of a row of the person, and of nobody else's.
pub(crate) fn is_their_row(column: &Column) -> String {
    format!(
        "lower(t.{}::text) in (select i.id from pg_temp.person_ids as i where i.of_row)",
        quote_identifier(&column.name)
    )
}

/// The pseudonym for the column of row `t`, which is an id or an address of the person.
pub(crate) fn pseudonym(column: &Column) -> String {
    let quoted = quote_identifier(&column.name);
    let type_name = &column.type_name;
    if column.array {
        return format!(
            "(select array_agg(coalesce(i.pseudonym, e.value) order by e.place) \
             from unnest(t.{quoted}::text[]) with ordinality as e (value, place) \
             left join pg_temp.person_ids as i on i.id = lower(e.value))::{type_name}"
        );
    }
    let cut = column
        .max_length
        .map_or_else(|| "i.pseudonym".to_owned(), |length| format!("left(i.pseudonym, {length})"));
    format!(
        "(select {cut} from pg_temp.person_ids as i where i.id = lower(t.{quoted}::text))::{type_name}"
    )
}

/// How a UUID is told, in lower case.
pub(crate) const UUID: &str = "'^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'";

/// A condition: no row of any table has this text as its whole key.
pub(crate) fn nowhere(facts: &Facts, text: &str) -> String {
    no_key(facts, text, |_| String::new())
}

/// A condition: no row has this text as its whole key, but for those of the person. Clients may
/// choose the ids of rows, and choose that of somebody else's row.
pub(crate) fn no_others_key(facts: &Facts, plan: &Plan, text: &str) -> String {
    no_key(facts, text, |name| {
        let theirs = plan.nodes.iter().enumerate();
        theirs
            .filter(|(_, node)| node.table == *name && node.fate != Fate::Forget)
            .map(|(number, _)| format!(" and not {}", among_as("live", number)))
            .collect()
    })
}

fn no_key(facts: &Facts, text: &str, spared: impl Fn(&TableName) -> String) -> String {
    let keys = facts.tables.iter().filter_map(|table| {
        let mut key = table.key();
        match (key.next(), key.next()) {
            (Some(only), None) if only.can_name() && !only.array => Some((table, only)),
            _ => None,
        }
    });
    let conditions: Vec<String> = keys
        .map(|(found, key)| {
            // A cast must not meet what it cannot read, in whatever order conditions are tried.
            let value = match key.kind {
                Kind::Uuid => format!("case when {text} ~ {UUID} then ({text})::uuid end"),
                _ => text.to_owned(),
            };
            format!(
                "not exists (select from {} as live where live.{} = {value}{})",
                table(&found.name),
                quote_identifier(&key.name),
                spared(&found.name)
            )
        })
        .collect();
    if conditions.is_empty() { "true".into() } else { conditions.join("\nand ") }
}

/// A condition: one of these holds.
pub(crate) fn any(conditions: impl IntoIterator<Item = String>) -> String {
    let joined: Vec<String> = conditions.into_iter().collect();
    if joined.is_empty() { "false".into() } else { format!("({})", joined.join(" or ")) }
}

/// A condition: the person acted.
pub(crate) fn acted(trail: &Trail) -> Option<String> {
    Some(match trail.actor.as_ref()? {
        Actor::Column(column) => is_person(column),
        Actor::Document { column, key } => format!(
            "lower(t.{} ->> {}) = (select pg_temp.person_id())",
            quote_identifier(column),
            quote_literal(key)
        ),
    })
}

/// A condition: the document copies rows of the person.
pub(crate) fn owns(column: &str) -> String {
    format!("pg_temp.person_owns(t.{}::jsonb)", quote_identifier(column))
}
