use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};
use tenantry_caller::TokenError;
use tenantry_postgres::{RunError, ServerError};

use crate::syntax::SyntaxError;

/// Everything that a request can be refused for, with the code, status and texts that clients of
/// PostgREST know (its "Errors" reference).
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The token is not good.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// A part of the query string cannot be parsed.
    #[error("\"failed to parse {part} ({})\" (line 1, column {})", .error.text, .error.column)]
    Syntax {
        /// Which part, such as `filter`.
        part: &'static str,
        /// Where.
        error: SyntaxError,
    },
    /// The method does not exist for this resource.
    #[error("Unsupported HTTP method: {0}")]
    Method(String),
    /// The body is not what the request needs.
    #[error("{0}")]
    Body(String),
    /// The body is larger than the server takes.
    #[error("The body is larger than {0} bytes")]
    TooLarge(usize),
    /// The range makes no sense.
    #[error("Requested range not satisfiable")]
    Range(String),
    /// The schema is not exposed.
    #[error("Invalid schema: {0}")]
    Schema(String, Vec<String>),
    /// A filter, an order or a limit names something that is not embedded.
    #[error("'{0}' is not an embedded resource in this request")]
    NotEmbedded(String),
    /// The path has too many segments.
    #[error("Invalid path specified in request URL")]
    Path,
    /// No media type that the client accepts can be made.
    #[error("None of these media types are available: {0}")]
    MediaType(String),
    /// Not exactly one row.
    #[error("Cannot coerce the result to a single JSON object")]
    NotSingular(u64),
    /// More rows than the client allowed.
    #[error("Query result exceeds max-affected preference constraint")]
    MaxAffected(u64),
    /// Preferences that do not exist, under strict handling.
    #[error("Invalid preferences given with handling=strict")]
    Preferences(Vec<String>),
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
    /// No foreign key joins the two.
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
    },
    /// Several foreign keys join the two.
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
    #[error("Could not find the function {schema}.{name}{} in the schema cache", describe_arguments(.arguments))]
    NoFunction {
        /// The schema.
        schema: String,
        /// The name.
        name: String,
        /// The names of the arguments.
        arguments: Vec<String>,
    },
    /// Several functions fit.
    #[error("Could not choose the best candidate function between: {0}")]
    AmbiguousFunction(String),
    /// `columns=` names a column that does not exist.
    #[error("Could not find the '{1}' column of '{0}' in the schema cache")]
    NoColumn(String, String),
    /// Something that is not there yet.
    #[error("{0} is not supported")]
    NotSupported(&'static str),
    /// The database said no, or nothing.
    #[error(transparent)]
    Run(#[from] RunError),
}

fn describe_arguments(arguments: &[String]) -> String {
    if arguments.is_empty() {
        " without parameters".into()
    } else {
        format!("({})", arguments.join(", "))
    }
}

/// What a client sees.
struct Public {
    status: StatusCode,
    code: String,
    message: String,
    details: Value,
    hint: Value,
}

impl DataError {
    /// The response. `anonymous`: whether the caller has no token of a person, which turns "you may
    /// not" into "who are you".
    pub fn respond(&self, anonymous: bool) -> Response<Body> {
        let public = self.public(anonymous);
        if public.status.is_server_error() {
            tracing::error!(error = %self, code = public.code, "a data request failed");
        }
        // Keys in alphabetical order and nothing else, so that the length can be reproduced.
        let body = json!({
            "code": public.code,
            "details": public.details,
            "hint": public.hint,
            "message": public.message,
        })
        .to_string();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = public.status;
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json; charset=utf-8"),
        );
        if public.status == StatusCode::UNAUTHORIZED {
            let value = match self {
                DataError::Token(error) if !matches!(error, TokenError::AnonymousDisabled) => {
                    format!("Bearer error=\"invalid_token\", error_description=\"{error}\"")
                }
                _ => "Bearer".into(),
            };
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(header::WWW_AUTHENTICATE, value);
            }
        }
        if let (DataError::Range(total), StatusCode::RANGE_NOT_SATISFIABLE) = (self, public.status)
            && let Ok(value) = HeaderValue::from_str(&format!("*/{total}"))
        {
            headers.insert(header::CONTENT_RANGE, value);
        }
        response
    }

    fn public(&self, anonymous: bool) -> Public {
        use DataError as E;
        let row = |status: u16, code: &str, details: Value, hint: Value| Public {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            code: code.into(),
            message: self.to_string(),
            details,
            hint,
        };
        let plain = |status, code| row(status, code, Value::Null, Value::Null);
        match self {
            E::Token(TokenError::NoSecret) => plain(500, "PGRST300"),
            E::Token(TokenError::AnonymousDisabled) => plain(401, "PGRST302"),
            E::Token(TokenError::Malformed(_) | TokenError::Undecodable | TokenError::WrongKey) => {
                plain(401, "PGRST301")
            }
            E::Token(_) => plain(401, "PGRST303"),
            E::Syntax { error, .. } => row(
                400,
                "PGRST100",
                json!(format!("unexpected input at column {}", error.column)),
                Value::Null,
            ),
            E::Method(_) => plain(405, "PGRST117"),
            E::Body(_) => plain(400, "PGRST102"),
            E::TooLarge(_) => plain(413, "PGRST102"),
            E::Range(_) => plain(416, "PGRST103"),
            E::Schema(_, exposed) => row(
                406,
                "PGRST106",
                Value::Null,
                json!(format!("Only the following schemas are exposed: {}", exposed.join(", "))),
            ),
            E::NotEmbedded(name) => row(
                400,
                "PGRST108",
                Value::Null,
                json!(format!("Verify that '{name}' is included in the 'select' query parameter.")),
            ),
            E::Path => plain(404, "PGRST125"),
            E::MediaType(_) => plain(406, "PGRST107"),
            E::NotSingular(rows) => {
                row(406, "PGRST116", json!(format!("The result contains {rows} rows")), Value::Null)
            }
            E::MaxAffected(rows) => {
                row(400, "PGRST124", json!(format!("The query affects {rows} rows")), Value::Null)
            }
            E::Preferences(invalid) => row(
                400,
                "PGRST122",
                json!(format!("Invalid preferences: {}", invalid.join(", "))),
                Value::Null,
            ),
            E::NoRelation { schema, similar, .. } => {
                let hint = similar
                    .as_ref()
                    .map(|name| format!("Perhaps you meant the table '{schema}.{name}'"));
                row(404, "PGRST205", Value::Null, json!(hint))
            }
            E::NoRelationship { parent, child, schema, hint } => {
                let using = hint
                    .as_ref()
                    .map(|hint| format!(" using the hint '{hint}'"))
                    .unwrap_or_default();
                let details = format!(
                    "Searched for a foreign key relationship between '{parent}' and '{child}'{using} in the schema '{schema}', but no matches were found."
                );
                row(400, "PGRST200", json!(details), Value::Null)
            }
            E::AmbiguousRelationship { found, child, alternatives, .. } => {
                let hint = format!(
                    "Try changing '{child}' to one of the following: {}. Find the desired relationship in the 'details' key.",
                    alternatives
                        .iter()
                        .map(|name| format!("'{name}'"))
                        .collect::<Vec<_>>()
                        .join(", ")
                );
                row(300, "PGRST201", json!(found), json!(hint))
            }
            E::NoFunction { schema, name, arguments } => {
                let details = format!(
                    "Searched for the function {schema}.{name}{}, but no matches were found in the schema cache.",
                    if arguments.is_empty() {
                        " without parameters".into()
                    } else {
                        format!(" with parameters {}", arguments.join(", "))
                    }
                );
                row(404, "PGRST202", json!(details), Value::Null)
            }
            E::AmbiguousFunction(_) => row(
                300,
                "PGRST203",
                Value::Null,
                json!(
                    "Try renaming the parameters or the function itself in the database so function overloading can be resolved"
                ),
            ),
            E::NoColumn(..) => plain(400, "PGRST204"),
            E::NotSupported(_) => plain(501, "PGRST501"),
            E::Run(RunError::Server(error)) => database(error, anonymous),
            E::Run(RunError::Busy { .. }) => Public {
                message: "Timed out acquiring connection from connection pool.".into(),
                ..plain(504, "PGRST003")
            },
            E::Run(RunError::TimedOut { .. }) => plain(504, "PGRST004"),
            // The cause may name hosts and logins, so it goes to the log only.
            E::Run(RunError::Unreachable(_)) => Public {
                message: "Database connection error. Retrying the connection.".into(),
                ..plain(503, "PGRST001")
            },
        }
    }
}

/// An error of the database passes through with a status that its code maps to.
fn database(error: &ServerError, anonymous: bool) -> Public {
    let status = match error.code.strip_prefix("PT") {
        // raise ... using errcode = 'PT402': the application chooses the status.
        Some(number) => {
            number.parse().ok().filter(|status| (100..600).contains(status)).unwrap_or(500)
        }
        None => database_status(error, anonymous),
    };
    Public {
        status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        code: error.code.clone(),
        message: error.message.clone(),
        details: json!(error.detail),
        hint: json!(error.hint),
    }
}

/// SQLSTATE to status, by PostgREST's table: the whole code first, then its class.
fn database_status(error: &ServerError, anonymous: bool) -> u16 {
    let code = error.code.as_str();
    match code {
        "23503" | "23505" => return 409,
        "25006" => return 405,
        "42883" | "42P01" => return 404,
        "42P17" => return 500,
        "42501" => return if anonymous { 401 } else { 403 },
        "53400" => return 500,
        "57P01" => return 503,
        "57014" => return 504,
        "P0001" => return 400,
        "21000" => {
            return if error.message.ends_with("requires a WHERE clause") { 400 } else { 500 };
        }
        "22023" if error.message.starts_with("role ") => return 401,
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
}
