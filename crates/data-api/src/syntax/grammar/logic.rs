//! Logic trees, which hold filters.

use super::filters::{negation, quoted_whole, test_of, unquoted};
use super::names::{delimiter, field, spaced};
use crate::syntax::failure::{
    Input, Parsed, attempt, character, deeper, either, first_of, in_turn, labelled, one, run_of,
    separated, word,
};
use crate::syntax::{Filter, Logic};

/// A value within a logic tree: quoted, an array in braces, or up to the next comma or bracket.
fn logic_value(input: &mut Input<'_>) -> Parsed<String> {
    let array = |input: &mut Input<'_>| {
        word(input, "{")?;
        let passes = |found: char| !matches!(found, '{' | '}');
        let inside = run_of(input, passes, |input| one(input, passes, None))?;
        word(input, "}")?;
        Ok(format!("{{{inside}}}"))
    };
    first_of!(input;
        |input| attempt(input, quoted_whole),
        |input| attempt(input, array),
        unquoted
    )
}

pub(in crate::syntax) fn logic(input: &mut Input<'_>) -> Parsed<Logic> {
    let filter = |input: &mut Input<'_>| {
        attempt(input, |input| {
            let field = field(input)?;
            delimiter(input)?;
            let (negated, test) = test_of(input, logic_value)?;
            Ok(Logic::Filter(Filter { field, negated, test }))
        })
    };
    either(input, filter, |input| {
        deeper(input, |input| {
            in_turn(input, |input| {
                let negated = labelled(input, "negation operator (not)", negation)?;
                let any = labelled(input, "logic operator (and, or)", |input| {
                    either(
                        input,
                        |input| attempt(input, |input| word(input, "and")).map(|()| false),
                        |input| word(input, "or").map(|()| true),
                    )
                })?;
                spaced(input, |input| character(input, '('))?;
                let members =
                    separated(input, logic, |input| spaced(input, |input| character(input, ',')))?;
                spaced(input, |input| character(input, ')'))?;
                Ok(Logic::Group { negated, any, members })
            })
        })
    })
}
