//! OpenAPI 3.1, for generators of typed clients.
//!
//! Rows, bodies of inserts and bodies of updates are schemas of their own: what may be left out of
//! an insert is there in every row.

mod keys;
mod operations;
mod schemas;

use serde_json::{Map, Value, json};

use self::keys::Keys;
use super::{Exposed, Place};

/// The whole description.
pub(super) fn document(exposed: &Exposed<'_>) -> Value {
    let mut keys = Keys::of(&exposed.relations);
    let paths = operations::paths(exposed, &mut keys);
    let Place { scheme, host, base_path } = Place::of(exposed.config);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": exposed.title,
            "description": exposed.description,
            "version": env!("CARGO_PKG_VERSION"),
        },
        "servers": [{ "url": format!("{scheme}://{host}{}", base_path.trim_end_matches('/')) }],
        "security": [{}, { "token": [] }],
        "tags": tags(exposed),
        "paths": paths,
        "components": {
            "schemas": schemas::all(exposed, &keys),
            "parameters": operations::parameters(exposed, &keys),
            "responses": {
                "Error": {
                    "description": "What went wrong",
                    "content": { "application/json": { "schema": schemas::reference(keys.error()) } },
                },
            },
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
            },
        },
    })
}

fn tags(exposed: &Exposed<'_>) -> Vec<Value> {
    exposed
        .relations
        .iter()
        .map(|relation| {
            let mut tag = Map::from_iter([("name".to_owned(), Value::from(&*relation.name.name))]);
            if let Some(comment) = &relation.comment {
                tag.insert("description".into(), comment.as_str().into());
            }
            tag.into()
        })
        .collect()
}
