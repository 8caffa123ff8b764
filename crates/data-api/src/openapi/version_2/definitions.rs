//! What rows of each relation look like.

use serde_json::{Map, Value, json};
use tenantry_catalog::{Catalog, Column, Relation, Relationship};

use super::{json_type, typed};

pub(super) fn of(catalog: &Catalog, relations: &[&Relation]) -> Value {
    let definitions: Map<String, Value> = relations
        .iter()
        .map(|relation| (relation.name.name.clone(), definition(catalog, relation)))
        .collect();
    definitions.into()
}

fn definition(catalog: &Catalog, relation: &Relation) -> Value {
    let properties: Map<String, Value> = relation
        .columns
        .iter()
        .map(|column| (column.name.clone(), property(catalog, relation, column)))
        .collect();
    let required: Vec<&str> = relation
        .columns
        .iter()
        .filter(|column| !column.nullable)
        .map(|column| column.name.as_str())
        .collect();
    let mut definition = json!({ "type": "object", "properties": properties });
    if let Some(comment) = &relation.comment {
        definition["description"] = comment.as_str().into();
    }
    if !required.is_empty() {
        definition["required"] = required.into();
    }
    definition
}

fn property(catalog: &Catalog, relation: &Relation, column: &Column) -> Value {
    let mut property = typed(&column.general_type);
    if let Some(description) = description(catalog, relation, column) {
        property["description"] = description.into();
    }
    if let Some(default) = column.default.as_deref().and_then(|sql| default(sql, column)) {
        property["default"] = default;
    }
    if let Some(longest) = column.longest {
        property["maxLength"] = longest.into();
    }
    if !column.labels.is_empty() {
        property["enum"] = column.labels.clone().into();
    }
    property
}

/// The comment, and what keys say.
fn description(catalog: &Catalog, relation: &Relation, column: &Column) -> Option<String> {
    let mut notes = Vec::new();
    if relation.primary_key.contains(&column.name) {
        notes.push("This is a Primary Key.<pk/>".to_owned());
    }
    let referenced = catalog.relationships(&relation.name).iter().find_map(|relationship| {
        let Relationship::Keyed(keyed) = relationship else { return None };
        let key = keyed.cardinality.key().filter(|key| key.is_own)?;
        match &key.columns[..] {
            [(own, other)] if *own == column.name && !keyed.to_is_view => {
                Some((&keyed.to.name, other))
            }
            _ => None,
        }
    });
    if let Some((table, other)) = referenced {
        notes.push(format!(
            "This is a Foreign Key to `{table}.{other}`.<fk table='{table}' column='{other}'/>"
        ));
    }
    if notes.is_empty() {
        return column.comment.clone();
    }
    let before = column.comment.as_ref().map(|text| format!("{text}\n\n")).unwrap_or_default();
    Some(format!("{before}Note:\n{}", notes.join("\n")))
}

/// A default as JSON; of a text without its quotes and its cast. What has to be computed is not told
/// unless it is a text without a format of its own.
fn default(sql: &str, column: &Column) -> Option<Value> {
    if json_type(&column.general_type) != Some("string") {
        return serde_json::from_str(sql).ok();
    }
    let cast = format!("::{}", column.general_type);
    let literal = sql.strip_suffix(&cast);
    // Validators know these formats, and what `gen_random_uuid()` says is of neither.
    let is_checked = matches!(column.general_type.as_str(), "uuid" | "date");
    if is_checked && !literal.is_some_and(|text| text.starts_with('\'')) {
        return None;
    }
    Some(literal.map_or(sql, |text| text.trim_matches('\'')).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_values_of_their_type() {
        for (general_type, sql, expected) in [
            ("text", "'a'::text", Some(json!("a"))),
            ("text", "lower('A'::text)", Some(json!("lower('A'::text)"))),
            ("integer", "42", Some(json!(42))),
            ("integer", "nextval('ids'::regclass)", None),
            ("date", "'1900-01-01'::date", Some(json!("1900-01-01"))),
            ("date", "(now())::date", None),
            ("uuid", "gen_random_uuid()", None),
        ] {
            let column = Column { general_type: general_type.into(), ..Column::default() };
            assert_eq!(default(sql, &column), expected, "{sql}");
        }
    }
}
