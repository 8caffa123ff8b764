//! What can be done with each relation and function.

use serde_json::{Map, Value, json};
use tenantry_catalog::{Function, Relation};

use super::parameters::filtered;
use super::{TYPES, path, reference, typed};
use crate::openapi::heading;

pub(super) fn of(relations: &[&Relation], functions: &[&Function]) -> Value {
    let mut paths = Map::new();
    paths.insert(
        "/".into(),
        json!({
            "get": {
                "tags": ["Introspection"],
                "summary": "OpenAPI description (this document)",
                "produces": ["application/openapi+json", "application/json"],
                "responses": { "200": { "description": "OK" } },
            },
        }),
    );
    for relation in relations {
        paths.insert(path(&relation.name.name), of_relation(relation));
    }
    // Of overloads the longest tells the most.
    for function in functions {
        paths.insert(format!("/rpc{}", path(&function.name.name)), of_function(function));
    }
    paths.into()
}

fn of_relation(relation: &Relation) -> Value {
    let table = &relation.name.name;
    let filters: Vec<String> =
        filtered(relation).map(|column| format!("rowFilter.{table}.{}", column.name)).collect();
    let filters: Vec<&str> = filters.iter().map(String::as_str).collect();
    let body = format!("body.{table}");
    let references = |names: &[&[&str]]| -> Vec<Value> {
        names.concat().iter().map(|name| reference("parameters", name)).collect()
    };
    let operation = |parameters: Vec<Value>, responses: Value| {
        with_heading(
            json!({ "tags": [table], "parameters": parameters, "responses": responses }),
            relation.comment.as_deref(),
        )
    };
    let page = ["select", "order", "range", "rangeUnit", "offset", "limit", "preferCount"];
    let rows = json!({ "type": "array", "items": reference("definitions", table) });
    let mut path = json!({
        "get": operation(
            references(&[&filters, &page]),
            json!({
                "200": { "description": "OK", "schema": rows },
                "206": { "description": "Partial Content" },
            }),
        ),
    });
    if relation.insertable {
        let parameters = references(&[&[&body, "select", "preferPost"]]);
        path["post"] = operation(parameters, json!({ "201": { "description": "Created" } }));
    }
    let no_content = json!({ "204": { "description": "No Content" } });
    if relation.updatable {
        let parameters = references(&[&filters, &[&body, "preferReturn"]]);
        path["patch"] = operation(parameters, no_content.clone());
    }
    if relation.deletable {
        path["delete"] = operation(references(&[&filters, &["preferReturn"]]), no_content);
    }
    path
}

fn of_function(function: &Function) -> Value {
    let named = function.arguments.iter().filter(|argument| !argument.name.is_empty());
    let properties: Map<String, Value> =
        named.clone().map(|argument| (argument.name.clone(), typed(&argument.data_type))).collect();
    let required: Vec<&str> = named
        .clone()
        .filter(|argument| !argument.has_default)
        .map(|argument| argument.name.as_str())
        .collect();
    let mut body = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        body["required"] = required.into();
    }
    if let Some(comment) = &function.comment {
        body["description"] = comment.as_str().into();
    }
    let operation = |parameters: Vec<Value>| {
        let operation = json!({
            "tags": [format!("(rpc) {}", function.name.name)],
            "parameters": parameters,
            "produces": &TYPES[..3],
            "responses": { "200": { "description": "OK" } },
        });
        with_heading(operation, function.comment.as_deref())
    };
    let in_body = json!({ "name": "args", "required": true, "in": "body", "schema": body });
    let mut path = json!({
        "post": operation(vec![in_body, json!({ "$ref": "#/parameters/preferParams" })]),
    });
    if !function.volatile {
        let in_query = named.map(|argument| {
            let mut parameter = match argument.data_type.strip_suffix("[]") {
                Some(item) if argument.variadic => json!({
                    "type": "array",
                    "collectionFormat": "multi",
                    "items": typed(item),
                }),
                _ => typed(&argument.data_type),
            };
            // JSON is a text there; a schema without a type is only valid in bodies.
            if parameter.get("type").is_none() {
                parameter["type"] = "string".into();
            }
            parameter["name"] = argument.name.as_str().into();
            parameter["in"] = "query".into();
            parameter["required"] = (!argument.has_default).into();
            parameter
        });
        path["get"] = operation(in_query.collect());
    }
    path
}

fn with_heading(mut operation: Value, comment: Option<&str>) -> Value {
    let (summary, description) = heading(comment);
    if let Some(summary) = summary {
        operation["summary"] = summary.into();
    }
    if let Some(description) = description {
        operation["description"] = description.into();
    }
    operation
}
