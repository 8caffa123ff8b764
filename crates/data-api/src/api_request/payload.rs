//! The body: what it sets, and in which form.

use std::collections::BTreeSet;
use std::fmt;

use bytes::Bytes;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::media_type::MediaType;
use super::query_string;
use crate::error::DataError;

/// A body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// JSON text: an object, or an array of them.
    Json(Bytes),
    /// The pairs of a form, for a function.
    Form(Vec<(String, String)>),
    /// Anything, as it came, for a function.
    Raw(Bytes),
}

impl Payload {
    /// Whether the JSON is one object rather than an array of them.
    pub fn is_object(json: &[u8]) -> bool {
        json.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{')
    }
}

/// A body with the names that it sets.
pub type PayloadWithKeys = (Payload, BTreeSet<String>);

/// Reads a body. `columns`, where they are given, are the names instead of those in the body,
/// which is then not looked into.
///
/// # Errors
/// [`DataError::Body`]
pub fn parse(
    body: Bytes,
    media_type: &MediaType,
    columns: Option<&[String]>,
    for_function: bool,
) -> Result<PayloadWithKeys, DataError> {
    match media_type {
        MediaType::Json => match columns {
            Some(columns) => Ok((Payload::Json(body), columns.iter().cloned().collect())),
            None if for_function && body.is_empty() => {
                Ok((Payload::Json(Bytes::from_static(b"{}")), BTreeSet::new()))
            }
            None => json(body, for_function),
        },
        MediaType::Csv => csv(&body),
        MediaType::Form => {
            let text = String::from_utf8_lossy(&body);
            let pairs: Vec<(String, String)> = query_string::pairs(&text)
                .into_iter()
                .map(|(name, value)| (name, value.unwrap_or_default()))
                .collect();
            let keys = pairs.iter().map(|(name, _)| name.clone()).collect();
            if for_function {
                return Ok((Payload::Form(pairs), keys));
            }
            let object: Map<String, Value> =
                pairs.into_iter().map(|(name, value)| (name, Value::from(value))).collect();
            Ok((Payload::Json(Value::from(object).to_string().into()), keys))
        }
        MediaType::Plain | MediaType::Xml | MediaType::Bytes if for_function => {
            Ok((Payload::Raw(body), BTreeSet::new()))
        }
        other => Err(DataError::Body(format!("Content-Type not acceptable: {other}"))),
    }
}

/// Objects whose keys are all the same; anything that is neither object nor array is no rows.
fn json(body: Bytes, for_function: bool) -> Result<PayloadWithKeys, DataError> {
    let mut deserializer = serde_json::Deserializer::from_slice(&body);
    let found = deserializer
        .deserialize_any(Rows)
        .and_then(|found| deserializer.end().map(|()| found))
        .map_err(|_| DataError::Body("Empty or invalid json".into()))?;
    match found {
        Found::Keys(keys) => Ok((Payload::Json(body), keys)),
        // A function may take the whole body, whatever it is.
        Found::Differing | Found::Nothing if for_function => {
            Ok((Payload::Json(body), BTreeSet::new()))
        }
        Found::Nothing => Ok((Payload::Json(Bytes::from_static(b"[]")), BTreeSet::new())),
        Found::Differing => Err(DataError::Body("All object keys must match".into())),
    }
}

/// What a body sets.
enum Found {
    Keys(BTreeSet<String>),
    Nothing,
    Differing,
}

/// Looks at the keys of objects only: the values are PostgreSQL's to read.
struct Rows;

impl<'de> Visitor<'de> for Rows {
    type Value = Found;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object or an array of objects")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Found, A::Error> {
        keys(map).map(Found::Keys)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<Found, A::Error> {
        let mut first: Option<BTreeSet<String>> = None;
        let mut differing = false;
        while let Some(row) = rows.next_element_seed(Row)? {
            match (row, &first) {
                (Some(keys), None) => first = Some(keys),
                (Some(keys), Some(first)) if keys == *first => {}
                _ => differing = true,
            }
        }
        Ok(match (differing, first) {
            (true, _) => Found::Differing,
            (false, Some(keys)) => Found::Keys(keys),
            (false, None) => Found::Nothing,
        })
    }

    fn visit_bool<E>(self, _: bool) -> Result<Found, E> {
        Ok(Found::Nothing)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Found, E> {
        Ok(Found::Nothing)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Found, E> {
        Ok(Found::Nothing)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Found, E> {
        Ok(Found::Nothing)
    }

    fn visit_str<E>(self, _: &str) -> Result<Found, E> {
        Ok(Found::Nothing)
    }

    fn visit_unit<E>(self) -> Result<Found, E> {
        Ok(Found::Nothing)
    }
}

/// An element of an array: its keys, or `None` where it is no object.
struct Row;

impl<'de> DeserializeSeed<'de> for Row {
    type Value = Option<BTreeSet<String>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Row {
    type Value = Option<BTreeSet<String>>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        keys(map).map(Some)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

fn keys<'de, A: MapAccess<'de>>(mut map: A) -> Result<BTreeSet<String>, A::Error> {
    let mut keys = BTreeSet::new();
    while let Some((key, IgnoredAny)) = map.next_entry::<String, IgnoredAny>()? {
        keys.insert(key);
    }
    Ok(keys)
}

/// Lines under a header; `NULL` is null, everything else text for PostgreSQL to read.
fn csv(body: &[u8]) -> Result<PayloadWithKeys, DataError> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(body);
    let refused = |error: csv::Error| DataError::Body(format!("The CSV cannot be read: {error}"));
    let header = reader.headers().map_err(refused)?.clone();
    if header.is_empty() {
        return Err(DataError::Body("not enough input".into()));
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(refused)?;
        if record.len() != header.len() {
            return Err(DataError::Body("All lines must have same number of fields".into()));
        }
        let value = |text: &str| if text == "NULL" { Value::Null } else { Value::from(text) };
        let row: Map<String, Value> = header
            .iter()
            .zip(record.iter())
            .map(|(name, text)| (name.to_owned(), value(text)))
            .collect();
        rows.push(Value::from(row));
    }
    let keys =
        if rows.is_empty() { BTreeSet::new() } else { header.iter().map(str::to_owned).collect() };
    Ok((Payload::Json(Value::from(rows).to_string().into()), keys))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(body: &str, media_type: MediaType) -> Result<(String, Vec<String>), String> {
        parse(Bytes::copy_from_slice(body.as_bytes()), &media_type, None, false)
            .map(|(payload, keys)| {
                let Payload::Json(json) = payload else { panic!("{payload:?}") };
                (String::from_utf8(json.to_vec()).unwrap(), keys.into_iter().collect())
            })
            .map_err(|error| error.to_string())
    }

    #[test]
    fn bodies_have_keys() {
        let keys = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        for (body, expected) in [
            (r#" {"b": [1, {"x": 2}], "a": null} "#, Ok(keys(&["a", "b"]))),
            (r#"[{"a": 1}, {"a": 1e400}]"#, Ok(keys(&["a"]))),
            ("[{}, {}]", Ok(keys(&[]))),
            ("[]", Ok(keys(&[]))),
            ("5", Ok(keys(&[]))),
            (r#"[{"a": 1}, {"b": 1}]"#, Err("All object keys must match")),
            ("[1]", Err("All object keys must match")),
            (r#"[{"a": 1}, []]"#, Err("All object keys must match")),
            ("", Err("Empty or invalid json")),
            ("}{", Err("Empty or invalid json")),
            (r#"{"a": 1} x"#, Err("Empty or invalid json")),
        ] {
            let found = parsed(body, MediaType::Json).map(|(_, keys)| keys);
            assert_eq!(found, expected.map_err(str::to_owned), "{body}");
        }
        assert_eq!(parsed("5", MediaType::Json).unwrap().0, "[]");
    }

    #[test]
    fn forms_and_csv_become_json() {
        assert_eq!(parsed("a=1&b=x+y", MediaType::Form).unwrap().0, r#"{"a":"1","b":"x y"}"#);
        assert_eq!(
            parsed("a,b\nNULL,\"x, y\"\n2,NULL\n", MediaType::Csv).unwrap().0,
            r#"[{"a":null,"b":"x, y"},{"a":"2","b":null}]"#
        );
        assert!(parsed("a,b\n1\n", MediaType::Csv).is_err());
        assert!(parsed("x", MediaType::Other("text/x".into())).is_err());
    }
}
