//! `order=`

use super::names::{delimiter, field, name, spaced};
use crate::syntax::failure::{
    Input, Parsed, ahead, attempt, character, either, end, in_turn, optional, separated, word,
};
use crate::syntax::{Direction, OrderTerm};

pub(in crate::syntax) fn order(input: &mut Input<'_>) -> Parsed<Vec<OrderTerm>> {
    separated(
        input,
        |input| {
            spaced(input, |input| either(input, |input| attempt(input, related_term), plain_term))
        },
        |input| character(input, ','),
    )
}

fn related_term(input: &mut Input<'_>) -> Parsed<OrderTerm> {
    let relation = name(input)?;
    character(input, '(')?;
    let field = field(input)?;
    character(input, ')')?;
    let (direction, nulls_first) = order_end(input)?;
    Ok(OrderTerm { relation: Some(relation), field, direction, nulls_first })
}

fn plain_term(input: &mut Input<'_>) -> Parsed<OrderTerm> {
    in_turn(input, |input| {
        let field = field(input)?;
        let (direction, nulls_first) = order_end(input)?;
        Ok(OrderTerm { relation: None, field, direction, nulls_first })
    })
}

fn order_end(input: &mut Input<'_>) -> Parsed<(Option<Direction>, Option<bool>)> {
    fn after_dot<T: Copy>(input: &mut Input<'_>, text: &str, meaning: T) -> Parsed<T> {
        attempt(input, |input| {
            delimiter(input)?;
            word(input, text)?;
            Ok(meaning)
        })
    }
    let direction = optional(input, |input| {
        either(
            input,
            |input| after_dot(input, "asc", Direction::Ascending),
            |input| after_dot(input, "desc", Direction::Descending),
        )
    })?;
    let nulls_first = optional(input, |input| {
        either(
            input,
            |input| after_dot(input, "nullsfirst", true),
            |input| after_dot(input, "nullslast", false),
        )
    })?;
    either(
        input,
        |input| attempt(input, |input| ahead(input, |input| character(input, ',').map(drop))),
        |input| attempt(input, end),
    )?;
    Ok((direction, nulls_first))
}
