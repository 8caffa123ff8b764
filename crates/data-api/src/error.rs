use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use hyper::ext::ReasonPhrase;
use serde_json::{Value, json};
use tenantry_caller::TokenError;
use tenantry_postgres::{RunError, ServerError};

use crate::fragment::without_aliases;
use crate::raise::{RaiseError, Raised};
use crate::syntax::SyntaxError;

/// Everything that a request can be refused for, with the code, status and texts that clients of
/// PostgREST know (its "Errors" reference).
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The token is not good.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// A part of the query string cannot be parsed.
    #[error("\"{}\" (line 1, column {})", .0.subject, .0.column)]
    Syntax(SyntaxError),
    /// The method does not exist for functions.
    #[error("Cannot use the {0} method on RPC")]
    FunctionMethod(String),
    /// The body is not what the request needs.
    #[error("{0}")]
    Body(String),
    /// The body is larger than the server takes.
    #[error("The body is larger than {0} bytes")]
    TooLarge(usize),
    /// The range cannot have rows.
    #[error("Requested range not satisfiable")]
    Range(RangeError),
    /// A PUT is not about exactly one row by its key.
    #[error("Filters must include all and only primary key columns with 'eq' operators")]
    PutFilters,
    /// The schema is not exposed; those that are.
    #[error("Invalid schema: {0}")]
    Schema(String, Vec<String>),
    /// No media type that the client accepts can be made.
    #[error("None of these media types are available: {}", .0.join(", "))]
    MediaType(Vec<String>),
    /// A filter, an order or a limit names something that is not embedded.
    #[error("'{name}' is not an embedded resource in this request")]
    NotEmbedded {
        /// What it names.
        name: String,
        /// What it should have named instead.
        alias: Option<String>,
    },
    /// `response.headers` is not what it has to be.
    #[error(
        "response.headers guc must be a JSON array composed of objects with a single key and a string value"
    )]
    ResponseHeaders,
    /// `response.status` is no status.
    #[error("response.status guc must be a valid status code")]
    ResponseStatus,
    /// A PUT has a limit or an offset.
    #[error("limit/offset querystring parameters are not allowed for PUT")]
    PutWithRange,
    /// The body of a PUT has another key than its URL.
    #[error("Payload values do not match URL in primary key column(s)")]
    PutMismatch,
    /// Not exactly one row.
    #[error("Cannot coerce the result to a single JSON object")]
    NotSingular(u64),
    /// The method does not exist for this resource.
    #[error("Unsupported HTTP method: {0}")]
    Method(String),
    /// Rows cannot be ordered by rows of which there may be many.
    #[error("A related order on '{target}' is not possible")]
    RelatedOrder {
        /// The embedding relation.
        origin: String,
        /// The embedded one.
        target: String,
    },
    /// What a function raised to choose the response cannot be read.
    #[error("Could not parse JSON in the \"RAISE SQLSTATE 'PGRST'\" error")]
    Raise(RaiseError),
    /// Preferences that do not exist, under strict handling.
    #[error("Invalid preferences given with handling=strict")]
    Preferences(Vec<String>),
    /// Aggregates are not enabled.
    #[error("Use of aggregate functions is not allowed")]
    AggregatesOff,
    /// A filter asks something of an embed that only columns can be asked.
    #[error("Bad operator on the '{0}' embedded resource")]
    EmbedOperator(String),
    /// More rows than the client allowed.
    #[error("Query result exceeds max-affected preference constraint")]
    MaxAffected(u64),
    /// The path has too many segments.
    #[error("Invalid path specified in request URL")]
    Path,
    /// The description of the schema is not given.
    #[error("Root endpoint metadata is disabled")]
    NoDescription,
    /// Something that does not exist, here or in PostgREST.
    #[error("Feature not implemented")]
    NotImplemented(&'static str),
    /// A function that answers one row cannot exceed a number of them.
    #[error(
        "Function must return SETOF or TABLE when max-affected preference is used with handling=strict"
    )]
    MaxAffectedOfSingle,
    /// Nothing leads from one relation to the other.
    #[error("Could not find a relationship between '{parent}' and '{child}' in the schema cache")]
    NoRelationship {
        /// The embedding relation.
        parent: String,
        /// The embedded one.
        child: String,
        /// The schema.
        schema: String,
        /// The hint that was given.
        hint: Option<String>,
        /// What may have been meant: a name, instead of which.
        similar: Option<Box<(String, String)>>,
    },
    /// Several ways lead from one relation to the other.
    #[error(
        "Could not embed because more than one relationship was found for '{parent}' and '{child}'"
    )]
    AmbiguousRelationship {
        /// The embedding relation.
        parent: String,
        /// The embedded one.
        child: String,
        /// Each, as the client is told.
        found: Vec<Value>,
        /// What to write instead.
        alternatives: Vec<String>,
    },
    /// The function does not exist with these arguments.
    #[error("Could not find the function {function}{arguments} in the schema cache")]
    NoFunction {
        /// Schema and name.
        function: String,
        /// The arguments as they stand after the name.
        arguments: String,
        /// What was looked for, as it stands after the name.
        searched: String,
        /// What may have been meant.
        similar: Option<String>,
    },
    /// Several functions fit.
    #[error("Could not choose the best candidate function between: {0}")]
    AmbiguousFunction(String),
    /// `columns=` or the body names a column that does not exist.
    #[error("Could not find the '{column}' column of '{relation}' in the schema cache")]
    NoColumn {
        /// The relation.
        relation: String,
        /// The column.
        column: String,
    },
    /// The relation does not exist.
    #[error("Could not find the table '{schema}.{name}' in the schema cache")]
    NoRelation {
        /// The schema.
        schema: String,
        /// The name.
        name: String,
        /// A name that is like it.
        similar: Option<String>,
    },
    /// The schema was not read yet, because the database did not answer.
    #[error("Could not query the database for the schema cache. Retrying.")]
    NoCatalog,
    /// The database said no, or nothing.
    #[error(transparent)]
    Run(#[from] RunError),
}

/// Why a range cannot have rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RangeError {
    /// The limit is negative.
    NegativeLimit,
    /// The header ends before it begins.
    LowerGreaterThanUpper,
    /// The offset lies beyond the last row.
    Beyond {
        /// The offset.
        offset: i64,
        /// How many rows there are.
        total: u64,
    },
}

impl From<SyntaxError> for DataError {
    fn from(error: SyntaxError) -> Self {
        DataError::Syntax(error)
    }
}

/// What decides how an error is told.
#[derive(Debug, Clone, Copy)]
pub struct Telling {
    /// Whether the caller has no token of a person, which turns "you may not" into "who are you".
    pub anonymous: bool,
    /// Whether more than code and message is told.
    pub details: bool,
}

/// What a client sees.
struct Public {
    status: StatusCode,
    reason: Option<String>,
    code: String,
    message: String,
    details: Value,
    hint: Value,
    headers: Vec<(String, String)>,
}

impl DataError {
    /// The response.
    pub fn respond(&self, telling: Telling) -> Response<Body> {
        let public = self.public(telling.anonymous);
        if public.status.is_server_error() {
            tracing::error!(error = %self, code = public.code, "a data request failed");
        }
        let mut response = Response::new(Body::from(body(&public, telling.details)));
        *response.status_mut() = public.status;
        if let Some(reason) = public.reason
            && let Ok(reason) = ReasonPhrase::try_from(reason.into_bytes())
        {
            response.extensions_mut().insert(reason);
        }
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json; charset=utf-8"),
        );
        // The name is what clients of PostgREST look for.
        let status = format!("PostgREST; error={}", public.code);
        let own = [("proxy-status".to_owned(), status)];
        for (name, value) in own.into_iter().chain(public.headers) {
            let name = HeaderName::from_bytes(name.as_bytes());
            if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(&value)) {
                headers.insert(name, value);
            }
        }
        response
    }

    /// The body alone, for a response that keeps its own headers.
    pub fn body(&self, telling: Telling) -> String {
        body(&self.public(telling.anonymous), telling.details)
    }

    fn public(&self, anonymous: bool) -> Public {
        use DataError as E;
        let (status, code) = self.status_and_code();
        let mut public = Public {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            reason: None,
            code: code.into(),
            message: self.to_string(),
            details: self.details(),
            hint: self.hint(),
            headers: Vec::new(),
        };
        match self {
            E::Token(TokenError::AnonymousDisabled) => {
                public.headers.push(("www-authenticate".into(), "Bearer".into()));
            }
            E::Token(TokenError::KeysUnavailable) => {
                public.headers.push(("retry-after".into(), "1".into()));
            }
            E::Token(error) if !matches!(error, TokenError::NoSecret) => {
                let value =
                    format!("Bearer error=\"invalid_token\", error_description=\"{error}\"");
                public.headers.push(("www-authenticate".into(), value));
            }
            E::Range(RangeError::Beyond { total, .. }) => {
                public.headers.push(("content-range".into(), format!("*/{total}")));
            }
            E::Run(RunError::Server(error)) => return database(error, anonymous),
            E::Run(RunError::Busy { .. }) => {
                public.message = "Timed out acquiring connection from connection pool.".into();
            }
            // The cause may name hosts and logins, so it goes to the log only.
            E::Run(RunError::Unreachable(_)) => {
                public.message = "Database connection error. Retrying the connection.".into();
                public.headers.push(("retry-after".into(), "1".into()));
            }
            _ => {}
        }
        public
    }

    fn status_and_code(&self) -> (u16, &'static str) {
        use DataError as E;
        match self {
            E::Syntax(_) => (400, "PGRST100"),
            E::FunctionMethod(_) => (405, "PGRST101"),
            E::Body(_) => (400, "PGRST102"),
            E::TooLarge(_) => (413, "PGRST102"),
            E::Range(_) => (416, "PGRST103"),
            E::PutFilters => (405, "PGRST105"),
            E::Schema(..) => (406, "PGRST106"),
            E::MediaType(_) => (406, "PGRST107"),
            E::NotEmbedded { .. } => (400, "PGRST108"),
            E::ResponseHeaders => (500, "PGRST111"),
            E::ResponseStatus => (500, "PGRST112"),
            E::PutWithRange => (400, "PGRST114"),
            E::PutMismatch => (400, "PGRST115"),
            E::NotSingular(_) => (406, "PGRST116"),
            E::Method(_) => (405, "PGRST117"),
            E::RelatedOrder { .. } => (400, "PGRST118"),
            E::EmbedOperator(_) => (400, "PGRST120"),
            E::Raise(_) => (500, "PGRST121"),
            E::Preferences(_) => (400, "PGRST122"),
            E::AggregatesOff => (400, "PGRST123"),
            E::MaxAffected(_) => (400, "PGRST124"),
            E::Path => (404, "PGRST125"),
            E::NoDescription => (404, "PGRST126"),
            E::NotImplemented(_) => (400, "PGRST127"),
            E::MaxAffectedOfSingle => (400, "PGRST128"),
            E::NoRelationship { .. } => (400, "PGRST200"),
            E::AmbiguousRelationship { .. } => (300, "PGRST201"),
            E::NoFunction { .. } => (404, "PGRST202"),
            E::AmbiguousFunction(_) => (300, "PGRST203"),
            E::NoColumn { .. } => (400, "PGRST204"),
            E::NoRelation { .. } => (404, "PGRST205"),
            E::Token(TokenError::NoSecret) => (500, "PGRST300"),
            E::Token(TokenError::AnonymousDisabled) => (401, "PGRST302"),
            E::Token(
                TokenError::Empty
                | TokenError::Malformed(_)
                | TokenError::Undecodable
                | TokenError::Unsigned
                | TokenError::NoKey
                | TokenError::WrongKey
                | TokenError::UnknownKey,
            ) => (401, "PGRST301"),
            E::Token(TokenError::KeysUnavailable) => (503, "PGRST000"),
            E::Token(_) => (401, "PGRST303"),
            E::NoCatalog => (503, "PGRST002"),
            E::Run(RunError::Busy { .. }) => (504, "PGRST003"),
            E::Run(RunError::TimedOut { .. }) => (504, "PGRST004"),
            E::Run(RunError::Unreachable(_)) => (503, "PGRST000"),
            // Told by its own code.
            E::Run(RunError::Server(_)) => (500, "PGRSTX00"),
        }
    }

    fn details(&self) -> Value {
        use DataError as E;
        match self {
            E::Token(error) => json!(error.details()),
            E::Syntax(error) => json!(error.details),
            E::Range(RangeError::NegativeLimit) => {
                json!("Limit should be greater than or equal to zero.")
            }
            E::Range(RangeError::LowerGreaterThanUpper) => json!(
                "The lower boundary must be lower than or equal to the upper boundary in the Range header."
            ),
            E::Range(RangeError::Beyond { offset, total }) => {
                json!(format!(
                    "An offset of {offset} was requested, but there are only {total} rows."
                ))
            }
            E::NotEmbedded { alias: Some(_), .. } => {
                json!("Target names are not allowed in filters if they have an alias")
            }
            E::NotSingular(count) => json!(format!("The result contains {count} rows")),
            E::EmbedOperator(_) => {
                json!("Only is null or not is null filters are allowed on embedded resources")
            }
            E::RelatedOrder { origin, target } => json!(format!(
                "'{origin}' and '{target}' do not form a many-to-one or one-to-one relationship"
            )),
            E::Raise(error) => json!(error.details()),
            E::Preferences(unknown) => {
                json!(format!("Invalid preferences: {}", unknown.join(", ")))
            }
            E::MaxAffected(count) => json!(format!("The query affects {count} rows")),
            E::NotImplemented(what) => json!(what),
            E::NoRelationship { parent, child, schema, hint, .. } => {
                let using = hint
                    .as_ref()
                    .map(|hint| format!("' using the hint '{hint}"))
                    .unwrap_or_default();
                json!(format!(
                    "Searched for a foreign key relationship between '{parent}' and '{child}{using}' in the schema '{schema}', but no matches were found."
                ))
            }
            E::AmbiguousRelationship { found, .. } => json!(found),
            E::NoFunction { function, searched, .. } => json!(format!(
                "Searched for the function {function}{searched}, but no matches were found in the schema cache."
            )),
            _ => Value::Null,
        }
    }

    fn hint(&self) -> Value {
        use DataError as E;
        match self {
            E::Schema(_, exposed) => {
                json!(format!("Only the following schemas are exposed: {}", exposed.join(", ")))
            }
            E::NotEmbedded { name, alias: None } => {
                json!(format!("Verify that '{name}' is included in the 'select' query parameter."))
            }
            E::NotEmbedded { name, alias: Some(alias) } => {
                json!(format!("Change '{name}' to '{alias}' in filters, orders or limits."))
            }
            E::Raise(error) => json!(error.hint()),
            E::NoRelationship { similar: Some(similar), .. } => {
                let (name, wrong) = &**similar;
                json!(format!("Perhaps you meant '{name}' instead of '{wrong}'."))
            }
            E::AmbiguousRelationship { child, alternatives, .. } => json!(format!(
                "Try changing '{child}' to one of the following: {}. Find the desired relationship in the 'details' key.",
                alternatives.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ")
            )),
            E::NoFunction { similar: Some(similar), .. } => {
                json!(format!("Perhaps you meant to call the function {similar}"))
            }
            E::AmbiguousFunction(_) => json!(
                "Try renaming the parameters or the function itself in the database so function overloading can be resolved"
            ),
            E::NoRelation { schema, similar: Some(similar), .. } => {
                json!(format!("Perhaps you meant the table '{schema}.{similar}'"))
            }
            _ => Value::Null,
        }
    }
}

/// Keys in alphabetical order and nothing else, so that the length can be reproduced.
fn body(public: &Public, details: bool) -> String {
    if details {
        json!({
            "code": public.code,
            "details": public.details,
            "hint": public.hint,
            "message": public.message,
        })
        .to_string()
    } else {
        json!({ "code": public.code, "message": public.message }).to_string()
    }
}

/// An error of the database passes through with a status that its code maps to.
fn database(error: &ServerError, anonymous: bool) -> Public {
    if error.code == "PGRST" {
        return match Raised::of(error) {
            Ok(raised) => chosen(raised),
            Err(error) => DataError::Raise(error).public(anonymous),
        };
    }
    let (status, reason) = match error.code.strip_prefix("PT") {
        // raise ... using errcode = 'PT402': the application chooses the status.
        Some(number) => match number.parse().ok().filter(|status| (200..1000).contains(status)) {
            Some(status) => (status, Some(error.message.clone())),
            None => (500, None),
        },
        None => (database_status(error, anonymous), None),
    };
    let headers =
        if status == 401 { vec![("www-authenticate".into(), "Bearer".into())] } else { Vec::new() };
    Public {
        status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        reason,
        code: error.code.clone(),
        message: without_aliases(&error.message),
        details: json!(error.detail.as_deref().map(without_aliases)),
        hint: json!(error.hint.as_deref().map(without_aliases)),
        headers,
    }
}

/// The response that a function chose by what it raised.
fn chosen(raised: Raised) -> Public {
    Public {
        status: StatusCode::from_u16(raised.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        reason: raised.status_text,
        code: raised.code,
        message: raised.message,
        details: json!(raised.details),
        hint: json!(raised.hint),
        headers: raised.headers,
    }
}

/// SQLSTATE to status, by PostgREST's table: the whole code first, then its class.
fn database_status(error: &ServerError, anonymous: bool) -> u16 {
    let code = error.code.as_str();
    match code {
        "23503" | "23505" => return 409,
        "25006" => return 405,
        "42883" if error.message.starts_with("function xmlagg(") => return 406,
        "42883" | "42P01" => return 404,
        "42P17" => return 500,
        "42501" => return if anonymous { 401 } else { 403 },
        "53400" => return 500,
        "57P01" => return 503,
        "P0001" => return 400,
        "21000" => {
            return if error.message.ends_with("requires a WHERE clause") { 400 } else { 500 };
        }
        "22023"
            if error.message.starts_with("role ") && error.message.ends_with("does not exist") =>
        {
            return 401;
        }
        _ => {}
    }
    match code.get(..2).unwrap_or("") {
        "08" | "53" => 503,
        "0L" | "0P" | "28" => 403,
        "09" | "25" | "2D" | "38" | "39" | "3B" | "40" | "54" | "55" | "57" | "58" | "F0"
        | "HV" | "P0" | "XX" => 500,
        _ => 400,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn database_errors_have_postgrests_status() {
        let table = [
            ("42501", true, 401),
            ("42501", false, 403),
            ("23505", false, 409),
            ("23514", false, 400),
            ("22P02", false, 400),
            ("42883", false, 404),
            ("40001", false, 500),
            ("57014", false, 500),
            ("57P01", false, 503),
            ("PT402", false, 402),
            ("PTxyz", false, 500),
            ("53300", false, 503),
        ];
        for (code, anonymous, expected) in table {
            let error = ServerError { code: code.into(), ..ServerError::default() };
            assert_eq!(database(&error, anonymous).status.as_u16(), expected, "{code}");
        }
    }

    #[test]
    fn causes_of_lost_connections_stay_in_the_log() {
        let error =
            DataError::Run(RunError::Unreachable("password for server_login at 10.0.0.1".into()));
        assert!(!error.public(false).message.contains("server_login"));
    }

    #[test]
    fn bodies_are_compact_and_sorted() {
        let error = DataError::NoRelation {
            schema: "test".into(),
            name: "itemsx".into(),
            similar: Some("items".into()),
        };
        assert_eq!(
            error.body(Telling { anonymous: true, details: true }),
            r#"{"code":"PGRST205","details":null,"hint":"Perhaps you meant the table 'test.items'","message":"Could not find the table 'test.itemsx' in the schema cache"}"#
        );
        assert_eq!(
            error.body(Telling { anonymous: true, details: false }),
            r#"{"code":"PGRST205","message":"Could not find the table 'test.itemsx' in the schema cache"}"#
        );
    }
}
