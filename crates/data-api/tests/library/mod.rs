//! A small library as a catalog, for stages that need one but no database.

use std::collections::BTreeMap;

use tenantry_catalog::{
    Argument, Catalog, CatalogParts, Column, ComputedRelationship, ForeignKey, Function,
    QualifiedName, Relation, RelationKind, Returns,
};

/// Authors and editors of books, their genres, their covers, and functions about them.
pub fn catalog() -> Catalog {
    let available = Relation {
        kind: RelationKind::View,
        insertable: false,
        updatable: false,
        deletable: false,
        shareable_reads: false,
        ..table("available_books", &["id"], &[("id", "integer"), ("title", "text")])
    };
    let relations = [
        table("authors", &["id"], &[("id", "integer"), ("name", "text"), ("born", "date")]),
        table(
            "books",
            &["id"],
            &[
                ("id", "integer"),
                ("title", "text"),
                ("author_id", "integer"),
                ("editor_id", "integer"),
                ("details", "jsonb"),
                ("price", "numeric"),
                ("tags", "text[]"),
            ],
        ),
        table("covers", &["book_id"], &[("book_id", "integer"), ("picture", "bytea")]),
        table("genres", &["id"], &[("id", "integer"), ("label", "text")]),
        table(
            "book_genres",
            &["book_id", "genre_id"],
            &[("book_id", "integer"), ("genre_id", "integer")],
        ),
        available,
    ];
    let first_book = ComputedRelationship {
        function: name("first_book"),
        from: name("authors"),
        to: name("books"),
        to_one: true,
    };
    CatalogParts {
        relations: relations
            .into_iter()
            .map(|relation| (relation.name.clone(), relation))
            .collect::<BTreeMap<_, _>>(),
        functions: vec![
            Function {
                volatile: false,
                ..books("search", &[("term", "text", false), ("most", "integer", true)])
            },
            value("rename", &[("book", "integer", false), ("title", "text", false)], Returns::Void),
            value("total", &[], Returns::Value),
            value("total", &[("genre", "integer", false)], Returns::Value),
            value("either", &[("one", "text", false)], Returns::Value),
            value("either", &[("one", "integer", false)], Returns::Value),
            value("take", &[("", "json", false)], Returns::Value),
        ],
        foreign_keys: vec![
            key("books_author_id_fkey", "books", "author_id", "authors", "id"),
            key("books_editor_id_fkey", "books", "editor_id", "authors", "id"),
            ForeignKey {
                one_to_one: true,
                ..key("covers_book_id_fkey", "covers", "book_id", "books", "id")
            },
            key("book_genres_book_id_fkey", "book_genres", "book_id", "books", "id"),
            key("book_genres_genre_id_fkey", "book_genres", "genre_id", "genres", "id"),
        ],
        computed_relationships: vec![first_book],
        ..CatalogParts::default()
    }
    .into()
}

fn name(name: &str) -> QualifiedName {
    QualifiedName::new("public", name)
}

fn table(table: &str, primary_key: &[&str], columns: &[(&str, &str)]) -> Relation {
    let column = |&(name, data_type): &(&str, &str)| Column {
        name: name.into(),
        data_type: data_type.into(),
        general_type: data_type.into(),
        base_type: data_type.into(),
        nullable: !primary_key.contains(&name),
        default: (name == "id").then(|| "nextval('ids')".into()),
        ..Column::default()
    };
    Relation {
        name: name(table),
        columns: columns.iter().map(column).collect(),
        primary_key: primary_key.iter().map(|&name| name.to_owned()).collect(),
        insertable: true,
        updatable: true,
        deletable: true,
        shareable_reads: true,
        ..Relation::default()
    }
}

fn key(constraint: &str, from: &str, column: &str, to: &str, other: &str) -> ForeignKey {
    ForeignKey {
        constraint: constraint.into(),
        from: name(from),
        to: name(to),
        columns: vec![(column.into(), other.into())],
        one_to_one: false,
        from_is_view: false,
        to_is_view: false,
    }
}

fn value(function: &str, arguments: &[(&str, &str, bool)], returns: Returns) -> Function {
    let argument = |&(name, data_type, has_default): &(&str, &str, bool)| Argument {
        name: name.into(),
        data_type: data_type.into(),
        widest_type: data_type.into(),
        has_default,
        variadic: false,
    };
    Function {
        name: name(function),
        comment: None,
        arguments: arguments.iter().map(argument).collect(),
        volatile: true,
        returns,
        returns_set: false,
        result_name: "integer".into(),
        result_type: "integer".into(),
        settings: Vec::new(),
        isolation: None,
    }
}

fn books(function: &str, arguments: &[(&str, &str, bool)]) -> Function {
    Function {
        returns_set: true,
        result_name: "books".into(),
        result_type: "public.books".into(),
        ..value(function, arguments, Returns::Row)
    }
}
