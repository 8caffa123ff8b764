//! OpenAPI 2.0, as clients of PostgREST read it.

mod definitions;
mod parameters;
mod paths;

use serde_json::{Value, json};

use super::{Exposed, Place};
use crate::api_request::query_string::encode;

/// What bodies are made of, both ways.
const TYPES: [&str; 4] = [
    "application/json",
    "application/vnd.pgrst.object+json;nulls=stripped",
    "application/vnd.pgrst.object+json",
    "text/csv",
];

/// The whole description.
pub(super) fn document(exposed: &Exposed<'_>) -> Value {
    let Exposed { catalog, config, title, description, relations, functions } = exposed;
    let place = Place::of(config);
    let mut document = json!({
        "swagger": "2.0",
        "info": {
            "title": title,
            "description": description,
            "version": env!("CARGO_PKG_VERSION"),
        },
        "externalDocs": {
            "description": "PostgREST Documentation",
            "url": "https://docs.postgrest.org/en/stable/references/api.html",
        },
        "host": place.host,
        "basePath": place.base_path,
        "schemes": [place.scheme],
        "consumes": TYPES,
        "produces": TYPES,
        "definitions": definitions::of(catalog, relations),
        "parameters": parameters::of(relations),
        "paths": paths::of(relations, functions),
    });
    if config.description_names_token {
        document["securityDefinitions"] = json!({
            "JWT": {
                "type": "apiKey",
                "in": "header",
                "name": "Authorization",
                "description": "Add the token prepending \"Bearer \" (without quotes) to it",
            },
        });
        document["security"] = json!([{ "JWT": [] }]);
    }
    document
}

/// A reference; names stand in it as they are but for what means something there (RFC 6901, 6).
fn reference(kind: &str, name: &str) -> Value {
    let name = name.replace('~', "~0").replace('/', "~1").replace('%', "%25");
    json!({ "$ref": format!("#/{kind}/{name}") })
}

/// A path; names stand in it as they are but for what means something there.
fn path(name: &str) -> String {
    let mut path = String::from("/");
    for character in name.chars() {
        match character {
            '/' | '%' | '?' | '#' | '{' | '}' => {
                path.push_str(&encode(character.encode_utf8(&mut [0; 4])))
            }
            other => path.push(other),
        }
    }
    path
}

/// The type of a value in the words of JSON Schema; json itself may be anything.
fn json_type(sql: &str) -> Option<&'static str> {
    Some(match sql {
        _ if sql.ends_with("[]") => "array",
        "boolean" => "boolean",
        "smallint" | "integer" | "bigint" => "integer",
        "numeric" | "real" | "double precision" => "number",
        "json" | "jsonb" => return None,
        _ => "string",
    })
}

/// `type`, `format` and, of an array, `items`.
fn typed(sql: &str) -> Value {
    let mut typed = json!({ "format": sql });
    if let Some(json_type) = json_type(sql) {
        typed["type"] = json_type.into();
    }
    if let Some(item) = sql.strip_suffix("[]") {
        typed["items"] = json_type(item).map_or(json!({}), |item| json!({ "type": item }));
    }
    typed
}
