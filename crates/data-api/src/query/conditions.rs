//! Fields and conditions.

use tenantry_postgres::quote_literal;

use super::rows;
use crate::fragment::Fragment;
use crate::plan::{Condition, EmbedPlan, PlannedField};
use crate::syntax::{JsonKey, Operator, Quantifier, Test};

/// How a condition on whether an embed has rows is written.
#[derive(Clone, Copy)]
pub(super) enum Embeds<'a> {
    /// There are none.
    None,
    /// They are joined under these aliases.
    Joined(&'a [String]),
    /// They are not joined, so they are asked for.
    Asked(&'a [EmbedPlan]),
}

/// A field of something with an alias, without its transformation.
///
/// Keys of paths are literals, so that indexes on such expressions serve.
pub(super) fn push_field(sql: &mut Fragment, field: &PlannedField, own: &str) {
    if field.whole_row {
        sql.push(own);
        return;
    }
    if field.name == "*" && field.path.is_empty() {
        sql.push(own).push(".*");
        return;
    }
    if field.path.is_empty() {
        sql.column(own, &field.name);
        return;
    }
    if field.becomes_json {
        sql.push("to_jsonb(").column(own, &field.name).push(")");
    } else {
        sql.column(own, &field.name);
    }
    for step in &field.path {
        sql.push(if step.as_text { "->>" } else { "->" });
        match &step.key {
            JsonKey::Name(name) => sql.push(&quote_literal(name)),
            JsonKey::Index(number) => sql.push("'").push(number).push("'::int"),
        };
    }
}

/// Conditions that all have to hold, with `and` between.
pub(super) fn push_all(
    sql: &mut Fragment,
    conditions: &[Condition],
    own: &str,
    embeds: Embeds<'_>,
) {
    sql.separated(" and ", conditions, |sql, condition| push(sql, condition, own, embeds));
}

pub(super) fn push(sql: &mut Fragment, condition: &Condition, own: &str, embeds: Embeds<'_>) {
    match condition {
        Condition::Filter { field, searched_in, negated, test } => {
            if *negated {
                sql.push("not (");
            }
            push_test(sql, field, searched_in.as_ref(), test, own);
            if *negated {
                sql.push(")");
            }
        }
        Condition::Group { negated, any, members } => {
            sql.push(if *negated { "not (" } else { "(" });
            sql.separated(if *any { " or " } else { " and " }, members, |sql, member| {
                push(sql, member, own, embeds);
            });
            sql.push(")");
        }
        Condition::EmbedExists { place, exists } => match embeds {
            Embeds::Joined(aliases) => {
                let test =
                    if *exists { " is distinct from null" } else { " is not distinct from null" };
                sql.push(&aliases[*place]).push(test);
            }
            Embeds::Asked(plans) => {
                sql.push(if *exists { "exists (" } else { "not exists (" });
                rows::push_counted_embed(sql, &plans[*place], own);
                sql.push(")");
            }
            Embeds::None => {
                sql.push("true");
            }
        },
    }
}

fn push_test(
    sql: &mut Fragment,
    field: &PlannedField,
    searched_in: Option<&Option<String>>,
    test: &Test,
    own: &str,
) {
    match searched_in {
        Some(language) => {
            sql.push("to_tsvector(");
            push_language(sql, language.as_deref());
            push_field(sql, field, own);
            sql.push(")");
        }
        None => push_field(sql, field, own),
    }
    match test {
        Test::Compare(operator, value) => {
            sql.push(" ").push(operator).push(" ");
            push_value(sql, field, value);
        }
        Test::Quantified(operator, quantifier, value) => {
            let (operator, pattern) = match operator {
                Operator::Plain(operator) => (operator, None),
                Operator::Like(operator) => (operator, Some(value.replace('*', "%"))),
            };
            sql.push(" ").push(operator).push(match quantifier {
                None => " ",
                Some(Quantifier::Any) => " any (",
                Some(Quantifier::All) => " all (",
            });
            match pattern {
                Some(pattern) => {
                    sql.value(pattern);
                }
                None => push_value(sql, field, value),
            }
            if quantifier.is_some() {
                sql.push(")");
            }
        }
        // Nothing is in an empty list, whatever the type.
        Test::In(values) if values.len() == 1 && values[0].is_empty() => {
            sql.push(" = any ('{}')");
        }
        Test::In(values) => match &field.transform {
            Some(function) => {
                let item = sql.alias();
                sql.push(&format!(" = any (select {function}({item}) from unnest("));
                sql.value(array_literal(values)).push(&format!("::text[]) as {item})"));
            }
            None => {
                sql.push(" = any (").value(array_literal(values)).push(")");
            }
        },
        Test::Is(what) => {
            sql.push(" is ").push(what);
        }
        Test::IsDistinctFrom(value) => {
            sql.push(" is distinct from ").value(value.clone());
        }
        Test::FullText(function, language, words) => {
            sql.push(" @@ ").push(function).push("(");
            push_language(sql, language.as_deref());
            sql.value(words.clone()).push(")");
        }
    }
}

/// A value as the field's type has it.
fn push_value(sql: &mut Fragment, field: &PlannedField, value: &str) {
    match &field.transform {
        Some(function) => {
            sql.push(function).push("(").value(value.to_owned()).push(")");
        }
        None => {
            sql.value(value.to_owned());
        }
    }
}

fn push_language(sql: &mut Fragment, language: Option<&str>) {
    if let Some(language) = language {
        sql.value(language.to_owned()).push(", ");
    }
}

/// An array in PostgreSQL's own notation, so that it infers the type of the elements.
pub(super) fn array_literal(values: &[String]) -> String {
    let mut literal = String::from("{");
    for (place, value) in values.iter().enumerate() {
        literal.push_str(if place > 0 { ",\"" } else { "\"" });
        for character in value.chars().filter(|character| *character != '\0') {
            if matches!(character, '"' | '\\') {
                literal.push('\\');
            }
            literal.push(character);
        }
        literal.push('"');
    }
    literal.push('}');
    literal
}
