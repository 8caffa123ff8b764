//! What a manifest says about a person's rows, in the terms of the planner.

use std::collections::BTreeSet;

use tenantry_app::{Audit, KeptTable, Manifest, TableName, UserColumn};

use crate::secret;

/// Where a person begins, and what happens to rows where the foreign keys do not say it.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// The users tables, the application's own before `auth.users`.
    pub roots: Vec<Root>,
    /// The application's audit trail.
    pub audit: Option<Audit>,
    /// Tables whose rows the law keeps.
    pub kept: Vec<KeptTable>,
    /// Tables whose rows pass to somebody else.
    pub handed_over: Vec<TableName>,
    /// Tables whose rows go although no foreign key deletes them.
    pub erased: Vec<TableName>,
    /// Columns that are secret though their name does not say so.
    pub secrets: BTreeSet<(TableName, String)>,
}

/// A users table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// The table.
    pub table: TableName,
    /// The column of the person's id.
    pub id: String,
    /// Columns by which somebody may ask for the person: e-mail address, username, telephone.
    pub names: Vec<String>,
    /// The columns of those that hold an e-mail address.
    pub emails: Vec<String>,
    /// Columns of addresses that nobody has shown to be the person's.
    pub claims: Vec<String>,
}

impl Rules {
    /// What this manifest says.
    pub fn of(manifest: &Manifest) -> Rules {
        let bound = manifest.identity.as_ref().map(|identity| {
            let names = [UserColumn::Email, UserColumn::Username, UserColumn::Phone];
            let column = |meaning| identity.columns.get(meaning).map(str::to_owned);
            Root {
                table: identity.users.value.clone(),
                id: column(UserColumn::Id).unwrap_or_default(),
                names: names.into_iter().filter_map(column).collect(),
                emails: column(UserColumn::Email).into_iter().collect(),
                claims: Vec::new(),
            }
        });
        let accounts = Root {
            table: auth_table("users"),
            id: "id".into(),
            names: vec!["email".into(), "phone".into()],
            emails: vec!["email".into()],
            claims: vec!["email_change".into()],
        };
        let tables = |located: &[tenantry_app::Located<TableName>]| {
            located.iter().map(|table| table.value.clone()).collect()
        };
        Rules {
            roots: bound.into_iter().chain([accounts]).collect(),
            audit: manifest.audit.clone(),
            kept: manifest.person.kept.clone(),
            handed_over: tables(&manifest.person.handed_over),
            erased: tables(&manifest.person.erased),
            secrets: secret::bound(manifest),
        }
    }
}

/// A table of the schema `auth`.
pub(crate) fn auth_table(name: &str) -> TableName {
    TableName { schema: "auth".into(), table: name.into() }
}
