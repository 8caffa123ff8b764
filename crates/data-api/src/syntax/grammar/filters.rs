//! The value of a filter: operators and what they compare with.

use super::names::{delimiter, identifier, quoted, spaced};
use crate::syntax::failure::{
    Input, Parsed, attempt, character, either, first_of, in_turn, labelled, one, optional, refuse,
    rest, run_of, separated, word,
};
use crate::syntax::{Operator, Quantifier, Test};

pub(in crate::syntax) fn filter_value(input: &mut Input<'_>) -> Parsed<(bool, Test)> {
    test_of(input, rest)
}

type ValueParser = fn(&mut Input<'_>) -> Parsed<String>;

pub(super) fn test_of(input: &mut Input<'_>, value: ValueParser) -> Parsed<(bool, Test)> {
    in_turn(input, |input| {
        let negated = negation(input)?;
        let test = labelled(input, "operator (eq, gt, ...)", |input| {
            first_of!(input;
                |input| in_turn(input, |input| {
                    operator(input, "in")?;
                    list(input).map(Test::In)
                }),
                |input| in_turn(input, |input| {
                    operator(input, "is")?;
                    is_value(input).map(Test::Is)
                }),
                |input| in_turn(input, |input| {
                    operator(input, "isdistinct")?;
                    value(input).map(Test::IsDistinctFrom)
                }),
                |input| attempt(input, |input| full_text(input, value)),
                |input| attempt(input, |input| compare(input, value)),
                |input| attempt(input, |input| quantified(input, value))
            )
        })?;
        Ok((negated, test))
    })
}

/// `not.` or nothing.
pub(super) fn negation(input: &mut Input<'_>) -> Parsed<bool> {
    either(
        input,
        |input| {
            attempt(input, |input| {
                word(input, "not")?;
                delimiter(input)?;
                Ok(true)
            })
        },
        |_| Ok(false),
    )
}

fn operator(input: &mut Input<'_>, name: &str) -> Parsed<()> {
    attempt(input, |input| {
        word(input, name)?;
        delimiter(input)?;
        Ok(())
    })
}

/// The first of these words, as what stands beside it.
fn keyword<T: Copy>(input: &mut Input<'_>, words: &[(&str, T)]) -> Parsed<T> {
    match words {
        [] => refuse(input),
        [(text, meaning)] => attempt(input, |input| word(input, text)).map(|()| *meaning),
        [(text, meaning), more @ ..] => either(
            input,
            |input| attempt(input, |input| word(input, text)).map(|()| *meaning),
            |input| keyword(input, more),
        ),
    }
}

fn is_value(input: &mut Input<'_>) -> Parsed<&'static str> {
    const VALUES: [(&str, &str); 5] = [
        ("null", "null"),
        ("not_null", "not null"),
        ("true", "true"),
        ("false", "false"),
        ("unknown", "unknown"),
    ];
    labelled(input, "isVal: (null, not_null, true, false, unknown)", |input| {
        let mut found = None;
        for (text, meaning) in VALUES {
            let any_case = |input: &mut Input<'_>| {
                for letter in text.chars() {
                    one(input, |found| found.eq_ignore_ascii_case(&letter), None)?;
                }
                Ok(())
            };
            if optional(input, |input| attempt(input, any_case))?.is_some() {
                found = Some(meaning);
                break;
            }
        }
        found.map_or_else(|| refuse(input), Ok)
    })
}

fn compare(input: &mut Input<'_>, value: ValueParser) -> Parsed<Test> {
    let operator = keyword(
        input,
        &[
            ("neq", "<>"),
            ("cs", "@>"),
            ("cd", "<@"),
            ("ov", "&&"),
            ("sl", "<<"),
            ("sr", ">>"),
            ("nxr", "&<"),
            ("nxl", "&>"),
            ("adj", "-|-"),
        ],
    )?;
    delimiter(input)?;
    Ok(Test::Compare(operator, value(input)?))
}

fn quantified(input: &mut Input<'_>, value: ValueParser) -> Parsed<Test> {
    let operator = keyword(
        input,
        &[
            ("eq", Operator::Plain("=")),
            ("gte", Operator::Plain(">=")),
            ("gt", Operator::Plain(">")),
            ("lte", Operator::Plain("<=")),
            ("lt", Operator::Plain("<")),
            ("like", Operator::Like("like")),
            ("ilike", Operator::Like("ilike")),
            ("match", Operator::Plain("~")),
            ("imatch", Operator::Plain("~*")),
        ],
    )?;
    let quantifier = optional(input, |input| {
        attempt(input, |input| {
            character(input, '(')?;
            let quantifier = either(
                input,
                |input| attempt(input, |input| word(input, "any")).map(|()| Quantifier::Any),
                |input| word(input, "all").map(|()| Quantifier::All),
            )?;
            character(input, ')')?;
            Ok(quantifier)
        })
    })?;
    delimiter(input)?;
    Ok(Test::Quantified(operator, quantifier, value(input)?))
}

fn full_text(input: &mut Input<'_>, value: ValueParser) -> Parsed<Test> {
    let function = keyword(
        input,
        &[
            ("fts", "to_tsquery"),
            ("plfts", "plainto_tsquery"),
            ("phfts", "phraseto_tsquery"),
            ("wfts", "websearch_to_tsquery"),
        ],
    )?;
    let language = optional(input, |input| {
        attempt(input, |input| {
            character(input, '(')?;
            let language = identifier(input)?;
            character(input, ')')?;
            Ok(language)
        })
    })?;
    delimiter(input)?;
    Ok(Test::FullText(function, language, value(input)?))
}

pub(super) fn list(input: &mut Input<'_>) -> Parsed<Vec<String>> {
    in_turn(input, |input| {
        spaced(input, |input| character(input, '('))?;
        let elements = separated(input, element, |input| character(input, ','))?;
        spaced(input, |input| character(input, ')'))?;
        Ok(elements)
    })
}

fn is_inside(found: char) -> bool {
    !matches!(found, ',' | ')')
}

/// An element of a list: quoted as a whole, or as it is.
fn element(input: &mut Input<'_>) -> Parsed<String> {
    either(input, |input| attempt(input, quoted_whole), unquoted)
}

pub(super) fn quoted_whole(input: &mut Input<'_>) -> Parsed<String> {
    use winnow::stream::Stream;
    let text = quoted(input)?;
    if input.peek_token().is_some_and(is_inside) { refuse(input) } else { Ok(text) }
}

pub(super) fn unquoted(input: &mut Input<'_>) -> Parsed<String> {
    run_of(input, is_inside, |input| one(input, is_inside, None)).map(str::to_owned)
}
