//! The types of an application's schema in TypeScript, in the shape that supabase-js takes.

use std::collections::{BTreeMap, BTreeSet};

use tenantry_catalog::{
    Cardinality, Catalog, Column, Function, QualifiedName, Relation, Relationship, Returns,
};

const JSON: &str = "\
export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];
";

const HELPERS: &str = r#"
type DefaultSchema = Database["public"];

export type Tables<Name extends keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])> =
  (DefaultSchema["Tables"] & DefaultSchema["Views"])[Name] extends { Row: infer Row } ? Row : never;
export type TablesInsert<Name extends keyof DefaultSchema["Tables"]> =
  DefaultSchema["Tables"][Name] extends { Insert: infer Insert } ? Insert : never;
export type TablesUpdate<Name extends keyof DefaultSchema["Tables"]> =
  DefaultSchema["Tables"][Name] extends { Update: infer Update } ? Update : never;
export type Enums<Name extends keyof DefaultSchema["Enums"]> = DefaultSchema["Enums"][Name];
"#;

/// The types of these schemas. The first also answers to `public`, as it does to clients.
pub fn generate(catalog: &Catalog, schemas: &[String]) -> String {
    let mut source = Source { text: JSON.to_owned(), depth: 0 };
    source.line("");
    source.block("export type Database =", |source| {
        for schema in schemas {
            source.block(&format!("{}:", key(schema)), |source| {
                of_schema(source, catalog, schemas, schema);
            });
        }
        if let Some(first) =
            schemas.first().filter(|_| !schemas.iter().any(|name| name == "public"))
        {
            source.line(&format!("public: Database[{first:?}];"));
        }
    });
    source.text.push_str(HELPERS);
    source.text
}

fn of_schema(source: &mut Source, catalog: &Catalog, schemas: &[String], schema: &str) {
    let writer = Writer { catalog, schemas };
    let all: Vec<&Relation> = catalog.relations_in(schema).collect();
    for (name, is_view) in [("Tables:", false), ("Views:", true)] {
        source.block(name, |source| {
            for relation in all.iter().filter(|relation| relation.kind.is_view() == is_view) {
                writer.relation(source, relation);
            }
        });
    }
    let mut functions: BTreeMap<&str, Vec<&Function>> = BTreeMap::new();
    for function in catalog.functions_in(schema) {
        functions.entry(&function.name.name).or_default().push(function);
    }
    source.block("Functions:", |source| {
        for (name, overloads) in functions {
            let overloads: Vec<String> =
                overloads.into_iter().map(|function| writer.function(function)).collect();
            source.line(&format!("{}: {};", key(name), overloads.join(" | ")));
        }
    });
    let enums: BTreeSet<(String, String)> = all
        .iter()
        .flat_map(|relation| &relation.columns)
        .filter(|column| !column.labels.is_empty())
        .filter_map(|column| {
            let (home, name) = column.base_type.trim_end_matches("[]").split_once('.')?;
            (unquoted(home) == schema).then(|| (unquoted(name), literals(&column.labels)))
        })
        .collect();
    source.block("Enums:", |source| {
        for (name, labels) in enums {
            source.line(&format!("{}: {labels};", key(&name)));
        }
    });
    source.line("CompositeTypes: {};");
}

/// Text with its indentation.
struct Source {
    text: String,
    depth: usize,
}

impl Source {
    fn line(&mut self, line: &str) {
        if !line.is_empty() {
            self.text.push_str(&"  ".repeat(self.depth));
            self.text.push_str(line);
        }
        self.text.push('\n');
    }

    fn block(&mut self, head: &str, inner: impl FnOnce(&mut Source)) {
        self.line(&format!("{head} {{"));
        self.depth += 1;
        inner(self);
        self.depth -= 1;
        self.line("};");
    }
}

/// What types refer to.
struct Writer<'a> {
    catalog: &'a Catalog,
    schemas: &'a [String],
}

impl Writer<'_> {
    fn relation(&self, source: &mut Source, relation: &Relation) {
        let is_view = relation.kind.is_view();
        source.block(&format!("{}:", key(&relation.name.name)), |source| {
            source.block("Row:", |source| {
                for column in &relation.columns {
                    // What a view's expression can be is not known.
                    let or_null = if column.nullable || is_view { " | null" } else { "" };
                    let of = self.column(column);
                    source.line(&format!("{}: {of}{or_null};", key(&column.name)));
                }
            });
            if relation.insertable {
                source.block("Insert:", |source| self.written(source, relation, false));
            }
            if relation.updatable {
                source.block("Update:", |source| self.written(source, relation, true));
            }
            source.line("Relationships: [");
            source.depth += 1;
            for relationship in self.catalog.relationships(&relation.name) {
                if let Some(line) = reference(relationship) {
                    source.line(&line);
                }
            }
            source.depth -= 1;
            source.line("];");
        });
    }

    fn written(&self, source: &mut Source, relation: &Relation, is_update: bool) {
        for column in &relation.columns {
            let name = key(&column.name);
            if column.generated {
                source.line(&format!("{name}?: never;"));
                continue;
            }
            let may_be_left_out = is_update || column.nullable || column.default.is_some();
            let mark = if may_be_left_out { "?" } else { "" };
            let or_null = if column.nullable { " | null" } else { "" };
            source.line(&format!("{name}{mark}: {}{or_null};", self.column(column)));
        }
    }

    fn column(&self, column: &Column) -> String {
        if column.labels.is_empty() {
            return of_type(&column.base_type);
        }
        let item = match column.base_type.trim_end_matches("[]").split_once('.') {
            Some((schema, name)) if self.schemas.contains(&unquoted(schema)) => {
                format!("Database[{:?}][\"Enums\"][{:?}]", unquoted(schema), unquoted(name))
            }
            _ => format!("({})", literals(&column.labels)),
        };
        if column.base_type.ends_with("[]") { format!("{item}[]") } else { item }
    }

    fn function(&self, function: &Function) -> String {
        let arguments: Vec<String> = function
            .arguments
            .iter()
            .filter(|argument| !argument.name.is_empty())
            .map(|argument| {
                let mark = if argument.has_default { "?" } else { "" };
                format!("{}{mark}: {}", key(&argument.name), of_type(&argument.data_type))
            })
            .collect();
        let arguments = match arguments.is_empty() {
            true => "never".to_owned(),
            false => format!("{{ {} }}", arguments.join("; ")),
        };
        let one = match function.returns {
            Returns::Void => "undefined".to_owned(),
            Returns::Value => of_type(&function.result_type),
            Returns::Row => self.row(&function.row_type()),
        };
        let set = if function.returns_set { "[]" } else { "" };
        format!("{{ Args: {arguments}; Returns: {one}{set} }}")
    }

    fn row(&self, name: &QualifiedName) -> String {
        match self.catalog.relation(name) {
            Some(relation) => {
                let kind = if relation.kind.is_view() { "Views" } else { "Tables" };
                format!("Database[{:?}][{kind:?}][{:?}][\"Row\"]", name.schema, name.name)
            }
            None => "Record<string, unknown>".into(),
        }
    }
}

/// A foreign key, as joins are typed by it.
fn reference(relationship: &Relationship) -> Option<String> {
    let Relationship::Keyed(keyed) = relationship else { return None };
    let (key, is_one_to_one) = match &keyed.cardinality {
        Cardinality::ManyToOne(key) => (key, false),
        Cardinality::OneToOne(key) if key.is_own => (key, true),
        _ => return None,
    };
    let (own, others): (Vec<&str>, Vec<&str>) =
        key.columns.iter().map(|(own, other)| (own.as_str(), other.as_str())).unzip();
    Some(format!(
        "{{ foreignKeyName: {:?}; columns: {own:?}; isOneToOne: {is_one_to_one}; referencedRelation: {:?}; referencedColumns: {others:?} }},",
        key.constraint, keyed.to.name
    ))
}

/// PostgreSQL's types as they look in JSON; a type that may look like anything is unknown.
fn of_type(sql: &str) -> String {
    if let Some(item) = sql.strip_suffix("[]") {
        return format!("{}[]", of_type(item));
    }
    let name = sql.split('(').next().unwrap_or(sql).trim();
    let own = name.rsplit('.').next().unwrap_or(name);
    match (name, own) {
        ("smallint" | "integer" | "bigint" | "real" | "double precision" | "numeric", _) => {
            "number"
        }
        ("boolean", _) => "boolean",
        ("json" | "jsonb", _) => "Json",
        ("text" | "character varying" | "character" | "uuid" | "date" | "bytea" | "name", _)
        | ("timestamp with time zone" | "timestamp without time zone", _)
        | ("timestamp" | "time" | "time with time zone" | "time without time zone", _)
        | (_, "citext" | "vector" | "halfvec") => "string",
        ("void", _) => "undefined",
        ("record", _) => "Record<string, unknown>",
        _ => "unknown",
    }
    .into()
}

fn literals(labels: &[String]) -> String {
    labels.iter().map(|label| format!("{label:?}")).collect::<Vec<_>>().join(" | ")
}

fn unquoted(name: &str) -> String {
    name.trim_matches('"').replace("\"\"", "\"")
}

/// A name as a property's key.
fn key(name: &str) -> String {
    let mut characters = name.chars();
    let is_plain =
        characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
            && characters.all(|next| next.is_ascii_alphanumeric() || next == '_');
    if is_plain { name.to_owned() } else { format!("{name:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_look_as_they_do_in_json() {
        for (sql, expected) in [
            ("integer", "number"),
            ("numeric(8,2)", "number"),
            ("character varying(20)[]", "string[]"),
            ("jsonb", "Json"),
            ("extensions.vector(3)", "string"),
            ("timestamp with time zone", "string"),
            ("int4range", "unknown"),
            ("void", "undefined"),
        ] {
            assert_eq!(of_type(sql), expected, "{sql}");
        }
        assert_eq!(key("a_1"), "a_1");
        assert_eq!(key("two words"), "\"two words\"");
    }
}
