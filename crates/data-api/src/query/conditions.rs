//! Fields, filters and logic trees as SQL.

use tenantry_postgres::quote_literal;

use crate::fragment::Fragment;
use crate::syntax::{Condition, Field, JsonKey, Quantifier, Test};

pub(super) fn push_field(sql: &mut Fragment, field: &Field, own: &str) {
    sql.push(own).push(".").name(&field.column);
    for step in &field.steps {
        sql.push(if step.as_text { " ->> " } else { " -> " });
        match &step.key {
            JsonKey::Index(index) => {
                sql.push(&index.to_string());
            }
            JsonKey::Name(name) => {
                sql.push(quote_literal(name).trim_start());
            }
        }
    }
}

pub(super) fn push_condition(sql: &mut Fragment, condition: &Condition, own: &str) {
    match condition {
        Condition::Group { negated, any, conditions } => {
            sql.push(if *negated { "not (" } else { "(" });
            for (place, one) in conditions.iter().enumerate() {
                if place > 0 {
                    sql.push(if *any { " or " } else { " and " });
                }
                push_condition(sql, one, own);
            }
            sql.push(")");
        }
        Condition::Filter { field, negated, test } => {
            sql.push(if *negated { "not (" } else { "" });
            push_test(sql, field, test, own);
            sql.push(if *negated { ")" } else { "" });
        }
    }
}

pub(super) fn push_test(sql: &mut Fragment, field: &Field, test: &Test, own: &str) {
    // A path compares looser than the operators of its own expression.
    let wrapped = !field.steps.is_empty();
    sql.push(if wrapped { "(" } else { "" });
    push_field(sql, field, own);
    sql.push(if wrapped { ") " } else { " " });
    match test {
        Test::Compare(operator, value) => {
            sql.push(operator).push(" ").value(value.clone());
        }
        Test::Quantified(operator, quantifier, value) => {
            let (word, values) = match quantifier {
                Quantifier::Any => (" any (", value),
                Quantifier::All => (" all (", value),
            };
            let values =
                if operator.contains("like") { values.replace('*', "%") } else { values.clone() };
            sql.push(operator).push(word).value(values).push(")");
        }
        Test::In(values) => {
            sql.push("= any (").value(array_literal(values)).push(")");
        }
        Test::Is(text) => {
            sql.push(text);
        }
        Test::FullText(function, language, query) => {
            sql.push("@@ ").push(function).push("(");
            if let Some(language) = language {
                sql.push(quote_literal(language).trim_start()).push("::regconfig, ");
            }
            sql.value(query.clone()).push(")");
        }
    }
}

/// An array literal whose elements are all quoted, so that none means anything but itself.
pub(super) fn array_literal(values: &[String]) -> String {
    let quoted: Vec<String> = values
        .iter()
        .map(|value| format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")))
        .collect();
    format!("{{{}}}", quoted.join(","))
}
