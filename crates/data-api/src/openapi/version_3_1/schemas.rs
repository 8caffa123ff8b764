//! What rows, bodies and values look like, in JSON Schema.

use serde_json::{Map, Value, json};
use tenantry_catalog::{Catalog, Column, Function, Relation, Returns};

use super::Keys;
use crate::openapi::Exposed;

/// A reference to a schema by its key.
pub(super) fn reference(key: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{key}") })
}

/// Every schema by its key.
pub(super) fn all(exposed: &Exposed<'_>, keys: &Keys) -> Value {
    let mut all = Map::new();
    all.insert(keys.error().to_owned(), error());
    for relation in &exposed.relations {
        let Some(key) = keys.relation(&relation.name.name) else { continue };
        all.insert(key.to_owned(), row(exposed.catalog, relation));
        if relation.insertable {
            let is_required =
                |column: &Column| !column.nullable && column.default.is_none() && !column.generated;
            all.insert(format!("{key}.insert"), body(exposed.catalog, relation, is_required));
        }
        if relation.updatable {
            all.insert(format!("{key}.update"), body(exposed.catalog, relation, |_| false));
        }
    }
    all.into()
}

fn error() -> Value {
    json!({
        "type": "object",
        "required": ["code", "message"],
        "properties": {
            "code": { "type": "string" },
            "message": { "type": "string" },
            "details": {},
            "hint": {},
        },
    })
}

/// A row with all its columns: `select` makes others.
fn row(catalog: &Catalog, relation: &Relation) -> Value {
    // What an expression of a view can be is not known.
    let may_be_null = |column: &Column| column.nullable || relation.kind.is_view();
    object(catalog, relation, relation.columns.iter(), may_be_null, |_| true)
}

/// A row as it is sent. What only PostgreSQL writes is not in it.
fn body(catalog: &Catalog, relation: &Relation, is_required: impl Fn(&Column) -> bool) -> Value {
    let columns = relation.columns.iter().filter(|column| !column.generated);
    object(catalog, relation, columns, |column| column.nullable, is_required)
}

fn object<'a>(
    catalog: &Catalog,
    relation: &Relation,
    columns: impl Iterator<Item = &'a Column>,
    may_be_null: impl Fn(&Column) -> bool,
    is_required: impl Fn(&Column) -> bool,
) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for column in columns {
        properties.insert(column.name.clone(), property(catalog, column, may_be_null(column)));
        if is_required(column) {
            required.push(column.name.as_str());
        }
    }
    let mut object = json!({ "type": "object", "properties": properties });
    if let Some(comment) = &relation.comment {
        object["description"] = comment.as_str().into();
    }
    if !required.is_empty() {
        object["required"] = required.into();
    }
    object
}

fn property(catalog: &Catalog, column: &Column, may_be_null: bool) -> Value {
    // What a representation makes of a domain is its own affair.
    let mut property = match catalog.representation(&column.data_type, "json") {
        Some(_) => json!({}),
        None if column.labels.is_empty() => value(&column.base_type),
        None => labels(column),
    };
    if let Some(longest) = column.longest.filter(|_| property["type"] == "string") {
        property["maxLength"] = longest.into();
    }
    if may_be_null {
        property = or_null(property);
    }
    if let Some(comment) = &column.comment {
        property["description"] = comment.as_str().into();
    }
    property
}

fn labels(column: &Column) -> Value {
    let one = json!({ "type": "string", "enum": column.labels });
    if column.base_type.ends_with("[]") { json!({ "type": "array", "items": one }) } else { one }
}

/// A value of one of PostgreSQL's types as it looks in JSON; of another type it may be anything.
pub(super) fn value(sql: &str) -> Value {
    if let Some(item) = sql.strip_suffix("[]") {
        return json!({ "type": "array", "items": value(item) });
    }
    let of = |json_type: &str, format: &str| json!({ "type": json_type, "format": format });
    let plain = |json_type: &str| json!({ "type": json_type });
    match sql.split('(').next().unwrap_or(sql).trim() {
        "boolean" => plain("boolean"),
        "smallint" | "integer" => of("integer", "int32"),
        "bigint" => of("integer", "int64"),
        "real" => of("number", "float"),
        "double precision" => of("number", "double"),
        "numeric" => plain("number"),
        "uuid" => of("string", "uuid"),
        "date" => of("string", "date"),
        "timestamp with time zone" => of("string", "date-time"),
        "text"
        | "character varying"
        | "character"
        | "name"
        | "bytea"
        | "inet"
        | "cidr"
        | "macaddr"
        | "money"
        | "interval"
        | "xml"
        | "bit"
        | "bit varying"
        | "tsvector"
        | "tsquery"
        | "timestamp without time zone"
        | "timestamp"
        | "time"
        | "time with time zone"
        | "time without time zone"
        | "int4range"
        | "int8range"
        | "numrange"
        | "tsrange"
        | "tstzrange"
        | "daterange" => plain("string"),
        other => match other.rsplit('.').next() {
            Some("citext" | "vector" | "halfvec") => plain("string"),
            _ => json!({}),
        },
    }
}

/// What a function answers with: nothing for one that answers nothing.
pub(super) fn result(exposed: &Exposed<'_>, keys: &Keys, function: &Function) -> Option<Value> {
    let one = match function.returns {
        Returns::Void => return None,
        Returns::Value => or_null(value(&function.result_type)),
        Returns::Row => {
            let row_type = function.row_type();
            let is_described = exposed.relations.iter().any(|relation| relation.name == row_type);
            match keys.relation(&row_type.name).filter(|_| is_described) {
                Some(key) => reference(key),
                None => json!({ "type": "object" }),
            }
        }
    };
    Some(match (function.returns_set, function.returns) {
        (true, _) => json!({ "type": "array", "items": one }),
        (false, Returns::Row) => or_null(one),
        (false, _) => one,
    })
}

/// The same, or null.
pub(super) fn or_null(mut schema: Value) -> Value {
    match schema.get("type").cloned() {
        Some(json_type) => {
            schema["type"] = json!([json_type, "null"]);
            if let Some(Value::Array(choices)) = schema.get_mut("enum") {
                choices.push(Value::Null);
            }
            schema
        }
        None if schema.get("$ref").is_some() => json!({ "anyOf": [schema, { "type": "null" }] }),
        None => schema,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_look_as_they_do_in_json() {
        for (sql, expected) in [
            ("bigint", json!({ "type": "integer", "format": "int64" })),
            ("numeric(8,2)", json!({ "type": "number" })),
            ("character varying(20)[]", json!({ "type": "array", "items": { "type": "string" } })),
            ("timestamp with time zone", json!({ "type": "string", "format": "date-time" })),
            ("jsonb", json!({})),
            ("extensions.vector(3)", json!({ "type": "string" })),
            ("public.address", json!({})),
        ] {
            assert_eq!(value(sql), expected, "{sql}");
        }
    }
}
