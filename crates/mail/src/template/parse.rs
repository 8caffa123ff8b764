//! From the text of a template to its nodes.

use super::expression::Expression;
use super::html::Escape;
use super::{Node, TemplateFault};

/// How deep conditions may be nested, so that no template exhausts the stack.
const DEEPEST: usize = 30;

/// A piece of the source: text, or what stands between braces.
enum Piece<'a> {
    Text(String),
    Action { line: usize, text: &'a str },
}

/// The word that an action starts with.
enum Word<'a> {
    If(&'a str),
    ElseIf(&'a str),
    Else,
    End,
    Value(&'a str),
}

/// Reads a whole template.
pub(super) fn parse(source: &str) -> Result<Vec<Node>, TemplateFault> {
    let mut pieces = split(source)?.into_iter();
    let (nodes, last) = block(&mut pieces, 0)?;
    match last {
        None => Ok(nodes),
        Some((line, _)) => Err(fault(line, "this stands without an {{ if }}; remove it")),
    }
}

/// Nodes up to an `else`, an `end` or the end of the source, and which of them it was.
type Block<'a> = (Vec<Node>, Option<(usize, Word<'a>)>);

fn block<'a>(
    pieces: &mut impl Iterator<Item = Piece<'a>>,
    depth: usize,
) -> Result<Block<'a>, TemplateFault> {
    let mut nodes = Vec::new();
    while let Some(piece) = pieces.next() {
        let (line, text) = match piece {
            Piece::Text(text) => {
                nodes.push(Node::Text(text));
                continue;
            }
            Piece::Action { line, text } => (line, text),
        };
        match word(text) {
            Word::If(condition) => nodes.push(conditional(line, condition, pieces, depth + 1)?),
            Word::Value(value) => {
                let expression = expression(line, value)?;
                nodes.push(Node::Value { line, expression, escape: Escape::None });
            }
            last => return Ok((nodes, Some((line, last)))),
        }
    }
    Ok((nodes, None))
}

fn conditional<'a>(
    line: usize,
    condition: &str,
    pieces: &mut impl Iterator<Item = Piece<'a>>,
    depth: usize,
) -> Result<Node, TemplateFault> {
    if depth > DEEPEST {
        return Err(fault(line, "this {{ if }} is nested too deep"));
    }
    let mut branches = Vec::new();
    let mut otherwise = None;
    let mut condition = Some(expression(line, condition)?);
    loop {
        let (nodes, last) = block(pieces, depth)?;
        match condition.take() {
            Some(condition) => branches.push((condition, nodes)),
            None => otherwise = Some(nodes),
        }
        match last {
            Some((_, Word::End)) => {
                return Ok(Node::If { line, branches, otherwise: otherwise.unwrap_or_default() });
            }
            Some((line, _)) if otherwise.is_some() => {
                return Err(fault(line, "only {{ end }} may stand after {{ else }}"));
            }
            Some((line, Word::ElseIf(next))) => condition = Some(expression(line, next)?),
            Some(_) => {}
            None => return Err(fault(line, "this {{ if }} has no {{ end }}; add one")),
        }
    }
}

fn word(text: &str) -> Word<'_> {
    let (first, rest) = first_word(text);
    match first {
        "if" => Word::If(rest),
        "end" if rest.is_empty() => Word::End,
        "else" if rest.is_empty() => Word::Else,
        "else" => match first_word(rest) {
            ("if", condition) => Word::ElseIf(condition),
            _ => Word::Value(text),
        },
        _ => Word::Value(text),
    }
}

fn first_word(text: &str) -> (&str, &str) {
    let end = text
        .find(|found: char| found.is_whitespace() || matches!(found, '(' | '"' | '`'))
        .unwrap_or(text.len());
    (&text[..end], text[end..].trim_start())
}

fn expression(line: usize, text: &str) -> Result<Expression, TemplateFault> {
    Expression::parse(text).map_err(|message| TemplateFault { line, message })
}

/// Splits the source at its braces, trims the text where they ask for it, and drops comments.
fn split(source: &str) -> Result<Vec<Piece<'_>>, TemplateFault> {
    let mut pieces = Vec::new();
    let mut rest = source;
    let mut trims_next = false;
    while let Some(start) = rest.find("{{") {
        let line = line_of(source, rest, start);
        let (text, opened) = (&rest[..start], &rest[start + 2..]);
        let trims_before =
            opened.strip_prefix('-').filter(|rest| rest.starts_with([' ', '\t', '\n', '\r', '/']));
        push_text(&mut pieces, text, trims_next, trims_before.is_some());
        let inner = trims_before.unwrap_or(opened).trim_start();
        let end = action_end(inner)
            .ok_or_else(|| fault(line, "this {{ is not closed; write }} after it"))?;
        let action = inner[..end].trim_end();
        rest = &inner[end + 2..];
        let without =
            action.strip_suffix('-').filter(|rest| rest.ends_with([' ', '\t', '\n', '\r', '/']));
        trims_next = without.is_some();
        let action = without.unwrap_or(action).trim_end();
        if !(action.starts_with("/*") && action.ends_with("*/")) {
            pieces.push(Piece::Action { line, text: action });
        }
    }
    push_text(&mut pieces, rest, trims_next, false);
    Ok(pieces)
}

fn push_text(pieces: &mut Vec<Piece<'_>>, text: &str, trims_start: bool, trims_end: bool) {
    let text = if trims_start { text.trim_start() } else { text };
    let text = if trims_end { text.trim_end() } else { text };
    if !text.is_empty() {
        pieces.push(Piece::Text(text.to_owned()));
    }
}

/// Where the `}}` of an action is; braces in literals and comments are none.
fn action_end(inner: &str) -> Option<usize> {
    if inner.starts_with("/*") {
        let comment_end = inner.find("*/")? + 2;
        return inner[comment_end..].find("}}").map(|end| comment_end + end);
    }
    let mut quote = None;
    let mut escaped = false;
    for (index, found) in inner.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some('"') if found == '\\' => escaped = true,
            Some(open) if open == found => quote = None,
            Some(_) => {}
            None if matches!(found, '"' | '`') => quote = Some(found),
            None if inner[index..].starts_with("}}") => return Some(index),
            None => {}
        }
    }
    None
}

fn line_of(source: &str, rest: &str, start: usize) -> usize {
    let before = &source[..source.len() - rest.len() + start];
    before.matches('\n').count() + 1
}

fn fault(line: usize, message: &str) -> TemplateFault {
    TemplateFault { line, message: message.to_owned() }
}
