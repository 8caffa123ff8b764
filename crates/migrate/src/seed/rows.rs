//! Reads a JSON seed: which rows it has, where each stands, and which columns each names.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;
use serde_json::value::RawValue;

use crate::source::line_and_column;
use crate::{MigrateError, Place, SourceFile};

/// An object of the file.
#[derive(Debug)]
pub(crate) struct SeedRow {
    pub place: Place,
    pub text: String,
}

/// The rows that name the same columns.
#[derive(Debug)]
pub(crate) struct SeedGroup {
    pub columns: BTreeSet<String>,
    pub rows: Vec<SeedRow>,
}

/// The rows of a file, those with the same columns together.
///
/// # Errors
/// [`MigrateError::Json`] with the place: no array of objects, a row without a key column, or two
/// rows with the same key.
pub(crate) fn read(file: &SourceFile, key: &[String]) -> Result<Vec<SeedGroup>, MigrateError> {
    let text = file.normal_text();
    let items: Vec<&RawValue> =
        serde_json::from_str(&text).map_err(|error| MigrateError::Json {
            place: Place::column(&file.path, error.line().max(1), error.column().max(1)),
            problem: format!("the file has to be a JSON array of objects: {error}"),
        })?;
    let mut groups = BTreeMap::<BTreeSet<String>, Vec<SeedRow>>::new();
    let mut seen = HashMap::<Vec<String>, usize>::new();
    for item in items {
        // The raw values are slices of the text, so their distance is their offset.
        let offset = (item.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
        let (line, _) = line_and_column(&text, offset);
        let place = Place::line(&file.path, line);
        let wrong = |problem: String| MigrateError::Json { place: place.clone(), problem };
        let object: serde_json::Map<String, Value> = serde_json::from_str(item.get())
            .map_err(|_| wrong("a row has to be an object, such as {\"code\": \"a\"}".into()))?;
        let identity = identity(&object, key).map_err(&wrong)?;
        if let Some(first) = seen.insert(identity, line) {
            let names = key.join(", ");
            return Err(wrong(format!("the row in line {first} has the same {names}; remove one")));
        }
        let columns = object.keys().cloned().collect();
        let row = SeedRow { place, text: item.get().into() };
        groups.entry(columns).or_default().push(row);
    }
    Ok(groups.into_iter().map(|(columns, rows)| SeedGroup { columns, rows }).collect())
}

fn identity(
    object: &serde_json::Map<String, Value>,
    key: &[String],
) -> Result<Vec<String>, String> {
    key.iter()
        .map(|column| match object.get(column) {
            None | Some(Value::Null) => {
                Err(format!("the row has no `{column}`, by which rows are told apart; add it"))
            }
            Some(value) => Ok(value.to_string()),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(text: &str) -> Result<Vec<String>, String> {
        let file = SourceFile { path: "s/a.json".into(), text: text.into() };
        let one = |group: &SeedGroup| {
            let lines: Vec<String> =
                group.rows.iter().map(|row| format!("{}={}", row.place.line, row.text)).collect();
            let columns: Vec<&str> = group.columns.iter().map(String::as_str).collect();
            format!("{}: {}", columns.join(","), lines.join(" "))
        };
        read(&file, &["code".into()])
            .map(|groups| groups.iter().map(one).collect())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn files_become_groups_of_rows() {
        for (text, expected) in [
            ("[]", vec![]),
            ("[\n{\"code\":1},\n\n{\"code\":2}]", vec!["code: 2={\"code\":1} 4={\"code\":2}"]),
            (
                "[{\"code\":1,\"b\":2},{\"code\":2}]",
                vec!["b,code: 1={\"code\":1,\"b\":2}", "code: 1={\"code\":2}"],
            ),
        ] {
            assert_eq!(show(text), Ok(expected.into_iter().map(Into::into).collect()), "{text}");
        }
    }

    #[test]
    fn bad_files_are_named_with_their_line() {
        for (text, expected) in [
            ("{}", "s/a.json:1:"),
            ("[\n{\"code\":1,}]", "s/a.json:2:"),
            ("[\n1]", "s/a.json:2: a row has to be an object"),
            ("[\n{\"b\":1}]", "s/a.json:2: the row has no `code`"),
            ("[\n{\"code\":null}]", "s/a.json:2: the row has no `code`"),
            ("[{\"code\":1},\n{\"code\":1}]", "s/a.json:2: the row in line 1 has the same code"),
        ] {
            let error = show(text).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
