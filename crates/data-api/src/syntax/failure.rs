//! What a parser says when it cannot go on: where, what stood there, what could have stood there.
//!
//! Clients of PostgREST know these texts, so the rules for which of several failures is told are
//! those of the parser library that it uses: what lies further wins, failures at one place are
//! told together, and whatever was read successfully makes earlier failures forgotten. A parser
//! that has read something and then fails is not given another chance ([`ErrMode::Cut`]) unless it
//! was only an [`attempt`].

use winnow::error::ErrMode;
use winnow::stream::{LocatingSlice, Location, Stateful, Stream};

/// How deep brackets may be nested.
const DEEPEST: usize = 64;

/// A text being parsed.
pub(super) type Input<'a> = Stateful<LocatingSlice<&'a str>, State>;

/// What a parser answers.
pub(super) type Parsed<T> = Result<T, ErrMode<Refused>>;

/// A parser failed; why is in the [`State`].
#[derive(Debug)]
pub(super) struct Refused;

/// What parsing knows besides the text.
#[derive(Debug, Default)]
pub(super) struct State {
    /// Whether failures are recorded. Most texts are right, so they are parsed without it, and
    /// parsed again for the record only when they are not.
    records: bool,
    failure: Option<Failure>,
    depth: usize,
    /// Where the last `(` stands.
    last_bracket: Option<usize>,
    /// Where the last `:` stands.
    last_colon: Option<usize>,
}

/// A failure, or several at the same place.
#[derive(Debug, Default)]
struct Failure {
    at: usize,
    /// What stood there; `None` for the end.
    found: Vec<Option<String>>,
    /// What stood there and is forbidden.
    forbidden: Vec<String>,
    expected: Vec<String>,
}

/// Why a part of a query string cannot be parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// What was parsed, such as `failed to parse filter (3)`.
    pub subject: String,
    /// Where, counted from 1.
    pub column: usize,
    /// What stood there and what could have.
    pub details: String,
}

impl Failure {
    fn is_silent(&self) -> bool {
        self.found.is_empty() && self.forbidden.is_empty() && self.expected.is_empty()
    }

    fn details(&self) -> String {
        let unexpected = match (self.forbidden.is_empty(), self.found.first()) {
            (false, _) => format!("unexpected {}", listed(&self.forbidden)),
            (true, None) => String::new(),
            (true, Some(None)) => "unexpected end of input".into(),
            (true, Some(Some(found))) => format!("unexpected {found}"),
        };
        let expected = match listed(&self.expected) {
            list if list.is_empty() => list,
            list => format!("expecting {list}"),
        };
        match (unexpected.is_empty(), expected.is_empty()) {
            (true, true) => "unknown parse error".into(),
            (false, true) => unexpected,
            (true, false) => expected,
            (false, false) => format!("{unexpected} {expected}"),
        }
    }
}

/// `a`, `a or b`, `a, b or c`, each once.
fn listed(all: &[String]) -> String {
    let mut once: Vec<&str> = Vec::new();
    for one in all {
        if !once.contains(&one.as_str()) {
            once.push(one);
        }
    }
    match once.split_last() {
        None => String::new(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, before)) => format!("{} or {last}", before.join(", ")),
    }
}

fn merged(first: Option<Failure>, second: Option<Failure>) -> Option<Failure> {
    let (Some(mut first), Some(second)) = (first, second) else {
        return None;
    };
    if second.is_silent() && !first.is_silent() {
        return Some(first);
    }
    if first.is_silent() && !second.is_silent() {
        return Some(second);
    }
    match first.at.cmp(&second.at) {
        std::cmp::Ordering::Greater => Some(first),
        std::cmp::Ordering::Less => Some(second),
        std::cmp::Ordering::Equal => {
            first.found.extend(second.found);
            first.forbidden.extend(second.forbidden);
            first.expected.extend(second.expected);
            Some(first)
        }
    }
}

fn either_or_merged(first: Option<Failure>, second: Option<Failure>) -> Option<Failure> {
    match (first, second) {
        (Some(first), Some(second)) => merged(Some(first), Some(second)),
        (first, second) => first.or(second),
    }
}

fn fail<T>(input: &mut Input<'_>, failure: impl FnOnce(usize) -> Failure) -> Parsed<T> {
    if input.state.records {
        let failure = failure(here(input));
        let before = input.state.failure.take();
        input.state.failure = either_or_merged(before, Some(failure));
    }
    Err(ErrMode::Backtrack(Refused))
}

fn here(input: &Input<'_>) -> usize {
    input.current_token_start()
}

/// Runs a parser over a text; what it leaves is not looked at.
pub(super) fn run<T>(
    subject: &str,
    shown: &str,
    text: &str,
    parser: impl Fn(&mut Input<'_>) -> Parsed<T>,
) -> Result<T, SyntaxError> {
    let state =
        State { last_bracket: text.rfind('('), last_colon: text.rfind(':'), ..State::default() };
    let mut quiet = Input { input: LocatingSlice::new(text), state };
    if let Ok(parsed) = parser(&mut quiet) {
        return Ok(parsed);
    }
    let state = State { records: true, ..State::default() };
    let mut input = Input { input: LocatingSlice::new(text), state };
    parser(&mut input).map_err(|_| {
        let failure = input.state.failure.take().unwrap_or_default();
        SyntaxError {
            subject: format!("failed to parse {subject} ({shown})"),
            column: text[..failure.at.min(text.len())].chars().count() + 1,
            details: failure.details(),
        }
    })
}

/// A text as it is shown in a failure.
fn shown(text: &str) -> String {
    let mut shown = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => shown.push_str("\\\""),
            '\\' => shown.push_str("\\\\"),
            '\n' => shown.push_str("\\n"),
            '\t' => shown.push_str("\\t"),
            ' '..='~' => shown.push(character),
            other => shown.push_str(&format!("\\{}", u32::from(other))),
        }
    }
    shown.push('"');
    shown
}

/// A character as it is shown where it is forbidden.
fn shown_character(character: char) -> String {
    match character {
        '\'' => "'\\''".into(),
        '"' => "'\"'".into(),
        other => {
            let text = shown(other.encode_utf8(&mut [0; 4]));
            format!("'{}'", &text[1..text.len() - 1])
        }
    }
}

/// One character that passes.
pub(super) fn one(
    input: &mut Input<'_>,
    passes: impl Fn(char) -> bool,
    expected: Option<&str>,
) -> Parsed<char> {
    let start = input.checkpoint();
    let found = input.next_token();
    match found {
        Some(character) if passes(character) => {
            input.state.failure = None;
            Ok(character)
        }
        _ => {
            input.reset(&start);
            fail(input, |at| {
                let found = found.map(|character| shown(character.encode_utf8(&mut [0; 4])));
                let expected = expected.map(str::to_owned).into_iter().collect();
                Failure { at, found: vec![found], expected, ..Failure::default() }
            })
        }
    }
}

/// This character.
pub(super) fn character(input: &mut Input<'_>, wanted: char) -> Parsed<char> {
    if input.peek_token() == Some(wanted) {
        return one(input, |found| found == wanted, None);
    }
    let expected =
        if input.state.records { shown(wanted.encode_utf8(&mut [0; 4])) } else { String::new() };
    one(input, |found| found == wanted, Some(&expected))
}

/// This word.
pub(super) fn word(input: &mut Input<'_>, wanted: &str) -> Parsed<()> {
    let text: &str = input.peek_slice(input.eof_offset());
    if text.starts_with(wanted) {
        input.next_slice(wanted.len());
        input.state.failure = None;
        return Ok(());
    }
    let mut characters = text.chars();
    let differing = wanted.chars().position(|wanted| characters.next() != Some(wanted));
    let place = differing.unwrap_or(0);
    let failed = fail(input, |at| {
        let found = text.chars().nth(place).map(|found| shown(found.encode_utf8(&mut [0; 4])));
        Failure { at, found: vec![found], expected: vec![shown(wanted)], ..Failure::default() }
    });
    // A beginning that fits has been read.
    if place > 0 { Err(ErrMode::Cut(Refused)) } else { failed }
}

/// The longest run of characters that pass, which may be empty. `single` reads one of them: where the
/// run ends, it says what could have gone on.
pub(super) fn run_of<'a>(
    input: &mut Input<'a>,
    passes: impl Fn(char) -> bool,
    single: impl Fn(&mut Input<'a>) -> Parsed<char>,
) -> Parsed<&'a str> {
    let text: &str = input.peek_slice(input.eof_offset());
    let length = text.find(|found| !passes(found)).unwrap_or(text.len());
    let run = input.next_slice(length);
    if length > 0 {
        input.state.failure = None;
    }
    if input.state.records {
        let _ = single(input);
    }
    Ok(run)
}

/// Whether a parser that needs a bracket can be left out: none comes any more, and nobody asks what
/// could have stood there.
pub(super) fn lacks_brackets(input: &Input<'_>) -> bool {
    !input.state.records && input.state.last_bracket.is_none_or(|last| last < here(input))
}

/// The same for a parser that needs a colon.
pub(super) fn lacks_colons(input: &Input<'_>) -> bool {
    !input.state.records && input.state.last_colon.is_none_or(|last| last < here(input))
}

/// The end of the text.
pub(super) fn end(input: &mut Input<'_>) -> Parsed<()> {
    match input.peek_token() {
        None => Ok(()),
        Some(found) => fail(input, |at| Failure {
            at,
            forbidden: vec![shown_character(found)],
            expected: vec!["end of input".into()],
            ..Failure::default()
        }),
    }
}

/// Anything but this character, which stays unread.
pub(super) fn not_followed_by(input: &mut Input<'_>, forbidden: char) -> Parsed<()> {
    if input.peek_token() != Some(forbidden) {
        return Ok(());
    }
    fail(input, |at| Failure {
        at: at + forbidden.len_utf8(),
        forbidden: vec![shown_character(forbidden)],
        ..Failure::default()
    })
}

/// Whatever is left.
pub(super) fn rest(input: &mut Input<'_>) -> Parsed<String> {
    input.state.failure = None;
    Ok(input.finish().to_owned())
}

/// No way further, without a reason.
pub(super) fn refuse<T>(input: &mut Input<'_>) -> Parsed<T> {
    fail(input, |at| Failure { at, ..Failure::default() })
}

/// Parsers in turn: once the first has read something, a later failure is final.
pub(super) fn in_turn<T>(
    input: &mut Input<'_>,
    parser: impl FnOnce(&mut Input<'_>) -> Parsed<T>,
) -> Parsed<T> {
    let start = here(input);
    parser(input).map_err(|error| match error {
        ErrMode::Backtrack(refused) if here(input) != start => ErrMode::Cut(refused),
        other => other,
    })
}

/// A parser whose failure leaves the text as it was.
pub(super) fn attempt<T>(
    input: &mut Input<'_>,
    parser: impl FnOnce(&mut Input<'_>) -> Parsed<T>,
) -> Parsed<T> {
    let start = input.checkpoint();
    parser(input).map_err(|_| {
        input.reset(&start);
        ErrMode::Backtrack(Refused)
    })
}

/// A look at what comes.
pub(super) fn ahead<T>(
    input: &mut Input<'_>,
    parser: impl FnOnce(&mut Input<'_>) -> Parsed<T>,
) -> Parsed<T> {
    let start = input.checkpoint();
    let parsed = parser(input)?;
    input.reset(&start);
    Ok(parsed)
}

/// The first parser, or where it read nothing the second.
pub(super) fn either<T>(
    input: &mut Input<'_>,
    first: impl FnOnce(&mut Input<'_>) -> Parsed<T>,
    second: impl FnOnce(&mut Input<'_>) -> Parsed<T>,
) -> Parsed<T> {
    let start = input.checkpoint();
    if !input.state.records {
        return match first(input) {
            Err(ErrMode::Backtrack(_)) => {
                input.reset(&start);
                second(input)
            }
            outcome => outcome,
        };
    }
    let start_at = here(input);
    let before = input.state.failure.take();
    match first(input) {
        Err(ErrMode::Backtrack(_)) => input.reset(&start),
        outcome => {
            keep_unless_read(input, start_at, before);
            return outcome;
        }
    }
    let of_first = input.state.failure.take();
    let outcome = second(input);
    let earlier = either_or_merged(before, of_first);
    if !matches!(outcome, Err(ErrMode::Cut(_))) {
        keep_unless_read(input, start_at, earlier);
    }
    outcome
}

/// What failed before still counts as long as nothing was read since.
fn keep_unless_read(input: &mut Input<'_>, start: usize, before: Option<Failure>) {
    if here(input) == start {
        let now = input.state.failure.take();
        input.state.failure = either_or_merged(before, now);
    }
}

/// The first of several parsers that reads something.
macro_rules! first_of {
    ($input:expr; $only:expr) => { $only($input) };
    ($input:expr; $first:expr, $($rest:expr),+) => {
        $crate::syntax::failure::either($input, $first, |input| first_of!(input; $($rest),+))
    };
}
pub(super) use first_of;

/// A parser or nothing.
pub(super) fn optional<T>(
    input: &mut Input<'_>,
    parser: impl FnOnce(&mut Input<'_>) -> Parsed<T>,
) -> Parsed<Option<T>> {
    let start = input.checkpoint();
    match parser(input) {
        Ok(parsed) => Ok(Some(parsed)),
        Err(ErrMode::Backtrack(_)) => {
            input.reset(&start);
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// A parser as often as it reads something.
pub(super) fn many<T>(
    input: &mut Input<'_>,
    mut parser: impl FnMut(&mut Input<'_>) -> Parsed<T>,
) -> Parsed<Vec<T>> {
    let mut all = Vec::new();
    while let Some(parsed) = {
        let start = here(input);
        optional(input, &mut parser)?.filter(|_| here(input) != start)
    } {
        all.push(parsed);
    }
    Ok(all)
}

/// A parser at least once, with separators between.
pub(super) fn separated<T, S>(
    input: &mut Input<'_>,
    mut parser: impl FnMut(&mut Input<'_>) -> Parsed<T>,
    mut separator: impl FnMut(&mut Input<'_>) -> Parsed<S>,
) -> Parsed<Vec<T>> {
    in_turn(input, |input| {
        let mut all = vec![parser(input)?];
        all.extend(many(input, |input| {
            in_turn(input, |input| {
                separator(input)?;
                parser(input)
            })
        })?);
        Ok(all)
    })
}

/// A parser that, when it reads nothing, is told by this name.
pub(super) fn labelled<T>(
    input: &mut Input<'_>,
    label: &str,
    parser: impl FnOnce(&mut Input<'_>) -> Parsed<T>,
) -> Parsed<T> {
    if !input.state.records {
        return parser(input);
    }
    let start = here(input);
    let before = input.state.failure.take();
    let outcome = parser(input);
    let read_nothing = match &outcome {
        Ok(_) => here(input) == start,
        Err(ErrMode::Backtrack(_)) => true,
        Err(_) => false,
    };
    if read_nothing {
        let failure = input.state.failure.take().map(|failure| match failure.is_silent() {
            true => failure,
            false => Failure { expected: vec![label.to_owned()], ..failure },
        });
        input.state.failure = either_or_merged(before, failure);
    }
    outcome
}

/// A parser one level deeper, up to a limit.
pub(super) fn deeper<T>(
    input: &mut Input<'_>,
    parser: impl FnOnce(&mut Input<'_>) -> Parsed<T>,
) -> Parsed<T> {
    if input.state.depth == DEEPEST {
        let _: Parsed<T> = fail(input, |at| Failure {
            at,
            forbidden: vec![format!("nesting deeper than {DEEPEST}")],
            ..Failure::default()
        });
        return Err(ErrMode::Cut(Refused));
    }
    input.state.depth += 1;
    let outcome = parser(input);
    input.state.depth -= 1;
    outcome
}
