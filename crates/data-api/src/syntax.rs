//! The grammar of the query string: select lists, filters, logic trees, order.
//!
//! Syntax only: nothing here knows a table.

use winnow::Parser;
use winnow::ascii::digit1;
use winnow::combinator::{
    alt, cut_err, delimited, eof, opt, preceded, repeat, separated, terminated,
};
use winnow::error::{ContextError, ErrMode};
use winnow::token::{any, none_of, one_of, take_while};

type Result<T> = winnow::Result<T, ErrMode<ContextError>>;

/// How deep embeds and logic trees may nest: deeper ones could exhaust the stack.
pub const DEEPEST: usize = 16;

/// A column, possibly with a way into its JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The column.
    pub column: String,
    /// `->` and `->>` steps.
    pub steps: Vec<JsonStep>,
}

/// One `->` or `->>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonStep {
    /// `->>`: the result is text.
    pub as_text: bool,
    /// A key or an index.
    pub key: JsonKey,
}

/// What a step goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JsonKey {
    /// A key of an object.
    Name(String),
    /// An index of an array; negative from its end.
    Index(i32),
}

/// One item of `select=`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SelectItem {
    /// `*`
    All,
    /// `alias:column->path::cast`
    Field {
        /// The column and path.
        field: Field,
        /// The output name.
        alias: Option<String>,
        /// The type to cast to.
        cast: Option<String>,
    },
    /// `alias:target!hint!inner(items)` or `...target(items)`
    Embed(Embed),
}

/// An embedded relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Embed {
    /// A relation, a foreign key's name or a foreign key's column.
    pub target: String,
    /// The output name.
    pub alias: Option<String>,
    /// Which of several relationships.
    pub hint: Option<String>,
    /// `!inner`: only parents that have one.
    pub inner: bool,
    /// `...`: its columns become the parent's.
    pub spread: bool,
    /// What is selected of it.
    pub items: Vec<SelectItem>,
}

/// A condition on rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// `column=operator.value`
    Filter {
        /// What is compared.
        field: Field,
        /// `not.`
        negated: bool,
        /// How.
        test: Test,
    },
    /// `and=(...)`, `or=(...)`
    Group {
        /// `not.`
        negated: bool,
        /// Whether one is enough.
        any: bool,
        /// What is joined.
        conditions: Vec<Condition>,
    },
}

/// An operator with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// An operator and one value.
    Compare(&'static str, String),
    /// An operator with `any` or `all` over an array literal.
    Quantified(&'static str, Quantifier, String),
    /// `in.(...)`
    In(Vec<String>),
    /// `is.null` and the like, as SQL.
    Is(&'static str),
    /// Full-text search: the function and the language.
    FullText(&'static str, Option<String>, String),
}

/// `any` or `all`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantifier {
    /// One is enough.
    Any,
    /// Every one.
    All,
}

/// One term of `order=`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderTerm {
    /// What is ordered by.
    pub field: Field,
    /// `desc`
    pub descending: bool,
    /// `nullsfirst` or `nullslast`
    pub nulls_first: Option<bool>,
}

/// Where a text stopped making sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// The text.
    pub text: String,
    /// The offset in characters, from 1.
    pub column: usize,
}

/// URL operators and their SQL.
const OPERATORS: [(&str, &str); 22] = [
    ("eq", "="),
    ("neq", "<>"),
    ("gte", ">="),
    ("gt", ">"),
    ("lte", "<="),
    ("lt", "<"),
    ("like", "like"),
    ("ilike", "ilike"),
    ("match", "~"),
    ("imatch", "~*"),
    ("isdistinct", "is distinct from"),
    ("cs", "@>"),
    ("cd", "<@"),
    ("ov", "&&"),
    ("sl", "<<"),
    ("sr", ">>"),
    ("nxr", "&<"),
    ("nxl", "&>"),
    ("adj", "-|-"),
    ("fts", "to_tsquery"),
    ("plfts", "plainto_tsquery"),
    ("phfts", "phraseto_tsquery"),
];

/// Parses `select=`.
pub fn select(text: &str) -> std::result::Result<Vec<SelectItem>, SyntaxError> {
    if text.trim().is_empty() {
        return Ok(vec![SelectItem::All]);
    }
    whole(|input: &mut &str| select_items(input, 0), text)
}

/// Parses `order=`.
pub fn order(text: &str) -> std::result::Result<Vec<OrderTerm>, SyntaxError> {
    whole(separated(1.., order_term, (',', spaces)), text)
}

/// Parses a comma-separated list of names.
pub fn names(text: &str) -> std::result::Result<Vec<String>, SyntaxError> {
    whole(separated(1.., delimited(spaces, name, spaces), ','), text)
}

/// Parses a field, such as a filter's name.
pub fn field_name(text: &str) -> std::result::Result<Field, SyntaxError> {
    whole(field, text)
}

/// Parses the value of a filter: `not.eq.3`.
pub fn filter(text: &str) -> std::result::Result<(bool, Test), SyntaxError> {
    whole(|input: &mut &str| negated_test(input, false), text)
}

/// Parses the value of `and=` or `or=`.
pub fn logic(text: &str) -> std::result::Result<Vec<Condition>, SyntaxError> {
    whole(terminated(|input: &mut &str| group_items(input, 0), spaces), text)
}

fn whole<'a, T>(
    parser: impl Parser<&'a str, T, ErrMode<ContextError>>,
    text: &'a str,
) -> std::result::Result<T, SyntaxError> {
    terminated(parser, eof).parse(text).map_err(|error| SyntaxError {
        text: text.to_owned(),
        column: text.get(..error.offset()).map_or(0, |before| before.chars().count()) + 1,
    })
}

fn spaces(input: &mut &str) -> Result<()> {
    take_while(0.., ' ').void().parse_next(input)
}

/// A quoted name may hold anything; a bare one ends at what has a meaning.
fn name(input: &mut &str) -> Result<String> {
    alt((quoted, bare_name)).parse_next(input)
}

fn bare_name(input: &mut &str) -> Result<String> {
    let text: &str = (
        none_of(['"', '.', ',', '>', '(', ')', ':', '!', ' ', '*', '-']),
        repeat::<_, _, (), _, _>(
            0..,
            alt((
                none_of(['"', '.', ',', '>', '(', ')', ':', '!', '-']).void(),
                ('-', winnow::combinator::not('>')).void(),
            )),
        ),
    )
        .take()
        .parse_next(input)?;
    Ok(text.trim_end().to_owned())
}

fn quoted(input: &mut &str) -> Result<String> {
    let character = alt((preceded('\\', any), none_of(['"', '\\'])));
    delimited('"', repeat(0.., character), '"').parse_next(input)
}

fn field(input: &mut &str) -> Result<Field> {
    let column = name.parse_next(input)?;
    let steps = repeat(0.., json_step).parse_next(input)?;
    Ok(Field { column, steps })
}

fn json_step(input: &mut &str) -> Result<JsonStep> {
    let as_text = alt(("->>".value(true), "->".value(false))).parse_next(input)?;
    let text: String = alt((
        quoted,
        take_while(1.., |character| !matches!(character, '.' | ',' | '>' | '(' | ')' | ':' | '-'))
            .map(str::to_owned),
        (opt('-'), digit1).take().map(str::to_owned),
    ))
    .parse_next(input)?;
    let key = text.parse().map_or_else(|_| JsonKey::Name(text.clone()), JsonKey::Index);
    Ok(JsonStep { as_text, key })
}

fn select_items(input: &mut &str, depth: usize) -> Result<Vec<SelectItem>> {
    if depth > DEEPEST {
        return Err(ErrMode::Cut(ContextError::new()));
    }
    separated(0.., |input: &mut &str| select_item(input, depth), (',', spaces)).parse_next(input)
}

fn select_item(input: &mut &str, depth: usize) -> Result<SelectItem> {
    spaces(input)?;
    if opt('*').parse_next(input)?.is_some() {
        return Ok(SelectItem::All);
    }
    let spread = opt("...").parse_next(input)?.is_some();
    let alias = opt(terminated(name, (':', winnow::combinator::not(':')))).parse_next(input)?;
    let start = *input;
    let target = name.parse_next(input)?;
    let hints: Vec<String> = repeat(0.., preceded('!', name)).parse_next(input)?;
    if opt('(').parse_next(input)?.is_some() {
        let items = cut_err(terminated(|input: &mut &str| select_items(input, depth + 1), ')'))
            .parse_next(input)?;
        let inner = hints.iter().any(|hint| hint == "inner");
        let hint = hints.into_iter().find(|hint| hint != "inner" && hint != "left");
        return Ok(SelectItem::Embed(Embed { target, alias, hint, inner, spread, items }));
    }
    if spread || !hints.is_empty() {
        return Err(ErrMode::Cut(ContextError::new()));
    }
    *input = start;
    let field = field.parse_next(input)?;
    let cast = opt(preceded("::", name)).parse_next(input)?;
    Ok(SelectItem::Field { field, alias, cast })
}

fn order_term(input: &mut &str) -> Result<OrderTerm> {
    let field = delimited(spaces, field, spaces).parse_next(input)?;
    let descending = opt(alt((".asc".value(false), ".desc".value(true)))).parse_next(input)?;
    let nulls_first =
        opt(alt((".nullsfirst".value(true), ".nullslast".value(false)))).parse_next(input)?;
    spaces(input)?;
    Ok(OrderTerm { field, descending: descending.unwrap_or(false), nulls_first })
}

/// `in_tree`: within parentheses, where commas and parentheses end a value that is not quoted.
fn negated_test(input: &mut &str, in_tree: bool) -> Result<(bool, Test)> {
    let negated = opt("not.").parse_next(input)?.is_some();
    let test = test(input, in_tree)?;
    Ok((negated, test))
}

fn test(input: &mut &str, in_tree: bool) -> Result<Test> {
    let operator: &str =
        take_while(1.., |character: char| character.is_ascii_lowercase()).parse_next(input)?;
    match operator {
        "is" => preceded('.', is_value).parse_next(input),
        "in" => preceded('.', list).map(Test::In).parse_next(input),
        "fts" | "plfts" | "phfts" | "wfts" => {
            let language = opt(delimited('(', take_while(1.., |character| character != ')'), ')'))
                .parse_next(input)?;
            let language = language.map(str::to_owned);
            let query =
                preceded('.', |input: &mut &str| value(input, in_tree)).parse_next(input)?;
            let function = OPERATORS
                .iter()
                .find(|(name, _)| *name == operator)
                .map_or("websearch_to_tsquery", |(_, sql)| sql);
            Ok(Test::FullText(function, language, query))
        }
        _ => {
            let Some((_, sql)) = OPERATORS.iter().find(|(name, _)| *name == operator) else {
                return Err(ErrMode::Backtrack(ContextError::new()));
            };
            let quantifier =
                opt(alt(("(any)".value(Quantifier::Any), "(all)".value(Quantifier::All))))
                    .parse_next(input)?;
            let mut value =
                preceded('.', |input: &mut &str| value(input, in_tree)).parse_next(input)?;
            if matches!(operator, "like" | "ilike") {
                value = value.replace('*', "%");
            }
            Ok(match quantifier {
                Some(quantifier) => Test::Quantified(sql, quantifier, value),
                None => Test::Compare(sql, value),
            })
        }
    }
}

fn is_value(input: &mut &str) -> Result<Test> {
    let word: &str =
        take_while(1.., |character: char| character.is_ascii_alphabetic() || character == '_')
            .parse_next(input)?;
    let sql = match word.to_ascii_lowercase().as_str() {
        "null" => "is null",
        "not_null" => "is not null",
        "true" => "is true",
        "false" => "is false",
        "unknown" => "is unknown",
        _ => return Err(ErrMode::Cut(ContextError::new())),
    };
    Ok(Test::Is(sql))
}

fn list(input: &mut &str) -> Result<Vec<String>> {
    let element = alt((
        delimited(spaces, quoted, (spaces, winnow::combinator::peek(one_of([',', ')'])))),
        take_while(0.., |character| !matches!(character, ',' | ')')).map(str::to_owned),
    ));
    let values: Vec<String> =
        delimited('(', separated(1.., element, ','), ')').parse_next(input)?;
    // "()" and "( )" hold no element rather than an empty one.
    Ok(if values.len() == 1 && values[0].trim().is_empty() { Vec::new() } else { values })
}

fn value(input: &mut &str, in_tree: bool) -> Result<String> {
    if !in_tree {
        return take_while(0.., |_| true).map(str::to_owned).parse_next(input);
    }
    alt((
        terminated(quoted, winnow::combinator::peek(one_of([',', ')', ' ']))),
        braced.map(str::to_owned),
        take_while(0.., |character| !matches!(character, ',' | ')'))
            .map(|text: &str| text.trim_end().to_owned()),
    ))
    .parse_next(input)
}

/// An array or range literal keeps its commas.
fn braced<'a>(input: &mut &'a str) -> Result<&'a str> {
    delimited('{', take_while(0.., |character| character != '}'), '}').take().parse_next(input)
}

fn group_items(input: &mut &str, depth: usize) -> Result<Vec<Condition>> {
    if depth > DEEPEST {
        return Err(ErrMode::Cut(ContextError::new()));
    }
    let item = |input: &mut &str| condition(input, depth);
    delimited((spaces, '('), separated(1.., delimited(spaces, item, spaces), ','), ')')
        .parse_next(input)
}

fn condition(input: &mut &str, depth: usize) -> Result<Condition> {
    alt((|input: &mut &str| group(input, depth), tree_filter)).parse_next(input)
}

fn group(input: &mut &str, depth: usize) -> Result<Condition> {
    let negated = opt("not.").parse_next(input)?.is_some();
    let any = alt(("and".value(false), "or".value(true))).parse_next(input)?;
    let conditions = group_items(input, depth + 1)?;
    Ok(Condition::Group { negated, any, conditions })
}

fn tree_filter(input: &mut &str) -> Result<Condition> {
    let field = terminated(field, '.').parse_next(input)?;
    let (negated, test) = negated_test(input, true)?;
    Ok(Condition::Filter { field, negated, test })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str) -> Field {
        Field { column: name.into(), steps: Vec::new() }
    }

    #[test]
    fn select_lists() {
        let plain = |name: &str| SelectItem::Field { field: column(name), alias: None, cast: None };
        assert_eq!(select("").unwrap(), [SelectItem::All]);
        assert_eq!(select("id, title").unwrap(), [plain("id"), plain("title")]);
        assert_eq!(
            select("n:name::text").unwrap(),
            [SelectItem::Field {
                field: column("name"),
                alias: Some("n".into()),
                cast: Some("text".into())
            }]
        );
        let SelectItem::Field { field, .. } = &select("data->a->>0").unwrap()[0] else {
            panic!("a field")
        };
        assert_eq!(field.steps[0], JsonStep { as_text: false, key: JsonKey::Name("a".into()) });
        assert_eq!(field.steps[1], JsonStep { as_text: true, key: JsonKey::Index(0) });
        assert_eq!(
            select("*,author:users!posts_user_id_fkey!inner(name)").unwrap(),
            [
                SelectItem::All,
                SelectItem::Embed(Embed {
                    target: "users".into(),
                    alias: Some("author".into()),
                    hint: Some("posts_user_id_fkey".into()),
                    inner: true,
                    spread: false,
                    items: vec![plain("name")],
                })
            ]
        );
        assert!(select("id,(").is_err());
        assert!(select(&"a(".repeat(200)).is_err());
    }

    #[test]
    fn filters() {
        let table = [
            ("eq.3", (false, Test::Compare("=", "3".into()))),
            ("not.gte.3", (true, Test::Compare(">=", "3".into()))),
            ("eq.", (false, Test::Compare("=", String::new()))),
            ("like.*a*", (false, Test::Compare("like", "%a%".into()))),
            ("in.(1,\"a,b\",c)", (false, Test::In(vec!["1".into(), "a,b".into(), "c".into()]))),
            ("in.()", (false, Test::In(vec![]))),
            ("is.NULL", (false, Test::Is("is null"))),
            (
                "fts(english).cat",
                (false, Test::FullText("to_tsquery", Some("english".into()), "cat".into())),
            ),
            ("eq(any).{1,2}", (false, Test::Quantified("=", Quantifier::Any, "{1,2}".into()))),
        ];
        for (text, expected) in table {
            assert_eq!(filter(text).unwrap(), expected, "{text}");
        }
        for text in ["3", "nonsense.3", "is.maybe", "eq"] {
            assert!(filter(text).is_err(), "{text}");
        }
    }

    #[test]
    fn logic_trees() {
        let [
            Condition::Group { any: true, conditions, .. },
            Condition::Filter { negated: true, .. },
        ] = &logic("(or(a.eq.1, b.eq.\"x,y\"),c.not.is.null)").unwrap()[..]
        else {
            panic!("a group and a filter")
        };
        assert_eq!(
            conditions[1],
            Condition::Filter {
                field: column("b"),
                negated: false,
                test: Test::Compare("=", "x,y".into())
            }
        );
        assert!(logic("()").is_err());
    }

    #[test]
    fn orders() {
        assert_eq!(
            order("a.desc.nullslast, b").unwrap(),
            [
                OrderTerm { field: column("a"), descending: true, nulls_first: Some(false) },
                OrderTerm { field: column("b"), descending: false, nulls_first: None },
            ]
        );
        assert_eq!(order("a.sideways").unwrap_err().column, 2);
    }
}
