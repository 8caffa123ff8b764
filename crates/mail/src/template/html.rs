//! Where in HTML a value stands, and how it is escaped there.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Node, TemplateFault};

/// What may stay as it is in any part of a URL is everything but these.
const NOT_IN_URLS: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'\'')
    .add(b'(')
    .add(b')')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// RFC 3986's unreserved characters stay.
const NOT_IN_QUERY_VALUES: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Whither a link may lead.
const SCHEMES: [&str; 4] = ["http", "https", "mailto", "tel"];

/// Attributes that hold an address.
const ADDRESSES: [&str; 8] =
    ["href", "src", "action", "formaction", "background", "cite", "poster", "data"];

/// How a value is escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escape {
    /// Not at all: plain text.
    None,
    /// Text, or a quoted attribute.
    Markup,
    /// The start of an address, which decides where it leads.
    Address,
    /// Further parts of an address.
    AddressPart,
    /// A value in an address's query.
    QueryValue,
}

impl Escape {
    /// The value, escaped.
    pub(super) fn apply(self, value: &str) -> Cow<'_, str> {
        match self {
            Escape::None => value.into(),
            Escape::Markup => escape_markup(value).into(),
            Escape::Address if !leads_to_a_known_scheme(value) => "#".into(),
            Escape::Address | Escape::AddressPart => {
                let normal = utf8_percent_encode(value.trim(), NOT_IN_URLS).to_string();
                escape_markup(&normal).into()
            }
            Escape::QueryValue => utf8_percent_encode(value, NOT_IN_QUERY_VALUES).into(),
        }
    }
}

/// Text that cannot be taken for markup, in text and in quoted attributes.
pub(crate) fn escape_markup(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for found in value.chars() {
        match found {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&#34;"),
            '\'' => escaped.push_str("&#39;"),
            '\0' => escaped.push('\u{FFFD}'),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Whether an address is relative or has a scheme that runs nothing.
fn leads_to_a_known_scheme(address: &str) -> bool {
    let address = address.trim();
    match address.find([':', '/', '?', '#']) {
        Some(end) if address.as_bytes()[end] == b':' => {
            SCHEMES.iter().any(|scheme| address[..end].eq_ignore_ascii_case(scheme))
        }
        _ => true,
    }
}

/// Where the text read so far ends.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Text,
    /// After `<` and what was read of the name.
    TagName(String),
    /// After `<!--`.
    Comment,
    /// In `<script>` or `<style>`.
    Raw(&'static str),
    /// In a tag, outside attributes.
    Tag(Element),
    /// In an attribute's name, or after it.
    Name(Element, String),
    /// After `=`.
    BeforeValue(Element, String),
    Quoted {
        element: Element,
        attribute: String,
        quote: char,
        /// Whether what comes can still be the scheme of an address, or a part of it.
        starts: bool,
        in_query: bool,
    },
    Unquoted(Element),
}

/// What matters of an element: whether its content is none of HTML's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Element {
    Script,
    Style,
    Other,
}

impl Element {
    fn named(name: &str) -> Element {
        match name.to_ascii_lowercase().as_str() {
            "script" => Element::Script,
            "style" => Element::Style,
            _ => Element::Other,
        }
    }

    fn content(self) -> Place {
        match self {
            Element::Script => Place::Raw("script"),
            Element::Style => Place::Raw("style"),
            Element::Other => Place::Text,
        }
    }
}

/// Gives every value the escape of its place.
pub(super) fn place_values(nodes: &mut [Node], lines: usize) -> Result<(), TemplateFault> {
    match place(nodes, Place::Text)? {
        Place::Text => Ok(()),
        _ => Err(TemplateFault {
            line: lines,
            message: "the template ends within a tag, a comment, a script or a style".into(),
        }),
    }
}

fn place(nodes: &mut [Node], mut now: Place) -> Result<Place, TemplateFault> {
    for node in nodes {
        now = match node {
            Node::Text(text) => advance(now, text),
            Node::Value { line, escape, .. } => {
                let (found, after) =
                    value_at(now).map_err(|message| TemplateFault { line: *line, message })?;
                *escape = found;
                after
            }
            Node::If { line, branches, otherwise } => {
                let mut after = place(otherwise, now.clone())?;
                for (_, nodes) in branches {
                    let ended = place(nodes, now.clone())?;
                    after = joined(after, ended).ok_or_else(|| TemplateFault {
                        line: *line,
                        message:
                            "the branches of this {{ if }} end in different places of the HTML"
                                .into(),
                    })?;
                }
                after
            }
        };
    }
    Ok(now)
}

/// The place after either of two branches.
fn joined(one: Place, other: Place) -> Option<Place> {
    match (one, other) {
        (
            Place::Quoted { element, attribute, quote, starts, in_query },
            Place::Quoted {
                attribute: other_attribute,
                quote: other_quote,
                starts: other_starts,
                in_query: other_in_query,
                ..
            },
        ) if attribute == other_attribute && quote == other_quote => Some(Place::Quoted {
            element,
            attribute,
            quote,
            starts: starts || other_starts,
            in_query: in_query || other_in_query,
        }),
        (one, other) => (one == other).then_some(one),
    }
}

/// How a value is escaped here, and where the text goes on after it.
fn value_at(now: Place) -> Result<(Escape, Place), String> {
    match now {
        Place::Text | Place::Comment => Ok((Escape::Markup, now)),
        Place::Quoted { element, attribute, quote, starts, in_query } => {
            let name = attribute.to_ascii_lowercase();
            if name.starts_with("on") || matches!(name.as_str(), "style" | "srcset" | "srcdoc") {
                return Err(format!("no value is safe in the attribute {name}"));
            }
            let is_address = ADDRESSES.contains(&name.rsplit(':').next().unwrap_or(&name));
            let escape = match (is_address, in_query, starts) {
                (false, ..) => Escape::Markup,
                (true, true, _) => Escape::QueryValue,
                (true, false, true) => Escape::Address,
                (true, false, false) => Escape::AddressPart,
            };
            // A value at the start may be empty, or the first half of a scheme.
            Ok((escape, Place::Quoted { element, attribute, quote, starts, in_query }))
        }
        Place::Unquoted(_) | Place::BeforeValue(..) => {
            Err("write the attribute in quotes around this value".into())
        }
        Place::Raw(element) => Err(format!("no value is safe in <{element}>")),
        Place::Tag(_) | Place::TagName(_) | Place::Name(..) => {
            Err("a value may not stand within a tag, but in a quoted attribute".into())
        }
    }
}

fn advance(mut now: Place, text: &str) -> Place {
    let mut rest = text;
    while let Some(found) = rest.chars().next() {
        let mut length = found.len_utf8();
        now = match now {
            Place::Text if rest.starts_with("<!--") => {
                length = 4;
                Place::Comment
            }
            Place::Text if found == '<' => Place::TagName(String::new()),
            Place::Text => Place::Text,
            Place::Comment if rest.starts_with("-->") => {
                length = 3;
                Place::Text
            }
            Place::Comment => Place::Comment,
            Place::Raw(element) => match closes(rest, element) {
                Some(end) => {
                    length = end;
                    Place::Tag(Element::Other)
                }
                None => Place::Raw(element),
            },
            Place::TagName(name) => tag_name(name, found),
            Place::Tag(element) => match found {
                '>' => element.content(),
                '/' | ' ' | '\t' | '\n' | '\r' => Place::Tag(element),
                _ => Place::Name(element, found.to_string()),
            },
            Place::Name(element, name) => attribute_name(element, name, found),
            Place::BeforeValue(element, attribute) => match found {
                ' ' | '\t' | '\n' | '\r' => Place::BeforeValue(element, attribute),
                '"' | '\'' => Place::Quoted {
                    element,
                    attribute,
                    quote: found,
                    starts: true,
                    in_query: false,
                },
                '>' => element.content(),
                _ => Place::Unquoted(element),
            },
            Place::Quoted { element, quote, .. } if found == quote => Place::Tag(element),
            Place::Quoted { element, attribute, quote, starts, in_query } => Place::Quoted {
                element,
                attribute,
                quote,
                starts: starts && !matches!(found, ':' | '/' | '?' | '#'),
                in_query: in_query || matches!(found, '?' | '#' | '='),
            },
            Place::Unquoted(element) => match found {
                ' ' | '\t' | '\n' | '\r' => Place::Tag(element),
                '>' => element.content(),
                _ => Place::Unquoted(element),
            },
        };
        rest = &rest[length..];
    }
    now
}

fn tag_name(mut name: String, found: char) -> Place {
    match found {
        // `1 < 2` is no tag.
        _ if name.is_empty()
            && !(found.is_ascii_alphabetic() || matches!(found, '/' | '!' | '?')) =>
        {
            Place::Text
        }
        '>' => Element::named(&name).content(),
        ' ' | '\t' | '\n' | '\r' => Place::Tag(Element::named(&name)),
        '/' if !name.is_empty() => Place::Tag(Element::named(&name)),
        _ => {
            name.push(found);
            Place::TagName(name)
        }
    }
}

fn attribute_name(element: Element, mut name: String, found: char) -> Place {
    match found {
        '=' => Place::BeforeValue(element, name.trim_end().to_owned()),
        '>' => element.content(),
        '/' => Place::Tag(element),
        ' ' | '\t' | '\n' | '\r' => {
            // `href = "..."` is one attribute, `disabled href="..."` two.
            name.push(' ');
            Place::Name(element, name)
        }
        _ if name.ends_with(' ') => Place::Name(element, found.to_string()),
        _ => {
            name.push(found);
            Place::Name(element, name)
        }
    }
}

/// The length of the closing tag's start, where it stands here.
fn closes(rest: &str, element: &str) -> Option<usize> {
    let length = 2 + element.len();
    let start = rest.get(..length)?;
    (start.starts_with("</") && start[2..].eq_ignore_ascii_case(element)).then_some(length)
}
