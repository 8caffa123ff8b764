//! The first stage: what was asked, syntactically. Nothing here knows the schema.

pub mod media_type;
pub mod payload;
pub mod preferences;
pub mod query_string;
pub mod range;

use std::collections::BTreeSet;

use axum::http::{HeaderMap, Method, header};
use bytes::Bytes;

use self::media_type::MediaType;
use self::payload::Payload;
use self::preferences::Preferences;
use self::range::Range;
use crate::config::DataApiConfig;
use crate::error::DataError;
use crate::syntax::{self, Filter, Logic, OrderTerm, Path, SelectItem};

/// What a request asks for, without any meaning in a schema yet.
#[derive(Debug)]
pub struct ApiRequest {
    /// What the path names.
    pub resource: Resource,
    /// What is to be done.
    pub action: Action,
    /// The schema that is spoken to.
    pub schema: String,
    /// Whether there was a choice of schemas.
    pub schema_was_chosen: bool,
    /// The query string.
    pub query: QueryParameters,
    /// Which of the rows, at the root.
    pub range: Range,
    /// The body.
    pub payload: Option<Payload>,
    /// The names that the body, or `columns=`, sets.
    pub columns: BTreeSet<String>,
    /// `Prefer`
    pub preferences: Preferences,
    /// `Accept`, the most wanted first, each with how it was written.
    pub accepts: Vec<(MediaType, String)>,
    /// `Content-Type`
    pub content_type: MediaType,
}

/// What the query string says.
#[derive(Debug, Default)]
pub struct QueryParameters {
    /// The same for the same question.
    pub canonical: String,
    /// `select=`
    pub select: Vec<SelectItem>,
    /// Conditions on columns, each with the embeds that it goes through.
    pub filters: Vec<(Path, Filter)>,
    /// The names of those parameters, as they stand.
    pub filter_names: BTreeSet<String>,
    /// `and=`, `or=`
    pub logic: Vec<(Path, Logic)>,
    /// `order=`
    pub orders: Vec<(Path, Vec<OrderTerm>)>,
    /// `limit=` and `offset=` of embeds.
    pub ranges: Vec<(Path, Range)>,
    /// `columns=`
    pub columns: Option<Vec<String>>,
    /// `on_conflict=`
    pub on_conflict: Option<Vec<String>>,
    /// Arguments of a function.
    pub arguments: Vec<(String, String)>,
    /// `openapi=`
    pub openapi: OpenApiVersion,
}

/// What the path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource {
    /// The root: the schema itself.
    Schema,
    /// A table or view.
    Relation(String),
    /// A function.
    Function(String),
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Rows are read.
    Read {
        /// Whether the body stays away.
        head: bool,
    },
    /// Rows are made.
    Insert,
    /// One row is made or replaced.
    Put,
    /// Rows are changed.
    Update,
    /// Rows are deleted.
    Delete,
    /// A function is called.
    Call(CallMethod),
    /// The schema is described.
    Inspect {
        /// Whether the body stays away.
        head: bool,
    },
    /// What can be done is told.
    Info,
}

/// How a function is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallMethod {
    /// GET: arguments are in the query string, and nothing may change.
    Get,
    /// HEAD: the same without a body.
    Head,
    /// POST: arguments are in the body.
    Post,
}

impl Action {
    /// Whether rows of a relation are written.
    pub fn writes(self) -> bool {
        matches!(self, Action::Insert | Action::Put | Action::Update | Action::Delete)
    }
}

impl ApiRequest {
    /// Parses a request.
    ///
    /// # Errors
    /// Those of [`DataError`] that need no schema.
    pub fn parse(
        config: &DataApiConfig,
        resource: Resource,
        method: &Method,
        query: &str,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<ApiRequest, DataError> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let resource = match (&config.root_function, resource) {
            (Some(function), Resource::Schema) => Resource::Function(function.name.clone()),
            (_, resource) => resource,
        };
        let (schema, schema_was_chosen) = schema(config, method, headers)?;
        let action = action(&resource, method)?;
        let query = QueryParameters::parse(query, action)?;
        let root = query.ranges.iter().find(|(path, _)| path.is_empty());
        let parameters = root.map_or_else(Range::default, |(_, range)| *range);
        // A range is about what is got, so other methods do not look at the header (RFC 9110, 14.2).
        let range = Range::requested(parameters, text("range").filter(|_| method == Method::GET))?;
        if action == Action::Put && !range.is_all() {
            return Err(DataError::PutWithRange);
        }
        let content_type =
            text(header::CONTENT_TYPE.as_str()).map_or(MediaType::Json, MediaType::parse);
        let has_body = matches!(
            action,
            Action::Insert | Action::Put | Action::Update | Action::Call(CallMethod::Post)
        );
        let (payload, columns) = if has_body {
            let columns = query.columns.as_deref().filter(|_| action != Action::Put);
            let for_function = matches!(action, Action::Call(_));
            let (payload, columns) = payload::parse(body, &content_type, columns, for_function)?;
            (Some(payload), columns)
        } else {
            (None, BTreeSet::new())
        };
        Ok(ApiRequest {
            resource,
            action,
            schema,
            schema_was_chosen,
            query,
            range,
            payload,
            columns,
            preferences: Preferences::parse(headers, config.transaction_end.may_be_chosen),
            accepts: MediaType::accepted(text(header::ACCEPT.as_str())),
            content_type,
        })
    }
}

/// The schema by header, else the first.
fn schema(
    config: &DataApiConfig,
    method: &Method,
    headers: &HeaderMap,
) -> Result<(String, bool), DataError> {
    let writes = matches!(*method, Method::POST | Method::PATCH | Method::PUT | Method::DELETE);
    let name = if writes { "content-profile" } else { "accept-profile" };
    let profile =
        headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let default = config.schemas.first().cloned().unwrap_or_default();
    match profile {
        Some(profile) if config.schemas.contains(&profile) => Ok((profile, true)),
        Some(profile) if config.public_is_default && profile == "public" => Ok((default, true)),
        Some(profile) => Err(DataError::Schema(profile, config.schemas.clone())),
        None => Ok((default, config.schemas.len() > 1)),
    }
}

fn action(resource: &Resource, method: &Method) -> Result<Action, DataError> {
    let unsupported = || DataError::Method(method.as_str().to_owned());
    match (resource, method.as_str()) {
        (Resource::Function(_), "HEAD") => Ok(Action::Call(CallMethod::Head)),
        (Resource::Function(_), "GET") => Ok(Action::Call(CallMethod::Get)),
        (Resource::Function(_), "POST") => Ok(Action::Call(CallMethod::Post)),
        (_, "OPTIONS") => Ok(Action::Info),
        (Resource::Function(_), other) => Err(DataError::FunctionMethod(other.to_owned())),
        (Resource::Relation(_), "HEAD") => Ok(Action::Read { head: true }),
        (Resource::Relation(_), "GET") => Ok(Action::Read { head: false }),
        (Resource::Relation(_), "POST") => Ok(Action::Insert),
        (Resource::Relation(_), "PUT") => Ok(Action::Put),
        (Resource::Relation(_), "PATCH") => Ok(Action::Update),
        (Resource::Relation(_), "DELETE") => Ok(Action::Delete),
        (Resource::Schema, "HEAD") => Ok(Action::Inspect { head: true }),
        (Resource::Schema, "GET") => Ok(Action::Inspect { head: false }),
        _ => Err(unsupported()),
    }
}

/// In which version of OpenAPI the schema is described (`openapi=3.1`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OpenApiVersion {
    /// 2.0, also called Swagger.
    #[default]
    Two,
    /// 3.1
    ThreeOne,
}

impl OpenApiVersion {
    fn parse(text: &str) -> Result<Self, DataError> {
        match text {
            "2.0" => Ok(OpenApiVersion::Two),
            "3.1" => Ok(OpenApiVersion::ThreeOne),
            _ => Err(DataError::Syntax(syntax::SyntaxError {
                subject: format!("failed to parse openapi parameter ({text})"),
                column: 1,
                details: "expecting \"2.0\" or \"3.1\"".into(),
            })),
        }
    }
}

/// What a parameter means, by the last part of its name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Order,
    Limit,
    Offset,
    Logic,
    Filter,
}

fn meaning(name: &str) -> Meaning {
    match name.rsplit('.').next().unwrap_or(name) {
        "order" => Meaning::Order,
        "limit" => Meaning::Limit,
        "offset" => Meaning::Offset,
        "and" | "or" => Meaning::Logic,
        _ => Meaning::Filter,
    }
}

impl QueryParameters {
    /// Parses a query string. Parts are looked at in a fixed order, whichever comes first in it.
    ///
    /// # Errors
    /// [`DataError::Syntax`]
    pub fn parse(query: &str, action: Action) -> Result<Self, DataError> {
        let pairs = query_string::pairs(query);
        let canonical = query_string::canonical(&pairs);
        let valued: Vec<(&str, &str)> = pairs
            .iter()
            .filter_map(|(name, value)| Some((name.as_str(), value.as_deref()?)))
            .collect();
        let named =
            |wanted: &str| valued.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value);
        let meaning_of = |wanted: Meaning| {
            valued.iter().filter(move |(name, _)| {
                meaning(name) == wanted && !matches!(*name, "select" | "columns" | "on_conflict")
            })
        };
        let mut parsed = QueryParameters { canonical, ..QueryParameters::default() };
        for (name, value) in meaning_of(Meaning::Order) {
            parsed.orders.push((syntax::tree_path(name)?.0, syntax::order(value)?));
        }
        for (name, value) in meaning_of(Meaning::Logic) {
            parsed.logic.push(syntax::logic(name, value)?);
        }
        parsed.columns = named("columns").map(|text| syntax::names("columns", text)).transpose()?;
        parsed.select = syntax::select(named("select").unwrap_or("*"))?;
        let takes_arguments = matches!(action, Action::Call(CallMethod::Get | CallMethod::Head));
        for (name, value) in meaning_of(Meaning::Filter) {
            if matches!(action, Action::Inspect { .. }) && *name == "openapi" {
                parsed.openapi = OpenApiVersion::parse(value)?;
                continue;
            }
            parsed.filter_names.insert((*name).to_owned());
            let (path, field) = syntax::tree_path(name)?;
            match syntax::filter_value(value) {
                Ok((negated, test)) => {
                    parsed.filters.push((path, Filter { field, negated, test }));
                }
                // What looks like no filter is an argument.
                Err(_) if takes_arguments => {
                    parsed.arguments.push((field.name, (*value).to_owned()));
                }
                Err(error) => return Err(error.into()),
            }
        }
        parsed.on_conflict =
            named("on_conflict").map(|text| syntax::names("on_conflict", text)).transpose()?;
        for (name, value) in meaning_of(Meaning::Limit) {
            let path = syntax::tree_path(name)?.0;
            parsed.range_at(path).limit = value.parse().ok();
        }
        for (name, value) in meaning_of(Meaning::Offset) {
            let path = syntax::tree_path(name)?.0;
            parsed.range_at(path).offset = value.parse().unwrap_or(0);
        }
        Ok(parsed)
    }

    fn range_at(&mut self, path: Path) -> &mut Range {
        let place = match self.ranges.iter().position(|(other, _)| *other == path) {
            Some(place) => place,
            None => {
                self.ranges.push((path, Range::default()));
                self.ranges.len() - 1
            }
        };
        &mut self.ranges[place].1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str) -> Result<ApiRequest, DataError> {
        ApiRequest::parse(
            &DataApiConfig::default(),
            Resource::Relation("t".into()),
            &Method::GET,
            query,
            &HeaderMap::new(),
            Bytes::new(),
        )
    }

    #[test]
    fn parameters_find_their_place() {
        let request = parse("select=a,b(c)&a=eq.1&b.c=in.(1,2)&order=a.desc&b.order=c&limit=5&b.limit=2&offset=-3&or=(a.eq.1,a.eq.2)&b.not.and=(c.gt.1)").unwrap();
        let b = vec!["b".to_owned()];
        let paths: Vec<&Path> = request.query.filters.iter().map(|(path, _)| path).collect();
        assert_eq!(paths, [&vec![], &b]);
        let logic: Vec<&Path> = request.query.logic.iter().map(|(path, _)| path).collect();
        assert_eq!(logic, [&vec![], &b]);
        assert_eq!(request.range, Range { offset: 0, limit: Some(5) });
        assert_eq!(request.query.ranges[1], (b, Range { offset: 0, limit: Some(2) }));
        assert_eq!(request.query.orders.len(), 2);
    }

    #[test]
    fn schemas_are_chosen_by_header() {
        let config =
            DataApiConfig { schemas: vec!["one".into(), "two".into()], ..DataApiConfig::default() };
        for (method, header, expected) in [
            ("GET", None, Some(("one", true))),
            ("GET", Some(("accept-profile", "two")), Some(("two", true))),
            ("POST", Some(("accept-profile", "two")), Some(("one", true))),
            ("DELETE", Some(("content-profile", "two")), Some(("two", true))),
            ("GET", Some(("accept-profile", "public")), None),
        ] {
            let mut headers = HeaderMap::new();
            if let Some((name, value)) = header {
                headers.insert(name, value.parse().unwrap());
            }
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let found = schema(&config, &method, &headers).ok();
            let expected = expected.map(|(name, chosen)| (name.to_owned(), chosen));
            assert_eq!(found, expected, "{method} {header:?}");
        }
    }

    #[test]
    fn methods_have_meanings() {
        let table = Resource::Relation("t".into());
        let function = Resource::Function("f".into());
        for (resource, method, expected) in [
            (&table, "PUT", Ok(Action::Put)),
            (&table, "OPTIONS", Ok(Action::Info)),
            (&table, "TRACE", Err("Unsupported HTTP method: TRACE")),
            (&function, "HEAD", Ok(Action::Call(CallMethod::Head))),
            (&function, "PATCH", Err("Cannot use the PATCH method on RPC")),
            (&Resource::Schema, "POST", Err("Unsupported HTTP method: POST")),
        ] {
            let found = action(resource, &Method::from_bytes(method.as_bytes()).unwrap());
            assert_eq!(found.map_err(|error| error.to_string()), expected.map_err(str::to_owned));
        }
    }

    #[test]
    fn values_that_are_no_filters_are_arguments() {
        let parsed =
            QueryParameters::parse("id=5&id=gt.2&name=a.b", Action::Call(CallMethod::Get)).unwrap();
        assert_eq!(parsed.arguments, [("id".into(), "5".into()), ("name".into(), "a.b".into())]);
        assert_eq!(parsed.filters.len(), 1);
        assert!(QueryParameters::parse("id=5", Action::Read { head: false }).is_err());
    }
}
