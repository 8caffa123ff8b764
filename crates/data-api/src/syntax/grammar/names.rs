//! Names of columns and relations, and the paths into JSON behind them.

use crate::syntax::failure::{
    Input, Parsed, ahead, attempt, character, either, end, first_of, in_turn, labelled, many,
    not_followed_by, one, optional, run_of, separated, word,
};
use crate::syntax::{Field, JsonKey, JsonStep};

/// How a name is told where one is missing.
const NAME: &str = "field name (* or [a..z0..9_$])";

/// Blanks on both sides do not count.
pub(super) fn spaced<T>(
    input: &mut Input<'_>,
    parser: impl FnOnce(&mut Input<'_>) -> Parsed<T>,
) -> Parsed<T> {
    fn blanks(input: &mut Input<'_>) -> Parsed<()> {
        let is_blank = |found: char| matches!(found, ' ' | '\t');
        run_of(input, is_blank, |input| one(input, is_blank, None)).map(drop)
    }
    in_turn(input, |input| {
        blanks(input)?;
        let parsed = parser(input)?;
        blanks(input)?;
        Ok(parsed)
    })
}

fn is_sign(found: char) -> bool {
    matches!(found, '_' | ' ' | '$')
}

fn identifier_character(input: &mut Input<'_>) -> Parsed<char> {
    first_of!(input;
        |input| one(input, char::is_alphabetic, Some("letter")),
        |input| one(input, |found| found.is_ascii_digit(), Some("digit")),
        |input| one(input, is_sign, None)
    )
}

pub(super) fn identifier(input: &mut Input<'_>) -> Parsed<String> {
    let passes = |found: char| found.is_alphabetic() || found.is_ascii_digit() || is_sign(found);
    at_least_one(input, passes, identifier_character).map(|text| text.trim().to_owned())
}

/// A run of characters that is not empty.
fn at_least_one<'a>(
    input: &mut Input<'a>,
    passes: impl Fn(char) -> bool,
    single: fn(&mut Input<'_>) -> Parsed<char>,
) -> Parsed<&'a str> {
    ahead(input, single)?;
    run_of(input, passes, single)
}

/// Parts with dashes between, which are no arrows.
fn dashed(input: &mut Input<'_>, part: fn(&mut Input<'_>) -> Parsed<String>) -> Parsed<String> {
    let dash = |input: &mut Input<'_>| {
        attempt(input, |input| {
            character(input, '-')?;
            not_followed_by(input, '>')
        })
    };
    let next = |input: &mut Input<'_>| {
        in_turn(input, |input| {
            dash(input)?;
            part(input)
        })
    };
    in_turn(input, |input| {
        let mut text = part(input)?;
        while let Some(more) = optional(input, next)? {
            text.push('-');
            text.push_str(&more);
        }
        Ok(text)
    })
}

pub(super) fn quoted(input: &mut Input<'_>) -> Parsed<String> {
    fn plain<'a>(input: &mut Input<'a>) -> Parsed<&'a str> {
        let passes = |found: char| !matches!(found, '\\' | '"');
        run_of(input, passes, |input| one(input, passes, None))
    }
    fn escaped(input: &mut Input<'_>) -> Parsed<char> {
        in_turn(input, |input| {
            character(input, '\\')?;
            one(input, |_| true, None)
        })
    }
    in_turn(input, |input| {
        character(input, '"')?;
        let mut text = plain(input)?.to_owned();
        while let Some(meant) = optional(input, escaped)? {
            text.push(meant);
            text.push_str(plain(input)?);
        }
        character(input, '"')?;
        Ok(text)
    })
}

pub(super) fn name(input: &mut Input<'_>) -> Parsed<String> {
    labelled(input, NAME, |input| either(input, quoted, |input| dashed(input, identifier)))
}

pub(in crate::syntax) fn names(input: &mut Input<'_>) -> Parsed<Vec<String>> {
    separated(input, name, |input| spaced(input, |input| character(input, ',')))
}

pub(super) fn field(input: &mut Input<'_>) -> Parsed<Field> {
    spaced(input, |input| Ok(Field { name: name(input)?, path: json_path(input)? }))
}

fn json_path(input: &mut Input<'_>) -> Parsed<Vec<JsonStep>> {
    many(input, |input| {
        in_turn(input, |input| {
            let as_text = either(
                input,
                |input| attempt(input, |input| word(input, "->>")).map(|()| true),
                |input| attempt(input, |input| word(input, "->")).map(|()| false),
            )?;
            let key = either(
                input,
                |input| attempt(input, json_index),
                |input| attempt(input, json_name),
            )?;
            Ok(JsonStep { as_text, key })
        })
    })
}

fn digit(input: &mut Input<'_>) -> Parsed<char> {
    one(input, |found| found.is_ascii_digit(), Some("digit"))
}

fn json_index(input: &mut Input<'_>) -> Parsed<JsonKey> {
    let minus = optional(input, |input| one(input, |found| found == '-', None))?;
    let mut number: String = minus.into_iter().collect();
    let is_digit = |found: char| found.is_ascii_digit();
    number.push_str(at_least_one(input, is_digit, digit)?);
    let sign = |text: &'static str| {
        move |input: &mut Input<'_>| attempt(input, |input| ahead(input, |input| word(input, text)))
    };
    let closes = input_starts_with(input, ')');
    if !closes {
        first_of!(input; sign("->"), sign("::"), sign("."), sign(","), |input| attempt(input, end))?;
    }
    Ok(JsonKey::Index(number))
}

/// An index may also be the last of an embed's columns.
fn input_starts_with(input: &Input<'_>, wanted: char) -> bool {
    use winnow::stream::Stream;
    input.peek_token() == Some(wanted)
}

fn json_name(input: &mut Input<'_>) -> Parsed<JsonKey> {
    fn part(input: &mut Input<'_>) -> Parsed<String> {
        fn passes(found: char) -> bool {
            !matches!(found, '(' | '-' | ':' | '.' | ',' | '>' | ')')
        }
        at_least_one(input, passes, |input| one(input, passes, None))
            .map(|text| text.trim().to_owned())
    }
    labelled(input, "any non reserved character different from: .,>()", |input| {
        either(input, quoted, |input| dashed(input, part))
    })
    .map(JsonKey::Name)
}

pub(super) fn delimiter(input: &mut Input<'_>) -> Parsed<char> {
    labelled(input, "delimiter (.)", |input| one(input, |found| found == '.', Some("\".\"")))
}

pub(in crate::syntax) fn tree_path(input: &mut Input<'_>) -> Parsed<(Vec<String>, Field)> {
    in_turn(input, |input| {
        let mut path = separated(input, name, delimiter)?;
        let steps = json_path(input)?;
        let last = path.pop().unwrap_or_default();
        Ok((path, Field { name: last, path: steps }))
    })
}

pub(in crate::syntax) fn logic_path(input: &mut Input<'_>) -> Parsed<Vec<String>> {
    separated(input, name, delimiter)
}
