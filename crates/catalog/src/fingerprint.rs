//! The whole catalog as sorted lines of text, to tell whether two databases are the same.

use sha2::{Digest, Sha256};
use tokio_postgres::{Client, IsolationLevel};

use crate::CatalogError;

/// What is read, each with `kind`, `identity` and `definition` as its columns.
const PARTS: [&str; 7] = [
    include_str!("sql/fingerprint_schemas.sql"),
    include_str!("sql/fingerprint_relations.sql"),
    include_str!("sql/fingerprint_rules.sql"),
    include_str!("sql/fingerprint_routines.sql"),
    include_str!("sql/fingerprint_types.sql"),
    include_str!("sql/fingerprint_grants.sql"),
    include_str!("sql/fingerprint_database.sql"),
];

/// Everything in a database's catalog that its makers decided: schemas, relations, columns,
/// constraints, indexes, policies, triggers, routines, types, sequences, views, extensions, grants,
/// default privileges, publications and event triggers, with owners and comments.
///
/// Data, object ids and the traces of dropped columns are not part of it; neither are the system's
/// own schemas and the members of extensions. A privilege list that was never written down counts
/// as the default that it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    lines: Vec<String>,
}

impl Fingerprint {
    /// Reads the catalog of the client's database in one snapshot, without the schemas named.
    ///
    /// # Errors
    /// Whatever PostgreSQL says; nothing is changed.
    pub async fn read(
        client: &mut Client,
        exclude_schemas: &[&str],
    ) -> Result<Fingerprint, CatalogError> {
        let transaction = client
            .build_transaction()
            .isolation_level(IsolationLevel::RepeatableRead)
            .read_only(true)
            .start()
            .await?;
        // Without a search path, PostgreSQL writes every name with its schema.
        transaction.batch_execute("set local search_path = ''").await?;
        let mut lines = Vec::new();
        for part in PARTS {
            for row in transaction.query(part, &[&exclude_schemas]).await? {
                let definition: Option<&str> = row.try_get("definition")?;
                lines.push(line(row.try_get("kind")?, row.try_get("identity")?, definition));
            }
        }
        transaction.commit().await?;
        lines.sort_unstable();
        Ok(Fingerprint { lines })
    }

    /// The lines, sorted: `kind identity: definition`, with `\n` for a line end in a definition.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// What changed from this catalog to the `other`: `- line` for what only this one has, `+ line`
    /// for what only the other has. Empty when they are the same.
    pub fn difference(&self, other: &Fingerprint) -> Vec<String> {
        let mut difference = Vec::new();
        let (mut ours, mut theirs) = (self.lines.as_slice(), other.lines.as_slice());
        loop {
            match (ours.split_first(), theirs.split_first()) {
                (Some((our, our_rest)), Some((their, their_rest))) if our == their => {
                    (ours, theirs) = (our_rest, their_rest);
                }
                (Some((our, rest)), their) if their.is_none_or(|(their, _)| our < their) => {
                    difference.push(format!("- {our}"));
                    ours = rest;
                }
                (_, Some((their, rest))) => {
                    difference.push(format!("+ {their}"));
                    theirs = rest;
                }
                (_, None) => return difference,
            }
        }
    }

    /// The SHA-256 of all lines, in hex.
    pub fn hash(&self) -> String {
        let mut hash = Sha256::new();
        for line in &self.lines {
            hash.update(line);
            hash.update("\n");
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn line(kind: &str, identity: &str, definition: Option<&str>) -> String {
    let text = format!("{kind} {identity}: {}", definition.unwrap_or("").trim_end());
    text.replace('\\', r"\\").replace('\n', r"\n").replace('\r', r"\r")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fingerprint(lines: &[&str]) -> Fingerprint {
        Fingerprint { lines: lines.iter().map(ToString::to_string).collect() }
    }

    #[test]
    fn differences_are_what_only_one_has() {
        for (before, after, expected) in [
            (&["a", "b"][..], &["a", "b"][..], vec![]),
            (&["a"], &[], vec!["- a"]),
            (&[], &["a"], vec!["+ a"]),
            (&["a", "c", "d"], &["b", "c", "e"], vec!["- a", "+ b", "- d", "+ e"]),
            (&["a", "a"], &["a"], vec!["- a"]),
        ] {
            let (before, after) = (fingerprint(before), fingerprint(after));
            assert_eq!(before.difference(&after), expected);
            assert_eq!(before.hash() == after.hash(), expected.is_empty());
        }
    }

    #[test]
    fn a_definition_is_one_line() {
        let text = line("function", "public.f()", Some("begin\n  return '\\n';\nend\n"));
        assert_eq!(text, r"function public.f(): begin\n  return '\\n';\nend");
    }
}
