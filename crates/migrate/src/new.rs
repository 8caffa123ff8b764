use crate::MigrateError;
use crate::revisions::label;

const UP: &str = "\
-- {label}: say in a sentence what changes and why.
--
-- Where they are needed, directives stand in the first lines, one comment each, such as
-- `-- tenantry: version 1.0.0`, `-- tenantry: identifier ced8f3f148bb`,
-- `-- tenantry: no transaction` (for create index concurrently and the like) or
-- `-- tenantry: irreversible <reason>` (the down file may then be removed).
";

const DOWN: &str = "\
-- Undoes {label} exactly: afterwards the catalog is what it was before.
";

/// The names and texts of a new pair of files for the revision after number `head` (0 for the
/// first). The name may be written in any words: `Add payments` becomes `add_payments`.
///
/// # Errors
/// [`MigrateError::Name`] when nothing of the name is left.
pub fn new_pair(name: &str, head: u32) -> Result<[(String, String); 2], MigrateError> {
    let words: Vec<String> = name
        .split(|next: char| !next.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    if words.is_empty() {
        return Err(MigrateError::Name(name.into()));
    }
    let label = label(head.saturating_add(1), &words.join("_"));
    let file =
        |half: &str, text: &str| (format!("{label}.{half}.sql"), text.replace("{label}", &label));
    Ok([file("up", UP), file("down", DOWN)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Revisions, SourceFile};

    #[test]
    fn a_new_pair_is_a_valid_revision() {
        let files = new_pair("Add payments!", 0).unwrap();
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["0001_add_payments.up.sql", "0001_add_payments.down.sql"]);
        let files = files.map(|(path, text)| SourceFile { path, text });
        assert_eq!(Revisions::parse(files).unwrap().head().unwrap().name(), "add_payments");
        assert!(matches!(new_pair("?!", 3), Err(MigrateError::Name(_))));
    }
}
