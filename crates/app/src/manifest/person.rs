//! What happens to a table's rows when the person whom they belong to is erased, where that is not
//! what the foreign keys say: the sections `[audit]` and `[[person.*]]`.

use serde::Deserialize;
use toml::Spanned;

use super::parse::Reader;
use crate::{Located, TableName};

/// The application's audit trail.
#[derive(Debug, Clone)]
pub struct Audit {
    /// The table.
    pub table: Located<TableName>,
    /// The column of who acted.
    pub actor: Option<Located<String>>,
    /// The columns that tell from where somebody acted: address, program, login session.
    pub origin: Vec<Located<String>>,
}

/// What the foreign keys do not say about a person's rows.
#[derive(Debug, Clone, Default)]
pub struct PersonRules {
    /// Tables whose rows the law keeps; they stay under a pseudonym.
    pub kept: Vec<KeptTable>,
    /// Tables whose rows pass to somebody else.
    pub handed_over: Vec<Located<TableName>>,
    /// Tables whose rows go with the person although no foreign key deletes them.
    pub erased: Vec<Located<TableName>>,
}

/// A table whose rows stay when the person goes.
#[derive(Debug, Clone)]
pub struct KeptTable {
    /// The table.
    pub table: Located<TableName>,
    /// Why it is kept, for people.
    pub reason: String,
    /// Columns of text that stay as they are. All others are emptied.
    pub columns: Vec<Located<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAudit {
    table: Spanned<String>,
    actor: Option<Spanned<String>>,
    #[serde(default)]
    origin: Vec<Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPerson {
    #[serde(default)]
    kept: Vec<RawKept>,
    #[serde(default)]
    handed_over: Vec<RawTable>,
    #[serde(default)]
    erased: Vec<RawTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawKept {
    table: Spanned<String>,
    reason: Spanned<String>,
    #[serde(default)]
    columns: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTable {
    table: Spanned<String>,
}

impl Reader<'_> {
    pub(super) fn audit(&mut self, raw: RawAudit) -> Audit {
        Audit {
            table: self.table(raw.table),
            actor: raw.actor.map(|column| self.name(column)),
            origin: raw.origin.into_iter().map(|column| self.name(column)).collect(),
        }
    }

    pub(super) fn person(&mut self, raw: RawPerson) -> PersonRules {
        let mut tables = |tables: Vec<RawTable>| -> Vec<Located<TableName>> {
            tables.into_iter().map(|entry| self.table(entry.table)).collect()
        };
        let handed_over = tables(raw.handed_over);
        let erased = tables(raw.erased);
        let kept: Vec<KeptTable> = raw.kept.into_iter().map(|kept| self.kept(kept)).collect();
        let mut seen: Vec<&Located<TableName>> = Vec::new();
        for table in kept.iter().map(|kept| &kept.table).chain(&handed_over).chain(&erased) {
            if seen.iter().any(|other| other.value == table.value) {
                let message = format!(
                    "the table `{}` stands twice below [person]; a table's rows have one fate",
                    table.value
                );
                self.complain_at(table.line, message);
            }
            seen.push(table);
        }
        PersonRules { kept, handed_over, erased }
    }

    fn kept(&mut self, raw: RawKept) -> KeptTable {
        if raw.reason.get_ref().trim().is_empty() {
            let message = "`reason` is empty; write why the rows outlive the person";
            self.complain(&raw.reason, message.into());
        }
        KeptTable {
            table: self.table(raw.table),
            reason: raw.reason.into_inner(),
            columns: raw.columns.into_iter().map(|column| self.name(column)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Manifest;

    const HEAD: &str = "name = \"small\"\ntitle = \"Small\"\nschemas = [\"public\"]\n";

    #[test]
    fn fates_of_tables_are_read() {
        let text = format!(
            "{HEAD}[audit]\ntable = \"public.trail\"\nactor = \"user_id\"\norigin = [\"ip\"]\n\
             [[person.kept]]\ntable = \"public.payments\"\nreason = \"books\"\ncolumns = [\"currency\"]\n\
             [[person.handed_over]]\ntable = \"public.documents\"\n\
             [[person.erased]]\ntable = \"public.notes\"\n"
        );
        let manifest = Manifest::parse("app.toml", &text).unwrap();
        let audit = manifest.audit.unwrap();
        assert_eq!(audit.actor.unwrap().value, "user_id");
        assert_eq!(audit.origin[0].value, "ip");
        let kept = &manifest.person.kept[0];
        assert_eq!((kept.reason.as_str(), kept.columns[0].line), ("books", 11));
        assert_eq!(manifest.person.handed_over[0].value.to_string(), "public.documents");
        assert_eq!(manifest.person.erased[0].line, 15);
    }

    #[test]
    fn problems_name_their_line() {
        for (text, expected) in [
            (
                "[[person.kept]]\ntable = \"payments\"\nreason = \"books\"",
                "app.toml:5: `payments` must be a table with its schema",
            ),
            ("[[person.kept]]\ntable = \"a.b\"\nreason = \" \"", "app.toml:6: `reason` is empty"),
            ("[[person.kept]]\ntable = \"a.b\"", "missing field `reason`"),
            (
                "[[person.erased]]\ntable = \"a.b\"\n[[person.handed_over]]\ntable = \"a.b\"",
                "app.toml:5: the table `a.b` stands twice below [person]",
            ),
            ("[person]\nforgotten = 1", "app.toml:5: unknown field `forgotten`"),
            ("[audit]\ntable = \"a.b\"\nactor = \"\"", "app.toml:6: \"\" is no name"),
        ] {
            let found = Manifest::parse("app.toml", &format!("{HEAD}{text}")).unwrap_err();
            assert!(found.to_string().contains(expected), "{text}\n{found}");
        }
    }
}
