//! What stands between the braces: variables, literals and the few functions.

use std::iter::Peekable;
use std::str::CharIndices;

use serde_json::Value;

/// The variables that there are; only the last has parts.
const VARIABLES: [&str; 14] = [
    "SiteURL",
    "ConfirmationURL",
    "Token",
    "TokenHash",
    "Email",
    "NewEmail",
    "OldEmail",
    "SendingTo",
    "RedirectTo",
    "Provider",
    "FactorType",
    "Reason",
    "Reference",
    DATA,
];
const DATA: &str = "Data";

/// So that no template exhausts the stack.
const MOST_PARENTHESES: usize = 50;

/// Something that has a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expression {
    Variable(Vec<String>),
    Literal(Value),
    /// The first, compared with each of the others.
    Equal(Vec<Expression>),
    Different(Box<[Expression; 2]>),
    Not(Box<Expression>),
    And(Vec<Expression>),
    Or(Vec<Expression>),
}

impl Expression {
    /// Reads one, or says what is wrong.
    pub(super) fn parse(text: &str) -> Result<Expression, String> {
        let tokens = tokens(text)?;
        if tokens.iter().filter(|token| matches!(token, Token::Open)).count() > MOST_PARENTHESES {
            return Err("there are too many parentheses; write it in several {{ if }}".into());
        }
        let mut tokens = tokens.into_iter().peekable();
        let found = call(&mut tokens)?;
        match tokens.next() {
            None => Ok(found),
            Some(token) => Err(unexpected(&token)),
        }
    }

    /// Its value with these variables.
    pub(super) fn evaluate(&self, variables: &Value) -> Value {
        match self {
            Expression::Variable(path) => {
                let mut found = variables;
                for name in path {
                    found = found.get(name).unwrap_or(&Value::Null);
                }
                found.clone()
            }
            Expression::Literal(value) => value.clone(),
            Expression::Equal(operands) => {
                let mut values = operands.iter().map(|operand| operand.evaluate(variables));
                let first = values.next();
                values.any(|value| Some(value) == first).into()
            }
            Expression::Different(operands) => {
                (operands[0].evaluate(variables) != operands[1].evaluate(variables)).into()
            }
            Expression::Not(operand) => (!is_true(&operand.evaluate(variables))).into(),
            Expression::And(operands) => first_that(operands, variables, |value| !is_true(value)),
            Expression::Or(operands) => first_that(operands, variables, is_true),
        }
    }
}

/// The first operand's value that is so, or the last one's: what `and` and `or` mean in Go.
fn first_that(operands: &[Expression], variables: &Value, is_so: fn(&Value) -> bool) -> Value {
    let mut value = Value::Null;
    for operand in operands {
        value = operand.evaluate(variables);
        if is_so(&value) {
            break;
        }
    }
    value
}

/// Go's idea of truth: what is empty is false.
pub(super) fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

/// A value as text: nothing for null, JSON for what has parts.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[derive(Debug)]
enum Token {
    Open,
    Close,
    Variable(Vec<String>),
    Literal(Value),
    Name(String),
}

type Tokens = Peekable<std::vec::IntoIter<Token>>;

/// A function with its operands, or one value.
fn call(tokens: &mut Tokens) -> Result<Expression, String> {
    let Some(Token::Name(name)) = tokens.next_if(|token| matches!(token, Token::Name(_))) else {
        let value = operand(tokens)?;
        return match tokens.peek() {
            None | Some(Token::Close) => Ok(value),
            Some(name @ Token::Name(_)) => Err(unexpected(name)),
            Some(_) => Err("one value at a time; compare two with `eq` or `ne`".into()),
        };
    };
    if !matches!(name.as_str(), "eq" | "ne" | "not" | "and" | "or") {
        return Err(unexpected(&Token::Name(name)));
    }
    let mut operands = Vec::new();
    while tokens.peek().is_some_and(|token| !matches!(token, Token::Close)) {
        operands.push(operand(tokens)?);
    }
    let count = operands.len();
    match (name.as_str(), <[Expression; 1]>::try_from(operands)) {
        ("not", Ok([operand])) => Ok(Expression::Not(Box::new(operand))),
        ("eq", Err(operands)) if count >= 2 => Ok(Expression::Equal(operands)),
        ("and", Err(operands)) if count >= 2 => Ok(Expression::And(operands)),
        ("or", Err(operands)) if count >= 2 => Ok(Expression::Or(operands)),
        ("ne", Err(operands)) if count == 2 => match <[Expression; 2]>::try_from(operands) {
            Ok(operands) => Ok(Expression::Different(Box::new(operands))),
            Err(_) => Err("`ne` needs two values".into()),
        },
        ("not", _) => Err("`not` needs one value; write parentheses around more".into()),
        (name, _) => Err(format!("`{name}` needs two values")),
    }
}

fn operand(tokens: &mut Tokens) -> Result<Expression, String> {
    match tokens.next() {
        Some(Token::Variable(path)) => Ok(Expression::Variable(path)),
        Some(Token::Literal(value)) => Ok(Expression::Literal(value)),
        Some(Token::Open) => {
            let inner = call(tokens)?;
            match tokens.next() {
                Some(Token::Close) => Ok(inner),
                _ => Err("this `(` is not closed".into()),
            }
        }
        Some(other) => Err(unexpected(&other)),
        None => Err("a value is missing, such as .Token".into()),
    }
}

fn unexpected(token: &Token) -> String {
    let shown = match token {
        Token::Open => "(",
        Token::Close => ")",
        Token::Name(name) => name,
        Token::Variable(_) | Token::Literal(_) => "a second value",
    };
    format!(
        "`{shown}` is not understood here; there are .Variable, \"text\", if, else, end, eq, ne, and, or, not"
    )
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut found = Vec::new();
    let mut characters = text.char_indices().peekable();
    while let Some((start, first)) = characters.next() {
        found.push(match first {
            ' ' | '\t' | '\n' | '\r' => continue,
            '(' => Token::Open,
            ')' => Token::Close,
            '"' => Token::Literal(quoted(text, start, &mut characters)?.into()),
            '`' => {
                characters.find(|(_, found)| *found == '`');
                let end = characters.peek().map_or(text.len(), |(index, _)| *index);
                Token::Literal(text[start + 1..end - 1].into())
            }
            _ => {
                let word = word(text, start, &mut characters);
                match word.strip_prefix('.') {
                    Some(path) => Token::Variable(path_of(path)?),
                    None => literal_or_name(word),
                }
            }
        });
    }
    Ok(found)
}

/// A double-quoted literal; its escapes are those of JSON.
fn quoted(
    text: &str,
    start: usize,
    characters: &mut Peekable<CharIndices<'_>>,
) -> Result<String, String> {
    let mut escaped = false;
    for (index, found) in characters.by_ref() {
        match found {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => {
                let literal = &text[start..=index];
                return serde_json::from_str(literal)
                    .map_err(|_| format!("{literal} is no text; mind its backslashes"));
            }
            _ => {}
        }
    }
    Err("this text is not closed; write \" after it".into())
}

fn word<'a>(text: &'a str, start: usize, characters: &mut Peekable<CharIndices<'_>>) -> &'a str {
    let ends = |found: &char| found.is_whitespace() || matches!(found, '(' | ')' | '"' | '`');
    while characters.next_if(|(_, found)| !ends(found)).is_some() {}
    let end = characters.peek().map_or(text.len(), |(index, _)| *index);
    &text[start..end]
}

fn path_of(path: &str) -> Result<Vec<String>, String> {
    let names: Vec<String> = path.split('.').map(str::to_owned).collect();
    let first = names.first().map_or("", String::as_str);
    if !VARIABLES.contains(&first) {
        return Err(format!("there is no variable .{first}; there are .{}", VARIABLES.join(", .")));
    }
    if names.len() > 1 && first != DATA {
        return Err(format!(".{first} is one text; only .Data has parts"));
    }
    let letters = |name: &String| {
        !name.is_empty() && name.chars().all(|found| found.is_alphanumeric() || found == '_')
    };
    if !names.iter().all(letters) {
        return Err(format!(".{path} is no variable"));
    }
    Ok(names)
}

fn literal_or_name(word: &str) -> Token {
    match serde_json::from_str::<Value>(word) {
        Ok(value @ (Value::Bool(_) | Value::Number(_))) => Token::Literal(value),
        _ => Token::Name(word.to_owned()),
    }
}
