//! `raise sqlstate 'PGRST'`: a function chooses the whole response to its failure.

use serde::Deserialize;
use serde_json::{Map, Value};
use tenantry_postgres::ServerError;

/// The response that was chosen.
#[derive(Debug, PartialEq, Eq)]
pub struct Raised {
    /// The error's code.
    pub code: String,
    /// Its message.
    pub message: String,
    /// Its details.
    pub details: Option<String>,
    /// Its hint.
    pub hint: Option<String>,
    /// The status.
    pub status: u16,
    /// The text beside the status.
    pub status_text: Option<String>,
    /// More headers.
    pub headers: Vec<(String, String)>,
}

/// Why what was raised cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RaiseError {
    /// The message is not JSON of the right form.
    Message(String),
    /// The detail is not JSON of the right form.
    Detail(String),
    /// There is no detail.
    NoDetail,
}

/// The message of such an error.
#[derive(Deserialize)]
struct Message {
    code: String,
    message: String,
    details: Option<String>,
    hint: Option<String>,
}

/// The detail of such an error.
#[derive(Deserialize)]
struct Detail {
    status: u16,
    status_text: Option<String>,
    headers: Map<String, Value>,
}

impl Raised {
    /// Reads it from an error with the SQLSTATE `PGRST`.
    ///
    /// # Errors
    /// [`RaiseError`]
    pub fn of(error: &ServerError) -> Result<Self, RaiseError> {
        let Message { code, message, details, hint } = serde_json::from_str(&error.message)
            .map_err(|_| RaiseError::Message(error.message.clone()))?;
        let detail = error.detail.as_ref().ok_or(RaiseError::NoDetail)?;
        let wrong = || RaiseError::Detail(detail.clone());
        let Detail { status, status_text, headers } =
            serde_json::from_str(detail).map_err(|_| wrong())?;
        let headers = headers
            .into_iter()
            .map(|(name, value)| Some((name, value.as_str()?.to_owned())))
            .collect::<Option<_>>()
            .ok_or_else(wrong)?;
        Ok(Raised { code, message, details, hint, status, status_text, headers })
    }
}

impl RaiseError {
    /// What was found.
    pub fn details(&self) -> String {
        match self {
            RaiseError::Message(text) => format!("Invalid JSON value for MESSAGE: '{text}'"),
            RaiseError::Detail(text) => format!("Invalid JSON value for DETAIL: '{text}'"),
            RaiseError::NoDetail => "DETAIL is missing in the RAISE statement".into(),
        }
    }

    /// What it should have been.
    pub fn hint(&self) -> &'static str {
        match self {
            RaiseError::Message(_) => {
                "MESSAGE must be a JSON object with obligatory keys: 'code', 'message' and optional keys: 'details', 'hint'."
            }
            RaiseError::Detail(_) | RaiseError::NoDetail => {
                "DETAIL must be a JSON object with obligatory keys: 'status', 'headers' and optional key: 'status_text'."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_response_can_be_raised() {
        let error = |message: &str, detail: Option<&str>| ServerError {
            code: "PGRST".into(),
            message: message.into(),
            detail: detail.map(str::to_owned),
            ..ServerError::default()
        };
        let message = r#"{"code":"X1","message":"no","hint":"try"}"#;
        let detail = r#"{"status":332,"status_text":"My Text","headers":{"X-Header":"str"}}"#;
        let raised = Raised::of(&error(message, Some(detail))).unwrap();
        assert_eq!((raised.status, raised.code.as_str()), (332, "X1"));
        assert_eq!(raised.headers, [("X-Header".into(), "str".into())]);
        for (message, detail, expected) in [
            ("INVALID", Some(detail), RaiseError::Message("INVALID".into())),
            (message, None, RaiseError::NoDetail),
            (message, Some("{}"), RaiseError::Detail("{}".into())),
        ] {
            assert_eq!(Raised::of(&error(message, detail)), Err(expected));
        }
    }
}
