//! What can be done with each relation and function.

use serde_json::{Map, Value, json};
use tenantry_catalog::{Column, Function, Relation};

use super::Keys;
use super::schemas::{self, reference};
use crate::api_request::query_string::encode;
use crate::openapi::{Exposed, RESERVED, heading};

/// Every path with its operations.
pub(super) fn paths(exposed: &Exposed<'_>, keys: &mut Keys) -> Value {
    let mut paths = Map::new();
    paths.insert("/".into(), json!({ "get": describe(keys) }));
    for relation in &exposed.relations {
        let path = format!("/{}", encode(&relation.name.name));
        paths.insert(path, of_relation(exposed, keys, relation));
    }
    for overloads in exposed.functions.chunk_by(|one, next| one.name == next.name) {
        let path = format!("/rpc/{}", encode(&overloads[0].name.name));
        paths.insert(path, of_function(exposed, keys, overloads));
    }
    paths.into()
}

/// The parameters that operations share.
pub(super) fn parameters(exposed: &Exposed<'_>, keys: &Keys) -> Value {
    let in_query = |name: &str, json_type: &str, description: &str| {
        let parameter = json!({
            "name": name,
            "in": "query",
            "description": description,
            "schema": { "type": json_type },
        });
        (name.to_owned(), parameter)
    };
    let in_header = |key: &str, name: &str, schema: Value, description: &str| {
        let parameter = json!({
            "name": name,
            "in": "header",
            "description": description,
            "schema": schema,
        });
        (key.to_owned(), parameter)
    };
    let text = || json!({ "type": "string" });
    let schemas = json!({ "type": "string", "enum": exposed.config.schemas });
    let mut parameters = Map::from_iter([
        in_query(
            "select",
            "string",
            "Columns and embedded relations, such as `id,name,parent(name)`",
        ),
        in_query(
            "order",
            "string",
            "Columns with directions, such as `name.asc,id.desc.nullslast`",
        ),
        in_query("limit", "integer", "The most rows"),
        in_query("offset", "integer", "How many rows are left out first"),
        in_query("and", "string", "Conditions that all hold, such as `(a.gt.1,b.is.null)`"),
        in_query("or", "string", "Conditions of which one holds, such as `(a.gt.1,b.is.null)`"),
        in_query("columns", "string", "The columns that are taken from the body"),
        in_query("on_conflict", "string", "The columns that say which rows are the same"),
        in_header(
            "preferRead",
            "Prefer",
            text(),
            "`count=exact`, `count=planned` or `count=estimated`; `handling=strict`; `timezone=...`",
        ),
        in_header(
            "preferInsert",
            "Prefer",
            text(),
            "`return=representation`, `return=minimal` or `return=headers-only`; `resolution=merge-duplicates` or `resolution=ignore-duplicates`; `missing=default`; `count=exact`; `tx=rollback`",
        ),
        in_header(
            "preferChange",
            "Prefer",
            text(),
            "`return=representation`, `return=minimal` or `return=headers-only`; `max-affected=...` with `handling=strict`; `count=exact`; `tx=rollback`",
        ),
        in_header("acceptProfile", "Accept-Profile", schemas.clone(), "The schema that is read"),
        in_header(
            "contentProfile",
            "Content-Profile",
            schemas,
            "The schema that is written or called",
        ),
    ]);
    for relation in &exposed.relations {
        for column in filtered(relation) {
            let described = match &column.comment {
                Some(comment) => format!("{comment}\n\n"),
                None => String::new(),
            };
            let parameter = json!({
                "name": column.name,
                "in": "query",
                "description": format!("{described}An operator and a value, such as `eq.1`, `in.(1,2)` or `not.is.null`"),
                "schema": { "type": "string" },
            });
            parameters.insert(filter_key(keys, relation, column), parameter);
        }
    }
    parameters.into()
}

/// The columns that can be filtered by.
fn filtered(relation: &Relation) -> impl Iterator<Item = &Column> {
    relation.columns.iter().filter(|column| !RESERVED.contains(&column.name.as_str()))
}

fn filter_key(keys: &Keys, relation: &Relation, column: &Column) -> String {
    let relation_key = keys.relation(&relation.name.name).unwrap_or_default();
    let place = relation.columns.iter().position(|other| other.name == column.name);
    format!("{relation_key}.filter.{}", place.unwrap_or_default() + 1)
}

fn shared(names: &[&str]) -> Vec<Value> {
    names.iter().map(|name| json!({ "$ref": format!("#/components/parameters/{name}") })).collect()
}

fn describe(keys: &mut Keys) -> Value {
    json!({
        "operationId": keys.unique("describe"),
        "summary": "This description",
        "parameters": [{
            "name": "openapi",
            "in": "query",
            "description": "The version of OpenAPI",
            "schema": { "type": "string", "enum": ["2.0", "3.1"], "default": "2.0" },
        }],
        "responses": {
            "200": {
                "description": "The description",
                "content": { "application/openapi+json": { "schema": { "type": "object" } } },
            },
            "default": failure(),
        },
    })
}

fn failure() -> Value {
    json!({ "$ref": "#/components/responses/Error" })
}

fn of_relation(exposed: &Exposed<'_>, keys: &mut Keys, relation: &Relation) -> Value {
    let name = &relation.name.name;
    let key = keys.relation(name).unwrap_or_default().to_owned();
    let filters: Vec<Value> = filtered(relation)
        .map(|column| filter_key(keys, relation, column))
        .map(|key| json!({ "$ref": format!("#/components/parameters/{key}") }))
        .collect();
    let has_schemas = exposed.config.schemas.len() > 1;
    let profile = |name: &'static str| if has_schemas { shared(&[name]) } else { Vec::new() };
    let mut operation = |verb: &str, parameters: Vec<Vec<Value>>, responses: Value| {
        let mut operation = json!({
            "operationId": keys.unique(&format!("{verb}_{name}")),
            "tags": [name],
            "parameters": parameters.concat(),
            "responses": responses,
        });
        let (summary, description) = heading(relation.comment.as_deref());
        tell(&mut operation, summary, description);
        operation
    };
    let rows = rows(&reference(&key));
    let page = shared(&["and", "or", "select", "order", "limit", "offset", "preferRead"]);
    let mut path = json!({
        "get": operation(
            "read",
            vec![filters.clone(), page, profile("acceptProfile")],
            json!({
                "200": { "description": "The rows", "content": rows },
                "206": { "description": "Some of the rows", "content": rows },
                "default": failure(),
            }),
        ),
    });
    let changes = |filters: &Vec<Value>| {
        vec![
            filters.clone(),
            shared(&["and", "or", "select", "preferChange"]),
            profile("contentProfile"),
        ]
    };
    let changed = json!({
        "200": { "description": "The rows", "content": rows },
        "204": { "description": "Done" },
        "default": failure(),
    });
    if relation.insertable {
        let parameters = vec![
            shared(&["select", "columns", "on_conflict", "preferInsert"]),
            profile("contentProfile"),
        ];
        path["post"] = operation(
            "insert",
            parameters,
            json!({
                "200": { "description": "Rows that were there were updated", "content": rows },
                "201": { "description": "Inserted; the rows where they were asked for", "content": rows },
                "default": failure(),
            }),
        );
        let one = reference(&format!("{key}.insert"));
        path["post"]["requestBody"] = json!({
            "required": true,
            "content": {
                "application/json": {
                    "schema": { "anyOf": [one, { "type": "array", "items": one }] },
                },
                "text/csv": { "schema": { "type": "string" } },
            },
        });
    }
    if relation.updatable {
        path["patch"] = operation("update", changes(&filters), changed.clone());
        path["patch"]["requestBody"] = json_body(reference(&format!("{key}.update")));
    }
    if relation.deletable {
        path["delete"] = operation("delete", changes(&filters), changed);
    }
    path
}

/// Rows as JSON. The other media types are not described: clients would be typed by all of them.
fn rows(row: &Value) -> Value {
    json!({ "application/json": { "schema": { "type": "array", "items": row } } })
}

fn json_body(schema: Value) -> Value {
    json!({ "required": true, "content": { "application/json": { "schema": schema } } })
}

fn of_function(exposed: &Exposed<'_>, keys: &mut Keys, overloads: &[&Function]) -> Value {
    let name = &overloads[0].name.name;
    let mut results: Vec<Option<Value>> = Vec::new();
    for function in overloads {
        let result = schemas::result(exposed, keys, function);
        if !results.contains(&result) {
            results.push(result);
        }
    }
    let mut responses = Map::new();
    if results.contains(&None) {
        responses.insert("204".into(), json!({ "description": "Done" }));
    }
    let values: Vec<Value> = results.into_iter().flatten().collect();
    if let Some(schema) = any_of(values) {
        let content = json!({ "application/json": { "schema": schema } });
        responses.insert("200".into(), json!({ "description": "The result", "content": content }));
    }
    responses.insert("default".into(), failure());
    let comment = overloads.iter().rev().find_map(|function| function.comment.as_deref());
    let has_schemas = exposed.config.schemas.len() > 1;
    let mut operation = |verb: &str, mut parameters: Vec<Value>, profile: &str| {
        if has_schemas {
            parameters.extend(shared(&[profile]));
        }
        let mut operation = json!({
            "operationId": keys.unique(&format!("{verb}_{name}")),
            "tags": ["functions"],
            "parameters": parameters,
            "responses": responses,
        });
        let (summary, description) = heading(comment);
        tell(&mut operation, summary, description);
        operation
    };
    let mut path = json!({ "post": operation("call", Vec::new(), "contentProfile") });
    path["post"]["requestBody"] = call_body(overloads);
    let stable: Vec<&&Function> = overloads.iter().filter(|function| !function.volatile).collect();
    if !stable.is_empty() {
        path["get"] = operation("query", in_query(&stable), "acceptProfile");
    }
    path
}

fn any_of(mut schemas: Vec<Value>) -> Option<Value> {
    match schemas.len() {
        0 | 1 => schemas.pop(),
        _ => Some(json!({ "anyOf": schemas })),
    }
}

/// The arguments by name; the whole body where there is one without a name.
fn call_body(overloads: &[&Function]) -> Value {
    let mut content = Map::new();
    let mut objects = Vec::new();
    for function in overloads {
        let whole = match &function.arguments[..] {
            [only] if only.name.is_empty() => match only.data_type.as_str() {
                "text" => Some("text/plain"),
                "xml" => Some("text/xml"),
                "bytea" => Some("application/octet-stream"),
                "json" | "jsonb" => {
                    objects.push(json!({}));
                    continue;
                }
                _ => None,
            },
            _ => None,
        };
        match whole {
            Some(media_type) => {
                content.insert(media_type.into(), json!({ "schema": { "type": "string" } }));
            }
            None => objects.push(arguments(function)),
        }
    }
    if let Some(schema) = any_of(objects) {
        content.insert("application/json".into(), json!({ "schema": schema }));
    }
    json!({ "content": content })
}

fn arguments(function: &Function) -> Value {
    let named = || function.arguments.iter().filter(|argument| !argument.name.is_empty());
    let properties: Map<String, Value> = named()
        .map(|argument| {
            (argument.name.clone(), schemas::or_null(schemas::value(&argument.data_type)))
        })
        .collect();
    let required: Vec<&str> = named()
        .filter(|argument| !argument.has_default)
        .map(|argument| argument.name.as_str())
        .collect();
    let mut object = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        object["required"] = required.into();
    }
    object
}

/// The arguments of all overloads; one is required where every overload requires it.
fn in_query(overloads: &[&&Function]) -> Vec<Value> {
    let mut parameters: Vec<Value> = Vec::new();
    for function in overloads {
        for argument in function.arguments.iter().filter(|argument| !argument.name.is_empty()) {
            if parameters.iter().any(|parameter| parameter["name"] == argument.name.as_str()) {
                continue;
            }
            let required = overloads.iter().all(|other| {
                let mut arguments = other.arguments.iter();
                arguments.any(|one| one.name == argument.name && !one.has_default)
            });
            let schema = schemas::value(&argument.data_type);
            // Arrays and objects are written as PostgreSQL writes them, but for a variadic one, which repeats.
            let is_scalar = matches!(
                schema["type"].as_str(),
                Some("string" | "integer" | "number" | "boolean")
            );
            let schema =
                if is_scalar || argument.variadic { schema } else { json!({ "type": "string" }) };
            parameters.push(json!({
                "name": argument.name,
                "in": "query",
                "required": required,
                "schema": schema,
            }));
        }
    }
    parameters
}

fn tell(operation: &mut Value, summary: Option<String>, description: Option<String>) {
    if let Some(summary) = summary {
        operation["summary"] = summary.into();
    }
    if let Some(description) = description {
        operation["description"] = description.into();
    }
}
