//! Media types (RFC 9110, 8.3): which one a body is of, which ones an answer may be of.

use std::fmt;

/// A media type, as far as its meaning here goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaType {
    /// `application/json`
    Json,
    /// `application/geo+json`
    GeoJson,
    /// `text/csv`
    Csv,
    /// `text/plain`
    Plain,
    /// `text/xml`
    Xml,
    /// `application/openapi+json`
    OpenApi,
    /// `application/x-www-form-urlencoded`
    Form,
    /// `application/octet-stream`
    Bytes,
    /// `*/*`
    Any,
    /// `application/vnd.pgrst.array+json;nulls=stripped`
    ArrayWithoutNulls,
    /// `application/vnd.pgrst.object+json`
    Object {
        /// Whether members that are null are left out.
        without_nulls: bool,
    },
    /// `application/vnd.pgrst.plan`
    Plan(Box<PlanType>),
    /// Another one, as it was written.
    Other(String),
}

/// An execution plan instead of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanType {
    /// Of what answer.
    pub of: MediaType,
    /// Whether as JSON rather than text.
    pub as_json: bool,
    /// EXPLAIN's options.
    pub options: Vec<&'static str>,
}

/// EXPLAIN's options that may be asked for, in the order in which they are told back.
const PLAN_OPTIONS: [&str; 5] = ["analyze", "verbose", "settings", "buffers", "wal"];

impl MediaType {
    /// Reads one.
    pub fn parse(text: &str) -> Self {
        let (name, parameters) = text.split_once(';').unwrap_or((text, ""));
        let parameter = |wanted: &str| {
            parameters.split(';').find_map(|parameter| {
                let (name, value) = parameter.split_once('=')?;
                name.trim()
                    .eq_ignore_ascii_case(wanted)
                    .then(|| value.trim().trim_matches('"').to_owned())
            })
        };
        let without_nulls = || parameter("nulls").is_some_and(|value| value == "stripped");
        let plan = |as_json| {
            let asked = parameter("options").unwrap_or_default();
            let of = parameter("for").map_or(MediaType::Json, |of| MediaType::parse(&of));
            let options = PLAN_OPTIONS
                .into_iter()
                .filter(|option| asked.split('|').any(|asked| asked == *option))
                .collect();
            MediaType::Plan(Box::new(PlanType { of, as_json, options }))
        };
        match name.trim().to_ascii_lowercase().as_str() {
            "application/json" => MediaType::Json,
            "application/geo+json" => MediaType::GeoJson,
            "text/csv" => MediaType::Csv,
            "text/plain" => MediaType::Plain,
            "text/xml" => MediaType::Xml,
            "application/openapi+json" => MediaType::OpenApi,
            "application/x-www-form-urlencoded" => MediaType::Form,
            "application/octet-stream" => MediaType::Bytes,
            "*/*" => MediaType::Any,
            "application/vnd.pgrst.plan" | "application/vnd.pgrst.plan+text" => plan(false),
            "application/vnd.pgrst.plan+json" => plan(true),
            "application/vnd.pgrst.object" | "application/vnd.pgrst.object+json" => {
                MediaType::Object { without_nulls: without_nulls() }
            }
            "application/vnd.pgrst.array" | "application/vnd.pgrst.array+json" => {
                if without_nulls() { MediaType::ArrayWithoutNulls } else { MediaType::Json }
            }
            _ => MediaType::Other(text.trim().to_owned()),
        }
    }

    /// The media types of a header `Accept`, the most wanted first: by weight, then the more
    /// specific, then as they stand. Each with how it was written.
    pub fn accepted(header: Option<&str>) -> Vec<(Self, String)> {
        let anything = || vec![(MediaType::Any, "*/*".to_owned())];
        let Some(header) = header else { return anything() };
        let mut ranked: Vec<(f32, usize, String)> = split_outside_quotes(header)
            .into_iter()
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| {
                let (kept, weight) = without_weight(part);
                (weight, specificity(&kept), kept)
            })
            .collect();
        ranked.sort_by(|left, right| right.0.total_cmp(&left.0).then(right.1.cmp(&left.1)));
        if ranked.is_empty() {
            return anything();
        }
        ranked.into_iter().map(|(_, _, text)| (MediaType::parse(&text), text)).collect()
    }

    /// As the header `Content-Type`: what is text of ours is UTF-8 and says so.
    pub fn content_type(&self) -> String {
        match self {
            MediaType::Bytes | MediaType::Other(_) => self.to_string(),
            _ => format!("{self}; charset=utf-8"),
        }
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            MediaType::Json => "application/json",
            MediaType::GeoJson => "application/geo+json",
            MediaType::Csv => "text/csv",
            MediaType::Plain => "text/plain",
            MediaType::Xml => "text/xml",
            MediaType::OpenApi => "application/openapi+json",
            MediaType::Form => "application/x-www-form-urlencoded",
            MediaType::Bytes => "application/octet-stream",
            MediaType::Any => "*/*",
            MediaType::ArrayWithoutNulls => "application/vnd.pgrst.array+json;nulls=stripped",
            MediaType::Object { without_nulls: false } => "application/vnd.pgrst.object+json",
            MediaType::Object { without_nulls: true } => {
                "application/vnd.pgrst.object+json;nulls=stripped"
            }
            MediaType::Plan(plan) => {
                let format = if plan.as_json { "json" } else { "text" };
                write!(formatter, "application/vnd.pgrst.plan+{format}; for=\"{}\"", plan.of)?;
                if !plan.options.is_empty() {
                    write!(formatter, "; options={}", plan.options.join("|"))?;
                }
                return Ok(());
            }
            MediaType::Other(text) => text,
        };
        formatter.write_str(text)
    }
}

fn split_outside_quotes(header: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut quoted) = (0, false);
    for (at, byte) in header.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b',' if !quoted => {
                parts.push(&header[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&header[start..]);
    parts
}

/// The media type without `q=`, and that weight.
fn without_weight(part: &str) -> (String, f32) {
    let mut weight = 1.0;
    let mut kept = Vec::new();
    for (place, parameter) in part.split(';').enumerate() {
        let given = (place > 0)
            .then(|| parameter.trim().strip_prefix("q="))
            .flatten()
            .and_then(|value| value.trim().parse::<f32>().ok());
        match given {
            Some(given) => weight = given,
            None => kept.push(parameter),
        }
    }
    (kept.join(";"), weight)
}

fn specificity(media_type: &str) -> usize {
    match media_type.split(';').next().unwrap_or("").trim() {
        "*/*" => 0,
        name if name.ends_with("/*") => 1,
        _ => 2 + media_type.matches(';').count(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_are_read_and_told_back() {
        for (text, expected) in [
            ("application/json; anything", "application/json; charset=utf-8"),
            (
                "ApplicatIon/vnd.PgRsT.object+json",
                "application/vnd.pgrst.object+json; charset=utf-8",
            ),
            (
                "application/vnd.pgrst.object;nulls=stripped",
                "application/vnd.pgrst.object+json;nulls=stripped; charset=utf-8",
            ),
            ("application/vnd.pgrst.array+json", "application/json; charset=utf-8"),
            (
                "application/vnd.pgrst.plan+json;for=\"text/csv\"; options=wal|analyze|x",
                "application/vnd.pgrst.plan+json; for=\"text/csv\"; options=analyze|wal; charset=utf-8",
            ),
            (
                "application/vnd.pgrst.plan",
                "application/vnd.pgrst.plan+text; for=\"application/json\"; charset=utf-8",
            ),
            ("image/png", "image/png"),
            ("application/octet-stream", "application/octet-stream"),
        ] {
            assert_eq!(MediaType::parse(text).content_type(), expected);
        }
    }

    #[test]
    fn accept_is_weighed() {
        let accepted = |header| {
            MediaType::accepted(Some(header)).into_iter().map(|(_, text)| text).collect::<Vec<_>>()
        };
        assert_eq!(
            accepted("text/html,application/xml;q=0.9,*/*;q=0.8"),
            ["text/html", "application/xml", "*/*"]
        );
        assert_eq!(accepted("*/*, text/csv"), ["text/csv", "*/*"]);
        assert_eq!(accepted("text/csv;q=0.1, application/json"), ["application/json", "text/csv"]);
        assert_eq!(MediaType::accepted(None), [(MediaType::Any, "*/*".to_owned())]);
        assert_eq!(
            MediaType::accepted(Some("application/vnd.pgrst.plan; for=\"text/csv, x\"")).len(),
            1
        );
    }
}
