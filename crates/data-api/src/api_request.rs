//! The first stage: what was asked, syntactically. Nothing here knows the schema.

use axum::http::{HeaderMap, Method};
use bytes::Bytes;
use serde_json::value::RawValue;

use crate::error::DataError;
use crate::preferences::Preferences;
use crate::syntax::{self, Condition, Field, OrderTerm, SelectItem, Test};

/// What a request asks for, without any meaning in a schema yet.
#[derive(Debug)]
pub struct ApiRequest {
    /// The relation or function.
    pub target: Target,
    /// What is to be done.
    pub action: Action,
    /// `Accept-Profile` or `Content-Profile`.
    pub profile: Option<String>,
    /// `select=`
    pub select: Vec<SelectItem>,
    /// Conditions, each with the path of embeds that it belongs to.
    pub conditions: Vec<(Vec<String>, Condition)>,
    /// `order=`, per embed.
    pub orders: Vec<(Vec<String>, Vec<OrderTerm>)>,
    /// `limit=`, per embed.
    pub limits: Vec<(Vec<String>, u64)>,
    /// `offset=`, per embed.
    pub offsets: Vec<(Vec<String>, u64)>,
    /// `columns=`
    pub columns: Option<Vec<String>>,
    /// `on_conflict=`
    pub on_conflict: Option<Vec<String>>,
    /// Query parameters that may be arguments of a function.
    pub arguments: Vec<(String, String)>,
    /// `Prefer`
    pub preferences: Preferences,
    /// The media type of the answer.
    pub media: Media,
    /// The body.
    pub body: Bytes,
}

/// What the path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A table or view.
    Relation(String),
    /// A function.
    Function(String),
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// GET, HEAD
    Read {
        /// Whether the body stays away.
        head: bool,
    },
    /// POST
    Insert,
    /// PATCH
    Update,
    /// DELETE
    Delete,
    /// POST to a function
    Call,
}

/// What the answer looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// An array, or what a function answers.
    Json,
    /// Exactly one object.
    SingleObject,
    /// Comma-separated values.
    Csv,
}

/// Names with a meaning of their own in the query string.
const RESERVED: [&str; 7] = ["select", "order", "limit", "offset", "columns", "on_conflict", "and"];

impl ApiRequest {
    /// Parses a request.
    ///
    /// # Errors
    /// [`DataError::Syntax`], [`DataError::Method`], [`DataError::Range`], [`DataError::MediaType`],
    /// [`DataError::Preferences`].
    pub fn parse(
        target: Target,
        method: &Method,
        query: &str,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<ApiRequest, DataError> {
        let action = action(&target, method)?;
        let reads = matches!(action, Action::Read { .. });
        let profile_header = if reads { "accept-profile" } else { "content-profile" };
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let mut request = ApiRequest {
            target,
            action,
            profile: text(profile_header).map(str::to_owned),
            select: vec![SelectItem::All],
            conditions: Vec::new(),
            orders: Vec::new(),
            limits: Vec::new(),
            offsets: Vec::new(),
            columns: None,
            on_conflict: None,
            arguments: Vec::new(),
            preferences: Preferences::parse(headers)?,
            media: media(text("accept").unwrap_or("*/*"))?,
            body,
        };
        for (name, value) in query_pairs(query) {
            request.take_parameter(name, value)?;
        }
        let in_items = text("range-unit").is_none_or(|unit| unit == "items");
        if action == (Action::Read { head: false }) && in_items {
            request.intersect_range(text("range"))?;
        }
        Ok(request)
    }

    fn take_parameter(&mut self, name: String, value: String) -> Result<(), DataError> {
        let (path, last) = split_path(&name);
        match last {
            "select" if path.is_empty() => {
                self.select = parsed("select parameter", syntax::select(&value))?
            }
            "columns" if path.is_empty() => {
                self.columns = Some(parsed("columns parameter", syntax::names(&value))?)
            }
            "on_conflict" if path.is_empty() => {
                self.on_conflict = Some(parsed("on_conflict parameter", syntax::names(&value))?);
            }
            "order" if value.is_empty() => {}
            "order" => self.orders.push((path, parsed("order", syntax::order(&value))?)),
            "limit" => self.limits.push((path, number(&value)?)),
            // A negative offset is no offset.
            "offset" => self.offsets.push((
                path,
                value
                    .trim_start_matches('-')
                    .parse()
                    .map_or(0, |offset| if value.starts_with('-') { 0 } else { offset }),
            )),
            "and" | "or" => {
                let negated = path.last().is_some_and(|part| part == "not");
                let path = if negated { path[..path.len() - 1].to_vec() } else { path };
                let conditions = parsed("logic tree", syntax::logic(&value))?;
                self.conditions
                    .push((path, Condition::Group { negated, any: last == "or", conditions }));
            }
            _ => self.take_filter(name, value)?,
        }
        Ok(())
    }

    fn take_filter(&mut self, name: String, value: String) -> Result<(), DataError> {
        let is_function = matches!(self.target, Target::Function(_));
        let (path, field) = filter_name(&name)?;
        match syntax::filter(&value) {
            Ok((negated, test)) => {
                self.conditions.push((path, Condition::Filter { field, negated, test }))
            }
            // A function's argument has a plain value; on POST arguments come in the body.
            Err(_) if is_function && self.action != Action::Call => {
                self.arguments.push((name, value))
            }
            Err(error) => return Err(DataError::Syntax { part: "filter", error }),
        }
        Ok(())
    }

    /// `Range: 0-9` narrows what `limit` and `offset` ask for.
    fn intersect_range(&mut self, range: Option<&str>) -> Result<(), DataError> {
        let Some((from, to)) = range.and_then(|range| range.split_once('-')) else { return Ok(()) };
        let Ok(from) = from.trim().parse::<u64>() else { return Ok(()) };
        let to = to.trim().parse::<u64>().ok();
        if to.is_some_and(|to| to < from) {
            return Err(DataError::Range("*".into()));
        }
        let own_offset =
            self.offsets.iter().find(|(path, _)| path.is_empty()).map_or(0, |(_, offset)| *offset);
        let own_limit =
            self.limits.iter().find(|(path, _)| path.is_empty()).map(|(_, limit)| *limit);
        let start = own_offset.max(from);
        let ends = [
            own_limit.map(|limit| own_offset.saturating_add(limit)),
            to.map(|to| to.saturating_add(1)),
        ];
        self.offsets.retain(|(path, _)| !path.is_empty());
        self.limits.retain(|(path, _)| !path.is_empty());
        self.offsets.push((Vec::new(), start));
        if let Some(end) = ends.into_iter().flatten().min() {
            self.limits.push((Vec::new(), end.saturating_sub(start)));
        }
        Ok(())
    }

    /// The limit of the root.
    pub fn limit(&self) -> Option<u64> {
        self.limits.iter().find(|(path, _)| path.is_empty()).map(|(_, limit)| *limit)
    }

    /// The offset of the root.
    pub fn offset(&self) -> u64 {
        self.offsets.iter().find(|(path, _)| path.is_empty()).map_or(0, |(_, offset)| *offset)
    }

    /// The body as JSON text; an empty one is an empty object.
    ///
    /// # Errors
    /// [`DataError::Body`] for what is no JSON.
    pub fn json_body(&self) -> Result<&str, DataError> {
        let text =
            std::str::from_utf8(&self.body).map_err(|error| DataError::Body(error.to_string()))?;
        if text.trim().is_empty() {
            return Ok("{}");
        }
        serde_json::from_str::<&RawValue>(text)
            .map_err(|error| DataError::Body(format!("Error in $: {error}")))?;
        Ok(text)
    }
}

fn action(target: &Target, method: &Method) -> Result<Action, DataError> {
    match (target, method.as_str()) {
        (_, "GET") => Ok(Action::Read { head: false }),
        (_, "HEAD") => Ok(Action::Read { head: true }),
        (Target::Relation(_), "POST") => Ok(Action::Insert),
        (Target::Relation(_), "PATCH") => Ok(Action::Update),
        (Target::Relation(_), "DELETE") => Ok(Action::Delete),
        (Target::Relation(_), "PUT") => Err(DataError::NotSupported("PUT")),
        (Target::Function(_), "POST") => Ok(Action::Call),
        (_, other) => Err(DataError::Method(other.into())),
    }
}

/// The first acceptable media type that can be made.
fn media(accept: &str) -> Result<Media, DataError> {
    for part in accept.split(',') {
        match part.split(';').next().unwrap_or("").trim() {
            "*/*"
            | "application/*"
            | "application/json"
            | "application/vnd.pgrst.array"
            | "application/vnd.pgrst.array+json"
            | "" => {
                return Ok(Media::Json);
            }
            "application/vnd.pgrst.object" | "application/vnd.pgrst.object+json" => {
                return Ok(Media::SingleObject);
            }
            "text/csv" => return Ok(Media::Csv),
            _ => {}
        }
    }
    Err(DataError::MediaType(accept.into()))
}

/// `a.b.order` belongs to the embed `b` of the embed `a`.
fn split_path(name: &str) -> (Vec<String>, &str) {
    match name.rsplit_once('.') {
        Some((path, last)) if RESERVED.contains(&last) || last == "or" => {
            (path.split('.').map(str::to_owned).collect(), last)
        }
        Some(_) => (Vec::new(), ""),
        None => (Vec::new(), name),
    }
}

/// A filter's name: the embeds that it goes through, then the field. Dots within quotes or behind
/// `->` belong to the field.
fn filter_name(name: &str) -> Result<(Vec<String>, Field), DataError> {
    let head = name.split("->").next().unwrap_or(name);
    let split = if head.contains('"') { None } else { head.rfind('.') };
    let (path, field) = match split {
        Some(at) => (name[..at].split('.').map(str::to_owned).collect(), &name[at + 1..]),
        None => (Vec::new(), name),
    };
    Ok((path, parsed("filter", syntax::field_name(field))?))
}

fn parsed<T>(part: &'static str, outcome: Result<T, syntax::SyntaxError>) -> Result<T, DataError> {
    outcome.map_err(|error| DataError::Syntax { part, error })
}

fn number(text: &str) -> Result<u64, DataError> {
    text.parse().map_err(|_| {
        if text.starts_with('-') {
            DataError::Range("*".into())
        } else {
            DataError::Syntax {
                part: "limit",
                error: syntax::SyntaxError { text: text.into(), column: 1 },
            }
        }
    })
}

/// The pairs of a query string: `+` is a space, percent sequences are UTF-8, an invalid `%` stays.
fn query_pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(name), decode(value))
    })
}

pub(crate) fn decode(text: &str) -> String {
    if !text.contains(['%', '+']) {
        return text.to_owned();
    }
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while index < bytes.len() {
        let hex = (bytes[index] == b'%')
            .then(|| text.get(index + 1..index + 3))
            .flatten()
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (hex, bytes[index]) {
            (Some(byte), _) => {
                decoded.push(byte);
                index += 2;
            }
            (None, b'+') => decoded.push(b' '),
            (None, byte) => decoded.push(byte),
        }
        index += 1;
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// Whether a test asks only whether something exists, which filters on embeds may.
pub fn is_null_test(test: &Test) -> Option<bool> {
    match test {
        Test::Is("is null") => Some(true),
        Test::Is("is not null") => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str) -> Result<ApiRequest, DataError> {
        ApiRequest::parse(
            Target::Relation("t".into()),
            &Method::GET,
            query,
            &HeaderMap::new(),
            Bytes::new(),
        )
    }

    #[test]
    fn parameters_find_their_place() {
        let request = parse("select=a,b(c)&a=eq.1&b.c=in.(1,2)&order=a.desc&b.order=c&limit=5&b.limit=2&offset=-3&or=(a.eq.1,a.eq.2)&b.not.and=(c.gt.1)").unwrap();
        let paths: Vec<Vec<String>> =
            request.conditions.iter().map(|(path, _)| path.clone()).collect();
        let b = vec!["b".to_owned()];
        assert_eq!(paths, [vec![], b.clone(), vec![], b.clone()]);
        assert_eq!((request.limit(), request.offset()), (Some(5), 0));
        assert_eq!(request.limits[1], (b, 2));
        assert_eq!(request.orders.len(), 2);
    }

    #[test]
    fn ranges_intersect() {
        let with_range = |query: &str, range: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("range", range.parse().unwrap());
            ApiRequest::parse(
                Target::Relation("t".into()),
                &Method::GET,
                query,
                &headers,
                Bytes::new(),
            )
            .map(|request| (request.offset(), request.limit()))
        };
        assert_eq!(with_range("", "0-9").unwrap(), (0, Some(10)));
        assert_eq!(with_range("limit=3&offset=2", "1-9").unwrap(), (2, Some(3)));
        assert_eq!(with_range("", "5-").unwrap(), (5, None));
        assert!(with_range("", "5-1").is_err());
    }

    #[test]
    fn query_strings_are_decoded() {
        for (text, expected) in
            [("a+b", "a b"), ("%C3%A9", "é"), ("100%", "100%"), ("%zz", "%zz"), ("%e", "%e")]
        {
            assert_eq!(decode(text), expected);
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for query in ["a=1", "a=eq", "select=(", "limit=x", "limit=-1", "or=()", "order=a.b.c.d"] {
            assert!(parse(query).is_err(), "{query}");
        }
    }
}
