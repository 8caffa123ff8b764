use std::collections::BTreeMap;
use std::fmt;

use crate::file::SqlFile;
use crate::{MigrateError, SourceFile};

/// One step of the chain: a file that does it and a file that undoes it.
#[derive(Debug, Clone)]
pub struct Revision {
    number: u32,
    name: String,
    pub(crate) up: SqlFile,
    pub(crate) down: Option<SqlFile>,
}

/// A linear chain of revisions, numbered from 1 without gaps.
#[derive(Debug, Clone, Default)]
pub struct Revisions(Vec<Revision>);

impl Revision {
    /// The number, from 1.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The name, such as `initial_schema`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version that the revision belongs to (`-- tenantry: version 1.0.0`).
    pub fn version(&self) -> Option<&str> {
        self.up.directives.version.as_deref()
    }

    /// Another name of the revision (`-- tenantry: identifier ced8f3f148bb`).
    pub fn identifier(&self) -> Option<&str> {
        self.up.directives.identifier.as_deref()
    }

    /// Why the revision cannot be undone, if it says so.
    pub fn irreversible(&self) -> Option<&str> {
        self.up.directives.irreversible.as_deref()
    }
}

/// Number and name as in the file names, such as `0001_initial_schema`.
impl fmt::Display for Revision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&label(self.number, &self.name))
    }
}

pub(crate) fn label(number: u32, name: &str) -> String {
    format!("{number:04}_{name}")
}

impl Revisions {
    /// Pairs files into a chain, reads their headers and cuts them into statements. The order of
    /// the files does not matter; files that are no `.sql` are left aside.
    ///
    /// # Errors
    /// What is wrong with a name, a pair, the chain, a header or the SQL text, with its place.
    pub fn parse(files: impl IntoIterator<Item = SourceFile>) -> Result<Revisions, MigrateError> {
        let mut halves = BTreeMap::<u32, Halves>::new();
        for file in files.into_iter().filter(|file| file.path.ends_with(".sql")) {
            let name = FileName::parse(file.file_name())
                .ok_or_else(|| MigrateError::FileName { file: file.path.clone() })?;
            halves.entry(name.number).or_default().take(name, file)?;
        }
        let mut revisions = Vec::with_capacity(halves.len());
        for (expected, (number, halves)) in (1..).zip(halves) {
            let revision = halves.pair(number)?;
            if number != expected {
                return Err(MigrateError::Gap { file: revision.up.path, missing: expected });
            }
            refuse_double_identifier(&revisions, &revision)?;
            revisions.push(revision);
        }
        Ok(Revisions(revisions))
    }

    /// The revisions, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Revision> + ExactSizeIterator {
        self.0.iter()
    }

    /// The newest revision.
    pub fn head(&self) -> Option<&Revision> {
        self.0.last()
    }

    /// The revision with this number.
    pub fn get(&self, number: u32) -> Option<&Revision> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        self.0.get(index)
    }

    pub(crate) fn head_number(&self) -> u32 {
        self.head().map_or(0, Revision::number)
    }

    /// The revision's label, or `base` for 0.
    pub(crate) fn label(&self, number: u32) -> String {
        self.get(number).map_or_else(|| "base".into(), Revision::to_string)
    }
}

fn refuse_double_identifier(known: &[Revision], new: &Revision) -> Result<(), MigrateError> {
    let same = |known: &&Revision| known.identifier() == new.identifier();
    match (new.identifier(), known.iter().find(same)) {
        (Some(identifier), Some(known)) => Err(MigrateError::Double {
            first: known.up.path.clone(),
            second: new.up.path.clone(),
            what: format!("called {identifier}"),
        }),
        _ => Ok(()),
    }
}

/// The two files of a number, until both are there.
#[derive(Default)]
struct Halves {
    name: Option<String>,
    up: Option<SourceFile>,
    down: Option<SourceFile>,
}

impl Halves {
    fn take(&mut self, name: FileName, file: SourceFile) -> Result<(), MigrateError> {
        let what = format!("revision {:04}", name.number);
        let double = |first: &SourceFile, what: String| MigrateError::Double {
            first: first.path.clone(),
            second: file.path.clone(),
            what,
        };
        if self.name.as_ref().is_some_and(|other| *other != name.name) {
            let first = self.up.as_ref().or(self.down.as_ref());
            return Err(double(first.unwrap_or(&file), what));
        }
        let half = if name.is_up { &mut self.up } else { &mut self.down };
        if let Some(first) = half {
            return Err(double(first, what));
        }
        self.name = Some(name.name);
        *half = Some(file);
        Ok(())
    }

    fn pair(self, number: u32) -> Result<Revision, MigrateError> {
        let name = self.name.unwrap_or_default();
        let other_half = |half: &str| format!("{}.{half}.sql", label(number, &name));
        let Some(up) = self.up else {
            return Err(MigrateError::Unpaired {
                file: self.down.map(|down| down.path).unwrap_or_default(),
                missing: other_half("up"),
                advice: "restore it, or remove this file too",
            });
        };
        let up = SqlFile::read(&up)?;
        let down = self.down.as_ref().map(SqlFile::read).transpose()?;
        match &down {
            Some(down) => refuse_contradiction(&up, down)?,
            None if up.directives.irreversible.is_none() => {
                return Err(MigrateError::Unpaired {
                    file: up.path,
                    missing: other_half("down"),
                    advice: "write it, or say `-- tenantry: irreversible <reason>` in the first lines",
                });
            }
            None => {}
        }
        Ok(Revision { number, name, up, down })
    }
}

/// A down file may repeat what its up file says about the revision, but not contradict it.
fn refuse_contradiction(up: &SqlFile, down: &SqlFile) -> Result<(), MigrateError> {
    let pairs = [
        ("version", &up.directives.version, &down.directives.version),
        ("identifier", &up.directives.identifier, &down.directives.identifier),
        ("irreversible", &up.directives.irreversible, &down.directives.irreversible),
    ];
    for (name, up_value, down_value) in pairs {
        if down_value.is_some() && down_value != up_value {
            return Err(MigrateError::Directive {
                place: crate::Place::line(&down.path, 1),
                problem: format!(
                    "its `{name}` differs from that of {}; say it in the up file only",
                    up.path
                ),
            });
        }
    }
    Ok(())
}

/// The parts of `0001_initial_schema.up.sql`.
#[derive(Debug, PartialEq, Eq)]
struct FileName {
    number: u32,
    name: String,
    is_up: bool,
}

impl FileName {
    fn parse(file_name: &str) -> Option<FileName> {
        let (stem, is_up) = match file_name.strip_suffix(".up.sql") {
            Some(stem) => (stem, true),
            None => (file_name.strip_suffix(".down.sql")?, false),
        };
        let (number, name) = stem.split_once('_')?;
        let is_number = number.len() >= 4 && number.bytes().all(|byte| byte.is_ascii_digit());
        let is_name =
            name.chars().all(|next| next.is_ascii_alphanumeric() || next == '_' || next == '-');
        let number = number.parse().ok().filter(|number| is_number && *number > 0)?;
        (is_name && !name.is_empty()).then(|| FileName { number, name: name.into(), is_up })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn parse(files: &[(&str, &str)]) -> Result<Revisions, String> {
        let source = |(name, text): &(&str, &str)| SourceFile {
            path: format!("m/{name}"),
            text: (*text).into(),
        };
        Revisions::parse(files.iter().map(source)).map_err(|error| error.to_string())
    }

    #[test]
    fn file_names_are_read() {
        let some = |number, name: &str, is_up| Some(FileName { number, name: name.into(), is_up });
        for (name, expected) in [
            ("0001_initial_schema.up.sql", some(1, "initial_schema", true)),
            ("0012_x.down.sql", some(12, "x", false)),
            ("12345_x.up.sql", some(12345, "x", true)),
            ("001_x.up.sql", None),
            ("0000_x.up.sql", None),
            ("0001_.up.sql", None),
            ("0001.up.sql", None),
            ("0001_x.sql", None),
            ("0001_a b.up.sql", None),
            ("99999999999_x.up.sql", None),
        ] {
            assert_eq!(FileName::parse(name), expected, "{name}");
        }
    }

    #[test]
    fn files_become_a_chain() {
        let revisions = parse(&[
            ("README.md", "\\i nothing"),
            ("0002_b.up.sql", "-- tenantry: irreversible data is gone\ndrop table a"),
            ("0001_a.down.sql", "-- tenantry: version 1.0.0\ndrop table a"),
            ("0001_a.up.sql", "-- tenantry: version 1.0.0\n-- tenantry: identifier ced8f3f148bb\n"),
        ])
        .unwrap();
        let labels: Vec<String> = revisions.iter().map(Revision::to_string).collect();
        assert_eq!(labels, ["0001_a", "0002_b"]);
        assert_eq!(revisions.get(1).unwrap().version(), Some("1.0.0"));
        assert_eq!(revisions.get(1).unwrap().identifier(), Some("ced8f3f148bb"));
        assert_eq!(revisions.head().unwrap().irreversible(), Some("data is gone"));
        assert!(revisions.get(0).is_none() && revisions.get(3).is_none());
        assert_eq!(parse(&[]).unwrap().head_number(), 0);
    }

    #[test]
    fn what_is_no_chain_is_refused() {
        let identifier = "-- tenantry: identifier ced8f3f148bb";
        for (files, expected) in [
            (vec![("a.sql", "")], "m/a.sql: the name is not that of a migration"),
            (
                vec![("0001_a.up.sql", "")],
                "m/0001_a.up.sql: 0001_a.down.sql is missing beside it; write it",
            ),
            (
                vec![("0001_a.down.sql", "")],
                "m/0001_a.down.sql: 0001_a.up.sql is missing beside it; restore it",
            ),
            (
                vec![("0002_a.up.sql", ""), ("0002_a.down.sql", "")],
                "m/0002_a.up.sql: revision 0001 is missing before it",
            ),
            (
                vec![("0001_a.up.sql", ""), ("0001_b.up.sql", "")],
                "m/0001_a.up.sql and m/0001_b.up.sql are both revision 0001",
            ),
            (
                vec![("0001_a.up.sql", ""), ("x/0001_a.up.sql", "")],
                "m/0001_a.up.sql and m/x/0001_a.up.sql are both revision 0001",
            ),
            (
                vec![
                    ("0001_a.up.sql", identifier),
                    ("0001_a.down.sql", ""),
                    ("0002_b.up.sql", identifier),
                    ("0002_b.down.sql", ""),
                ],
                "m/0001_a.up.sql and m/0002_b.up.sql are both called ced8f3f148bb",
            ),
            (
                vec![("0001_a.up.sql", ""), ("0001_a.down.sql", "-- tenantry: version 2")],
                "m/0001_a.down.sql:1: its `version` differs from that of m/0001_a.up.sql",
            ),
        ] {
            let error = parse(&files).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
