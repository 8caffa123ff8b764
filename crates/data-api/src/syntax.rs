//! The language of query strings: `select`, filters, logic trees, `order`. Nothing here knows a
//! schema.

mod ast;
mod failure;
mod grammar;

pub use ast::{
    Aggregate, Direction, Embed, Field, Filter, Join, JsonKey, JsonStep, Logic, Operator,
    OrderTerm, Path, Quantifier, SelectColumn, SelectItem, Test,
};
pub use failure::SyntaxError;

/// So many relations may be embedded in one request, at all levels together: each is a join.
const MOST_EMBEDS: usize = 100;

/// Parses `select=`.
///
/// # Errors
/// [`SyntaxError`], also for more embeds than PostgreSQL should be asked to join.
pub fn select(text: &str) -> Result<Vec<SelectItem>, SyntaxError> {
    let items = failure::run("select parameter", text, text, grammar::select)?;
    if embeds(&items) > MOST_EMBEDS {
        return Err(SyntaxError {
            subject: format!("failed to parse select parameter ({text})"),
            column: 1,
            details: format!("unexpected more than {MOST_EMBEDS} embedded resources"),
        });
    }
    Ok(items)
}

/// How many relations are embedded at all levels.
fn embeds(items: &[SelectItem]) -> usize {
    items
        .iter()
        .map(|item| match item {
            SelectItem::Embed(embed) => 1 + embeds(&embed.items),
            SelectItem::Column(_) => 0,
        })
        .sum()
}

/// Parses a list of names under the parameter's name.
///
/// # Errors
/// [`SyntaxError`]
pub fn names(parameter: &str, text: &str) -> Result<Vec<String>, SyntaxError> {
    failure::run(&format!("{parameter} parameter"), text, text, grammar::names)
}

/// Parses `order=`.
///
/// # Errors
/// [`SyntaxError`]
pub fn order(text: &str) -> Result<Vec<OrderTerm>, SyntaxError> {
    failure::run("order", text, text, grammar::order)
}

/// Parses the name of a filter or of a parameter of an embed.
///
/// # Errors
/// [`SyntaxError`]
pub fn tree_path(text: &str) -> Result<(Path, Field), SyntaxError> {
    failure::run("tree path", text, text, grammar::tree_path)
}

/// Parses a filter's value: whether it is negated, and the test.
///
/// # Errors
/// [`SyntaxError`]
pub fn filter_value(text: &str) -> Result<(bool, Test), SyntaxError> {
    failure::run("filter", text, text, grammar::filter_value)
}

/// Parses a logic tree: the parameter's name, such as `a.not.or`, and its value.
///
/// # Errors
/// [`SyntaxError`]
pub fn logic(name: &str, value: &str) -> Result<(Path, Logic), SyntaxError> {
    let mut path = failure::run("logic path", name, name, grammar::logic_path)?;
    let operator = path.pop().unwrap_or_default();
    let negated = path.iter().any(|part| part == "not");
    path.retain(|part| part != "not");
    let not = if negated { "not." } else { "" };
    // Without parentheses the operator would become the beginning of a column's name.
    let begins = value.trim_start().chars().next();
    if let Some(found) = begins.filter(|found| found.is_alphanumeric() || "_$\"".contains(*found)) {
        return Err(SyntaxError {
            subject: format!("failed to parse logic tree ({value})"),
            column: 1,
            details: format!("unexpected {:?} expecting \"(\"", found.to_string()),
        });
    }
    // The operator stands in the name; in front of the value the whole reads like a nested one.
    let whole = format!("{not}{operator}{value}");
    Ok((path, failure::run("logic tree", value, &whole, grammar::logic)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str) -> Field {
        Field { name: name.into(), path: Vec::new() }
    }

    fn selected(text: &str) -> SelectItem {
        select(text).unwrap().remove(0)
    }

    #[test]
    fn columns_have_aliases_casts_paths_and_aggregates() {
        let plain = SelectColumn {
            field: column("a"),
            alias: None,
            cast: None,
            aggregate: None,
            aggregate_cast: None,
        };
        let step = |as_text, name: &str| JsonStep { as_text, key: JsonKey::Name(name.into()) };
        let index =
            |as_text, number: &str| JsonStep { as_text, key: JsonKey::Index(number.into()) };
        let path = |path: Vec<JsonStep>| Field { name: "a".into(), path };
        for (text, expected) in [
            ("a", plain.clone()),
            (
                "b:a::text",
                SelectColumn {
                    alias: Some("b".into()),
                    cast: Some("text".into()),
                    ..plain.clone()
                },
            ),
            ("\"a b,.\"", SelectColumn { field: column("a b,."), ..plain.clone() }),
            (" a , c", plain.clone()),
            ("a-b", SelectColumn { field: column("a-b"), ..plain.clone() }),
            (
                "a->b->>c::int",
                SelectColumn {
                    field: path(vec![step(false, "b"), step(true, "c")]),
                    cast: Some("int".into()),
                    ..plain.clone()
                },
            ),
            (
                "a->-1->>2",
                SelectColumn {
                    field: path(vec![index(false, "-1"), index(true, "2")]),
                    ..plain.clone()
                },
            ),
            ("a->0xy1", SelectColumn { field: path(vec![step(false, "0xy1")]), ..plain.clone() }),
            (
                "a->23-xy-45",
                SelectColumn { field: path(vec![step(false, "23-xy-45")]), ..plain.clone() },
            ),
            (
                "a->!@#$%^&*_b",
                SelectColumn { field: path(vec![step(false, "!@#$%^&*_b")]), ..plain.clone() },
            ),
            (
                "total:a.sum()::text",
                SelectColumn {
                    alias: Some("total".into()),
                    aggregate: Some(Aggregate::Sum),
                    aggregate_cast: Some("text".into()),
                    ..plain.clone()
                },
            ),
            (
                "a::int.max()",
                SelectColumn {
                    cast: Some("int".into()),
                    aggregate: Some(Aggregate::Max),
                    ..plain.clone()
                },
            ),
            (
                "n:count()",
                SelectColumn {
                    field: column("*"),
                    alias: Some("n".into()),
                    aggregate: Some(Aggregate::Count),
                    ..plain.clone()
                },
            ),
            ("*", SelectColumn { field: column("*"), ..plain.clone() }),
        ] {
            assert_eq!(selected(text), SelectItem::Column(expected), "{text}");
        }
        assert!(select("").unwrap().is_empty());
    }

    #[test]
    fn embeds_have_hints_and_joins() {
        for (text, alias, hint, join, spread, count) in [
            ("b(c)", None, None, None, false, 1),
            ("x:b!h(c,d(e))", Some("x"), Some("h"), None, false, 2),
            ("b!inner!h()", None, Some("h"), Some(Join::Inner), false, 0),
            ("b!h!left(*)", None, Some("h"), Some(Join::Left), false, 1),
            ("...b!inner(c)", None, None, Some(Join::Inner), true, 1),
        ] {
            let SelectItem::Embed(embed) = selected(text) else { panic!("{text}") };
            assert_eq!(embed.target, "b", "{text}");
            assert_eq!(embed.alias.as_deref(), alias, "{text}");
            assert_eq!(embed.hint.as_deref(), hint, "{text}");
            assert_eq!(
                (embed.join, embed.spread, embed.items.len()),
                (join, spread, count),
                "{text}"
            );
        }
    }

    #[test]
    fn filters_have_operators() {
        let value = |text: &str| text.to_owned();
        for (text, negated, test) in [
            ("eq.5", false, Test::Quantified(Operator::Plain("="), None, value("5"))),
            ("eq.", false, Test::Quantified(Operator::Plain("="), None, value(""))),
            ("not.gte.a.b", true, Test::Quantified(Operator::Plain(">="), None, value("a.b"))),
            (
                "like(any).{a*}",
                false,
                Test::Quantified(Operator::Like("like"), Some(Quantifier::Any), value("{a*}")),
            ),
            (
                "imatch(all).{x}",
                false,
                Test::Quantified(Operator::Plain("~*"), Some(Quantifier::All), value("{x}")),
            ),
            ("neq.x", false, Test::Compare("<>", value("x"))),
            ("adj.[1,2)", false, Test::Compare("-|-", value("[1,2)"))),
            ("is.NULL", false, Test::Is("null")),
            ("is.not_null", false, Test::Is("not null")),
            ("isdistinct.1", false, Test::IsDistinctFrom(value("1"))),
            (
                "in.(1,\"a,\\\"b\",c\"d)",
                false,
                Test::In(vec![value("1"), value("a,\"b"), value("c\"d")]),
            ),
            ("in.()", false, Test::In(vec![value("")])),
            ("in.( ,3)", false, Test::In(vec![value(""), value("3")])),
            (
                "fts(english).cat",
                false,
                Test::FullText("to_tsquery", Some(value("english")), value("cat")),
            ),
            ("wfts.a b", false, Test::FullText("websearch_to_tsquery", None, value("a b"))),
        ] {
            assert_eq!(filter_value(text), Ok((negated, test)), "{text}");
        }
    }

    #[test]
    fn logic_trees_nest() {
        let (path, tree) =
            logic("a.b.not.or", "(x.eq.1, and(y.not.is.null,z->k.in.(1,2)),\"q.r\".like.\"a,b\")")
                .unwrap();
        assert_eq!(path, ["a", "b"]);
        let Logic::Group { negated: true, any: true, members } = tree else { panic!("{tree:?}") };
        assert_eq!(members.len(), 3);
        assert!(
            matches!(&members[1], Logic::Group { negated: false, any: false, members } if members.len() == 2)
        );
        assert!(matches!(&members[2], Logic::Filter(filter) if filter.field.name == "q.r"));
        // A column may be called like an operator.
        assert!(matches!(
            logic("and", "(or_else.eq.1,and_then.eq.2)"),
            Ok((_, Logic::Group { any: false, .. }))
        ));
        assert!(
            matches!(logic("or", "(a.cs.{1,2},b.eq.{x})"), Ok((_, Logic::Group { members, .. })) if members.len() == 2)
        );
    }

    #[test]
    fn orders_have_directions() {
        let terms = order("a.desc.nullslast,b->>c,d(e->f).asc").unwrap();
        assert_eq!(
            (terms[0].direction, terms[0].nulls_first),
            (Some(Direction::Descending), Some(false))
        );
        assert_eq!(terms[1].field.path.len(), 1);
        assert_eq!(terms[2].relation.as_deref(), Some("d"));
    }

    /// The texts are those that clients of PostgREST see.
    #[test]
    fn failures_tell_where_and_what() {
        let cases: Vec<(SyntaxError, usize, &str)> = vec![
            (
                order("id.ac").unwrap_err(),
                4,
                r#"unexpected "c" expecting "asc", "desc", "nullsfirst" or "nullslast""#,
            ),
            (
                order("id.descc").unwrap_err(),
                8,
                r#"unexpected 'c' expecting delimiter (.), "," or end of input"#,
            ),
            (
                order("id.nulsfist").unwrap_err(),
                4,
                r#"unexpected "n" expecting "asc", "desc", "nullsfirst" or "nullslast""#,
            ),
            (
                order("id.nullslasttt").unwrap_err(),
                13,
                r#"unexpected 't' expecting "," or end of input"#,
            ),
            (
                order("id.asc.nlsfst").unwrap_err(),
                8,
                r#"unexpected "l" expecting "nullsfirst" or "nullslast""#,
            ),
            (
                order("id.asc.nullslasttt").unwrap_err(),
                17,
                r#"unexpected 't' expecting "," or end of input"#,
            ),
            (
                order("clients(name,id)").unwrap_err(),
                8,
                r#"unexpected '(' expecting letter, digit, "-", "->>", "->", delimiter (.), "," or end of input"#,
            ),
            (
                filter_value("noop.0").unwrap_err(),
                1,
                r#"unexpected "o" expecting "not" or operator (eq, gt, ...)"#,
            ),
            (
                filter_value("val").unwrap_err(),
                1,
                r#"unexpected "v" expecting "not" or operator (eq, gt, ...)"#,
            ),
            (
                filter_value("fts().value").unwrap_err(),
                5,
                r#"unexpected ")" expecting operator (eq, gt, ...)"#,
            ),
            (
                filter_value("eq().value").unwrap_err(),
                4,
                r#"unexpected ")" expecting operator (eq, gt, ...)"#,
            ),
            (
                select("id,clients(name[])").unwrap_err(),
                16,
                r#"unexpected '[' expecting letter, digit, "-", "->>", "->", "::", ".", ")", "," or end of input"#,
            ),
            (
                select("data->>-78xy").unwrap_err(),
                11,
                r#"unexpected 'x' expecting digit, "->", "::", ".", "," or end of input"#,
            ),
            (select("data->>--34").unwrap_err(), 9, r#"unexpected "-" expecting digit"#),
            (select("name::").unwrap_err(), 7, "unexpected end of input expecting letter or digit"),
            (
                logic("or", "()").unwrap_err(),
                4,
                r#"unexpected ")" expecting field name (* or [a..z0..9_$]), negation operator (not) or logic operator (and, or)"#,
            ),
            (
                logic("or", "(id.in.1,2,id.eq.3)").unwrap_err(),
                10,
                r#"unexpected "1" expecting "(""#,
            ),
            (logic("or", ")(").unwrap_err(), 3, r#"unexpected ")" expecting "(""#),
            (
                logic("and", "(ord(id.eq.1,id.eq.1),id.eq.2)").unwrap_err(),
                7,
                r#"unexpected "d" expecting "(""#,
            ),
            (
                logic("or", "(id.eq.1,not.xor(id.eq.2,id.eq.3))").unwrap_err(),
                16,
                r#"unexpected "x" expecting logic operator (and, or)"#,
            ),
            (
                names("columns", "").unwrap_err(),
                1,
                "unexpected end of input expecting field name (* or [a..z0..9_$])",
            ),
        ];
        let mut wrong = Vec::new();
        for (error, column, details) in cases {
            if (error.column, error.details.as_str()) != (column, details) {
                wrong.push(format!(
                    "{}: {} {}\n  wanted {column} {details}",
                    error.subject, error.column, error.details
                ));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn nesting_has_an_end() {
        let deep = format!("{}a.eq.1{}", "(and".repeat(2000), ")".repeat(2000));
        assert!(logic("or", &deep).is_err());
        assert!(select(&format!("{}c{}", "a(".repeat(5000), ")".repeat(5000))).is_err());
    }
}
