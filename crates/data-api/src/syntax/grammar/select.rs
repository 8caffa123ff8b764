//! `select=`: columns, embeds and aggregates.

use super::names::{field, identifier, name, spaced};
use crate::syntax::failure::{
    Input, Parsed, ahead, attempt, character, deeper, end, first_of, in_turn, lacks_brackets,
    lacks_colons, not_followed_by, optional, refuse, separated, word,
};
use crate::syntax::{Aggregate, Embed, Field, Join, SelectColumn, SelectItem};

pub(in crate::syntax) fn select(input: &mut Input<'_>) -> Parsed<Vec<SelectItem>> {
    deeper(input, |input| {
        let list = |input: &mut Input<'_>| {
            separated(input, select_item, |input| spaced(input, |input| character(input, ',')))
        };
        Ok(optional(input, list)?.unwrap_or_default())
    })
}

fn select_item(input: &mut Input<'_>) -> Parsed<SelectItem> {
    let embed = |head: fn(&mut Input<'_>) -> Parsed<Embed>| {
        move |input: &mut Input<'_>| {
            in_turn(input, |input| {
                let embed = attempt(input, head)?;
                character(input, '(')?;
                let items = select(input)?;
                character(input, ')')?;
                Ok(SelectItem::Embed(Embed { items, ..embed }))
            })
        }
    };
    let column = |input: &mut Input<'_>| select_column(input).map(SelectItem::Column);
    if lacks_brackets(input) {
        return column(input);
    }
    first_of!(input; embed(spread_head), embed(embed_head), column)
}

fn spread_head(input: &mut Input<'_>) -> Parsed<Embed> {
    spaced(input, |input| {
        word(input, "...")?;
        let target = name(input)?;
        let (hint, join) = embed_parameters(input)?;
        attempt(input, |input| ahead(input, |input| word(input, "(")))?;
        Ok(Embed { target, alias: None, hint, join, spread: true, items: Vec::new() })
    })
}

fn embed_head(input: &mut Input<'_>) -> Parsed<Embed> {
    spaced(input, |input| {
        let alias = alias(input)?;
        let target = name(input)?;
        if target == "count" {
            return refuse(input);
        }
        let (hint, join) = embed_parameters(input)?;
        attempt(input, |input| ahead(input, |input| word(input, "(")))?;
        Ok(Embed { target, alias, hint, join, spread: false, items: Vec::new() })
    })
}

fn alias(input: &mut Input<'_>) -> Parsed<Option<String>> {
    if lacks_colons(input) {
        return Ok(None);
    }
    optional(input, |input| {
        attempt(input, |input| {
            let alias = name(input)?;
            character(input, ':')?;
            not_followed_by(input, ':')?;
            Ok(alias)
        })
    })
}

enum EmbedParameter {
    Join(Join),
    Hint(String),
}

fn embed_parameters(input: &mut Input<'_>) -> Parsed<(Option<String>, Option<Join>)> {
    let mut parameter = || {
        optional(input, |input| {
            in_turn(input, |input| {
                character(input, '!')?;
                first_of!(input;
                    |input| attempt(input, |input| word(input, "left")).map(|()| EmbedParameter::Join(Join::Left)),
                    |input| attempt(input, |input| word(input, "inner")).map(|()| EmbedParameter::Join(Join::Inner)),
                    |input| attempt(input, name).map(EmbedParameter::Hint)
                )
            })
        })
    };
    let given = [parameter()?, parameter()?];
    let (mut hint, mut join) = (None, None);
    for one in given.into_iter().flatten() {
        match one {
            EmbedParameter::Hint(name) => hint = hint.or(Some(name)),
            EmbedParameter::Join(kind) => join = join.or(Some(kind)),
        }
    }
    Ok((hint, join))
}

fn select_column(input: &mut Input<'_>) -> Parsed<SelectColumn> {
    let all = || Field { name: "*".into(), path: Vec::new() };
    spaced(input, |input| {
        first_of!(input;
            |input| attempt(input, |input| {
                word(input, "*")?;
                column_end(input)?;
                Ok(SelectColumn { field: all(), alias: None, cast: None, aggregate: None, aggregate_cast: None })
            }),
            |input| attempt(input, |input| {
                let alias = alias(input)?;
                word(input, "count()")?;
                let aggregate_cast = cast(input)?;
                column_end(input)?;
                Ok(SelectColumn { field: all(), alias, cast: None, aggregate: Some(Aggregate::Count), aggregate_cast })
            }),
            |input| in_turn(input, |input| {
                let alias = alias(input)?;
                let field = field(input)?;
                let first_cast = cast(input)?;
                let aggregate = optional(input, |input| attempt(input, aggregate))?;
                let aggregate_cast = cast(input)?;
                column_end(input)?;
                Ok(SelectColumn { field, alias, cast: first_cast, aggregate, aggregate_cast })
            })
        )
    })
}

fn cast(input: &mut Input<'_>) -> Parsed<Option<String>> {
    optional(input, |input| {
        in_turn(input, |input| {
            word(input, "::")?;
            identifier(input)
        })
    })
}

fn aggregate(input: &mut Input<'_>) -> Parsed<Aggregate> {
    character(input, '.')?;
    let found = first_of!(input;
        |input| word(input, "sum").map(|()| Aggregate::Sum),
        |input| word(input, "avg").map(|()| Aggregate::Avg),
        |input| word(input, "count").map(|()| Aggregate::Count),
        |input| attempt(input, |input| word(input, "max")).map(|()| Aggregate::Max),
        |input| attempt(input, |input| word(input, "min")).map(|()| Aggregate::Min)
    )?;
    word(input, "()")?;
    Ok(found)
}

fn column_end(input: &mut Input<'_>) -> Parsed<()> {
    first_of!(input;
        |input| attempt(input, |input| ahead(input, |input| word(input, ")"))),
        |input| attempt(input, |input| ahead(input, |input| word(input, ","))),
        |input| attempt(input, end)
    )
}
