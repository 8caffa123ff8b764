//! The grammar itself, rule by rule.

use super::failure::{
    Input, Parsed, ahead, attempt, character, deeper, either, end, first_of, in_turn, labelled,
    lacks_brackets, lacks_colons, many, not_followed_by, one, optional, refuse, rest, run_of,
    separated, word,
};
use super::{
    Aggregate, Direction, Embed, Field, Filter, Join, JsonKey, JsonStep, Logic, Operator,
    OrderTerm, Quantifier, SelectColumn, SelectItem, Test,
};

/// How a name is told where one is missing.
const NAME: &str = "field name (* or [a..z0..9_$])";

pub(super) fn select(input: &mut Input<'_>) -> Parsed<Vec<SelectItem>> {
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

/// Blanks on both sides do not count.
fn spaced<T>(input: &mut Input<'_>, parser: impl FnOnce(&mut Input<'_>) -> Parsed<T>) -> Parsed<T> {
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

fn identifier(input: &mut Input<'_>) -> Parsed<String> {
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

fn quoted(input: &mut Input<'_>) -> Parsed<String> {
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

fn name(input: &mut Input<'_>) -> Parsed<String> {
    labelled(input, NAME, |input| either(input, quoted, |input| dashed(input, identifier)))
}

pub(super) fn names(input: &mut Input<'_>) -> Parsed<Vec<String>> {
    separated(input, name, |input| spaced(input, |input| character(input, ',')))
}

fn field(input: &mut Input<'_>) -> Parsed<Field> {
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

fn delimiter(input: &mut Input<'_>) -> Parsed<char> {
    labelled(input, "delimiter (.)", |input| one(input, |found| found == '.', Some("\".\"")))
}

pub(super) fn tree_path(input: &mut Input<'_>) -> Parsed<(Vec<String>, Field)> {
    in_turn(input, |input| {
        let mut path = separated(input, name, delimiter)?;
        let steps = json_path(input)?;
        let last = path.pop().unwrap_or_default();
        Ok((path, Field { name: last, path: steps }))
    })
}

pub(super) fn logic_path(input: &mut Input<'_>) -> Parsed<Vec<String>> {
    separated(input, name, delimiter)
}

pub(super) fn filter_value(input: &mut Input<'_>) -> Parsed<(bool, Test)> {
    test_of(input, rest)
}

type ValueParser = fn(&mut Input<'_>) -> Parsed<String>;

fn test_of(input: &mut Input<'_>, value: ValueParser) -> Parsed<(bool, Test)> {
    in_turn(input, |input| {
        let negated = either(
            input,
            |input| {
                attempt(input, |input| {
                    word(input, "not")?;
                    delimiter(input)?;
                    Ok(true)
                })
            },
            |_| Ok(false),
        )?;
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

fn list(input: &mut Input<'_>) -> Parsed<Vec<String>> {
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

fn quoted_whole(input: &mut Input<'_>) -> Parsed<String> {
    use winnow::stream::Stream;
    let text = quoted(input)?;
    if input.peek_token().is_some_and(is_inside) { refuse(input) } else { Ok(text) }
}

fn unquoted(input: &mut Input<'_>) -> Parsed<String> {
    run_of(input, is_inside, |input| one(input, is_inside, None)).map(str::to_owned)
}

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

pub(super) fn logic(input: &mut Input<'_>) -> Parsed<Logic> {
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
                let negated = labelled(input, "negation operator (not)", |input| {
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
                })?;
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

pub(super) fn order(input: &mut Input<'_>) -> Parsed<Vec<OrderTerm>> {
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
