//! The body of an answer, made of rows by PostgreSQL.

use tenantry_catalog::{Function, QualifiedName, Returns};

use crate::fragment::Fragment;
use crate::plan::Handler;

/// The one column of what a function returns that is no row.
pub(super) const VALUE: &str = "tenantry_value";
/// Rows that are looked at twice.
const PAGE: &str = "tenantry_page";

/// The rows of an answer, while the statement around them is written.
pub(super) struct Page {
    pub(super) alias: String,
    is_named: bool,
}

impl Page {
    /// Writes the rows in front of the statement where they are looked at twice.
    pub(super) fn open(
        sql: &mut Fragment,
        handler: &Handler,
        rows: impl FnOnce(&mut Fragment),
    ) -> Self {
        Page::after(sql, "with ", " ", handler, rows)
    }

    /// The same behind another `with` query.
    pub(super) fn open_behind(
        sql: &mut Fragment,
        handler: &Handler,
        rows: impl FnOnce(&mut Fragment),
    ) -> Self {
        Page::after(sql, ", ", "", handler, rows)
    }

    fn after(
        sql: &mut Fragment,
        before: &str,
        behind: &str,
        handler: &Handler,
        rows: impl FnOnce(&mut Fragment),
    ) -> Self {
        let alias = sql.alias();
        let is_named = *handler == Handler::Csv;
        if is_named {
            sql.push(before).push(PAGE).push(" as (");
            rows(sql);
            sql.push(")").push(behind);
        }
        Page { alias, is_named }
    }

    /// Writes the rows, or their name, where the statement reads them.
    pub(super) fn close(&self, sql: &mut Fragment, rows: impl FnOnce(&mut Fragment)) {
        if self.is_named {
            sql.push(PAGE);
        } else {
            sql.push("(");
            rows(sql);
            sql.push(")");
        }
        sql.push(" as ").push(&self.alias);
    }
}

/// The body. `function`: whose rows or values these are, if a function's.
pub(super) fn push_body(
    sql: &mut Fragment,
    handler: &Handler,
    page: &Page,
    function: Option<&Function>,
) {
    let is_value = function.is_some_and(|function| function.returns == Returns::Value);
    let is_one = function.is_some_and(Function::returns_single);
    let alias = &page.alias;
    let row = if is_value { format!("{alias}.{VALUE}") } else { format!("{alias}.*") };
    let json = |sql: &mut Fragment, one: bool, without_nulls: bool| {
        let rows = format!("json_agg({row}){}", if one { "->0" } else { "" });
        let stripped = if without_nulls { format!("json_strip_nulls({rows})") } else { rows };
        let empty = if one { "null" } else { "[]" };
        sql.push(&format!("coalesce({stripped}, '{empty}')::text"));
    };
    match handler {
        Handler::Nothing => {
            sql.push("null");
        }
        Handler::Json => json(sql, is_one, false),
        Handler::JsonWithoutNulls => json(sql, is_one, true),
        Handler::Object { without_nulls } => {
            // A set of values has no one object, but its first value.
            json(sql, true, *without_nulls);
        }
        Handler::Csv => push_csv(sql, alias),
        Handler::GeoJson => {
            sql.push(&format!(
                "json_build_object('type', 'FeatureCollection', 'features', coalesce(json_agg(ST_AsGeoJSON({alias})::json), '[]'))::text"
            ));
        }
        Handler::Aggregate { function, of, .. } => {
            push_aggregate(sql, function, of, alias, is_value)
        }
        Handler::AsReturned { .. } => {
            sql.push(&format!("(array_agg({alias}.{VALUE}))[1]"));
        }
    }
}

/// An aggregate of the application's takes the rows as rows of its relation.
fn push_aggregate(
    sql: &mut Fragment,
    function: &QualifiedName,
    of: &Option<QualifiedName>,
    alias: &str,
    is_value: bool,
) {
    sql.qualified(function).push("(").push(alias);
    match of {
        _ if is_value => {
            sql.push(&format!(".{VALUE}"));
        }
        Some(relation) => {
            sql.push("::").qualified(relation);
        }
        None => {}
    }
    sql.push(")");
}

/// The names of the columns, then a line per row, as PostgreSQL writes rows but for the brackets.
fn push_csv(sql: &mut Fragment, alias: &str) {
    let first = sql.alias();
    sql.push(&format!(
        "coalesce((select string_agg(name, ',') from json_object_keys((select row_to_json({first}.*) from {PAGE} as {first} limit 1)) as name), '')"
    ));
    sql.push(&format!(
        " || e'\\n' || coalesce(string_agg(substring({alias}::text, 2, length({alias}::text) - 2), e'\\n'), '')"
    ));
}
