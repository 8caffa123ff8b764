//! The parameters that operations share.

use serde_json::{Map, Value, json};
use tenantry_catalog::{Column, Relation};

use super::reference;
use crate::openapi::RESERVED;

pub(super) fn of(relations: &[&Relation]) -> Value {
    let mut parameters = shared();
    for relation in relations {
        let table = &relation.name.name;
        parameters.insert(
            format!("body.{table}"),
            json!({
                "name": table,
                "description": table,
                "required": false,
                "in": "body",
                "schema": reference("definitions", table),
            }),
        );
        for column in filtered(relation) {
            let mut filter = in_query(&column.name, "string");
            if let Some(comment) = &column.comment {
                filter["description"] = comment.as_str().into();
            }
            parameters.insert(format!("rowFilter.{table}.{}", column.name), filter);
        }
    }
    parameters.into()
}

/// The columns that can be filtered by.
pub(super) fn filtered(relation: &Relation) -> impl Iterator<Item = &Column> {
    relation.columns.iter().filter(|column| !RESERVED.contains(&column.name.as_str()))
}

fn in_query(name: &str, json_type: &str) -> Value {
    json!({ "name": name, "required": false, "in": "query", "type": json_type })
}

fn shared() -> Map<String, Value> {
    let described = |name: &str, description: &str| {
        let mut parameter = in_query(name, "string");
        parameter["description"] = description.into();
        (name.to_owned(), parameter)
    };
    let in_header = |key: &str, name: &str, description: &str| {
        let mut parameter =
            json!({ "name": name, "required": false, "in": "header", "type": "string" });
        parameter["description"] = description.into();
        (key.to_owned(), parameter)
    };
    let preferences = |key: &str, choices: &[&str]| {
        let (key, mut parameter) = in_header(key, "Prefer", "Preference");
        parameter["enum"] = choices.into();
        (key, parameter)
    };
    let mut units = in_header("rangeUnit", "Range-Unit", "Limiting and Pagination");
    units.1["default"] = "items".into();
    let returns = ["return=representation", "return=minimal", "return=none"];
    let resolutions = ["resolution=ignore-duplicates", "resolution=merge-duplicates"];
    Map::from_iter([
        preferences("preferReturn", &returns),
        preferences("preferCount", &["count=none"]),
        preferences("preferPost", &[&returns[..], &resolutions[..]].concat()),
        preferences("preferParams", &["params=single-object"]),
        described("select", "Filtering Columns"),
        described("on_conflict", "On Conflict"),
        described("order", "Ordering"),
        in_header("range", "Range", "Limiting and Pagination"),
        units,
        described("offset", "Limiting and Pagination"),
        described("limit", "Limiting and Pagination"),
    ])
}
