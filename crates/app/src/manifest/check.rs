//! The manifest against the live database: every schema, table and column that it names is there
//! and can hold what it means.

use crate::columns::{BoundColumns, Kind, Meaning};
use crate::{CatalogFacts, FunctionName, Located, Manifest, Problem, Problems, TableName};

impl Manifest {
    /// Every table that the manifest binds.
    pub fn bound_tables(&self) -> Vec<&TableName> {
        let mut tables: Vec<&Located<TableName>> = Vec::new();
        if let Some(identity) = &self.identity {
            tables.push(&identity.users);
            tables
                .extend(identity.roles.iter().flat_map(|roles| [&roles.user_roles, &roles.roles]));
            tables.extend(identity.sessions.iter().map(|sessions| &sessions.table));
            tables.extend(identity.tenants.iter().map(|tenants| &tenants.table));
        }
        tables.extend(self.mail_templates.iter().map(|templates| &templates.table));
        tables.extend(self.audit.iter().map(|audit| &audit.table));
        tables.extend(self.person.kept.iter().map(|kept| &kept.table));
        tables.extend(&self.person.handed_over);
        tables.extend(&self.person.erased);
        tables.extend(self.seeds.iter().filter_map(|seed| seed.table.as_ref()));
        tables.into_iter().map(|table| &table.value).collect()
    }

    /// Every function that the manifest binds.
    pub fn bound_functions(&self) -> Vec<&FunctionName> {
        let keys = self.identity.iter().filter_map(|identity| identity.api_keys.as_ref());
        keys.map(|keys| &keys.verify.value).collect()
    }

    /// Whether everything that the manifest names exists in the live database and has a fitting
    /// type. `facts` must cover [`Manifest::bound_tables`], [`Manifest::bound_functions`] and all
    /// schemas.
    ///
    /// # Errors
    /// [`Problems`], each with the manifest's line.
    pub fn check_against(&self, facts: &CatalogFacts) -> Result<(), Problems> {
        let mut check = Check { file: &self.file, facts, problems: Vec::new() };
        for schema in &self.schemas {
            check.schema(schema);
        }
        if let Some(identity) = &self.identity {
            check.columns(&identity.users, &identity.columns);
            if let Some(roles) = &identity.roles {
                check.column(&roles.user_roles, &roles.user, Kind::Key);
                check.column(&roles.user_roles, &roles.role, Kind::Any);
                check.column(&roles.roles, &roles.role_key, Kind::Any);
                check.column(&roles.roles, &roles.role_name, Kind::Text);
            }
            if let Some(sessions) = &identity.sessions {
                check.columns(&sessions.table, &sessions.columns);
            }
            if let Some(tenants) = &identity.tenants {
                check.column(&tenants.table, &tenants.id, Kind::Key);
                for column in tenants.suspended_at.iter().chain(&tenants.deleted_at) {
                    check.column(&tenants.table, column, Kind::Time);
                }
            }
        }
        if let Some(keys) = self.identity.as_ref().and_then(|identity| identity.api_keys.as_ref()) {
            check.key_function(&keys.verify);
        }
        if let Some(audit) = &self.audit {
            check.table(&audit.table);
            if let Some(column) = &audit.actor {
                check.column(&audit.table, column, Kind::Key);
            }
            for column in &audit.origin {
                check.column(&audit.table, column, Kind::Any);
            }
        }
        for kept in &self.person.kept {
            check.table(&kept.table);
            for column in &kept.columns {
                check.column(&kept.table, column, Kind::Any);
            }
        }
        for table in self.person.handed_over.iter().chain(&self.person.erased) {
            check.table(table);
        }
        if let Some(templates) = &self.mail_templates {
            let texts = [&templates.key, &templates.subject, &templates.text, &templates.html];
            for column in texts.into_iter().chain(&templates.locale) {
                check.column(&templates.table, column, Kind::Text);
            }
            check.column(&templates.table, &templates.version, Kind::Integer);
        }
        for seed in &self.seeds {
            if let Some(table) = &seed.table {
                seed.key.iter().for_each(|column| check.column(table, column, Kind::Any));
            }
        }
        Problems(check.problems).into_result()
    }
}

struct Check<'a> {
    file: &'a str,
    facts: &'a CatalogFacts,
    problems: Vec<Problem>,
}

impl Check<'_> {
    fn schema(&mut self, schema: &Located<String>) {
        if !self.facts.has_schema(&schema.value) {
            let message = format!(
                "the database has no schema `{}`; create it in a migration or remove it from `schemas`",
                schema.value
            );
            self.complain(schema.line, message);
        }
    }

    fn table(&mut self, table: &Located<TableName>) -> bool {
        let found = self.facts.has_table(&table.value);
        if !found {
            let message = format!(
                "the database has no table `{}`; create it in a migration or correct the name",
                table.value
            );
            self.complain(table.line, message);
        }
        found
    }

    fn columns<M: Meaning>(&mut self, table: &Located<TableName>, columns: &BoundColumns<M>) {
        for (meaning, column) in columns.iter() {
            self.column(table, column, meaning.kind());
        }
    }

    fn column(&mut self, table: &Located<TableName>, column: &Located<String>, kind: Kind) {
        if !self.table(table) {
            return;
        }
        let Some(facts) = self.facts.column(&table.value, &column.value) else {
            let columns: Vec<&str> = self.facts.columns(&table.value).collect();
            let message = format!(
                "the table `{}` has no column `{}`; it has {}",
                table.value,
                column.value,
                columns.join(", ")
            );
            return self.complain(column.line, message);
        };
        if !kind.admits(&facts.type_name) {
            let message = format!(
                "the column `{}.{}` is of type {}, but this needs {}",
                table.value,
                column.value,
                facts.type_name,
                kind.describe()
            );
            self.complain(column.line, message);
        }
    }

    /// A function that says whose a key is.
    fn key_function(&mut self, name: &Located<FunctionName>) {
        const COLUMNS: [(&str, &str); 3] =
            [("id", "uuid"), ("user_id", "uuid"), ("scopes", "text[]")];
        let fits = self.facts.function(&name.value).map(|facts| {
            facts.arguments == ["text"]
                && COLUMNS.iter().all(|(column, type_name)| {
                    facts.columns.get(*column).is_some_and(|found| found == type_name)
                })
        });
        let message = match fits {
            Some(true) => return,
            Some(false) => format!(
                "the function `{}` must take one text and return id uuid, user_id uuid and scopes text[]",
                name.value
            ),
            None => format!(
                "the database has no function `{}`, or several; create one in a migration or correct the name",
                name.value
            ),
        };
        self.complain(name.line, message);
    }

    fn complain(&mut self, line: usize, message: String) {
        let problem = Problem { file: self.file.to_owned(), line: Some(line), message };
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ColumnFacts, FunctionFacts};

    const MANIFEST: &str = "name = \"small\"\ntitle = \"Small\"\nschemas = [\"public\"]\n[identity]\nusers = \"public.users\"\n[identity.columns]\nid = \"id\"\nemail = \"email\"\nactive = \"is_active\"\n";

    fn facts(columns: &[(&str, &str)]) -> CatalogFacts {
        let mut facts = CatalogFacts::default();
        facts.add_schema("public");
        let table = TableName::parse("public.users").unwrap();
        for (name, type_name) in columns {
            let column = ColumnFacts { type_name: (*type_name).into(), ..ColumnFacts::default() };
            facts.add_column(table.clone(), *name, column);
        }
        facts
    }

    #[test]
    fn what_the_database_lacks_is_named_with_its_line() {
        let manifest = Manifest::parse("app.toml", MANIFEST).unwrap();
        let good = [("id", "uuid"), ("email", "text"), ("is_active", "boolean")];
        assert!(manifest.check_against(&facts(&good)).is_ok());
        let table: [(&[(&str, &str)], &str); 3] = [
            (&[], "app.toml:5: the database has no table `public.users`"),
            (
                &good[..2],
                "app.toml:9: the table `public.users` has no column `is_active`; it has email, id",
            ),
            (
                &[("id", "bigint"), good[1], good[2]],
                "app.toml:7: the column `public.users.id` is of type bigint, but this needs uuid or text",
            ),
        ];
        for (columns, expected) in table {
            let found = manifest.check_against(&facts(columns)).unwrap_err().to_string();
            assert!(found.starts_with(expected) && found.lines().count() == 1, "{found}");
        }
        let bound = format!(
            "{MANIFEST}[identity.api_keys]\nverify = \"public.verify\"\nprefix = \"small_\"\n"
        );
        let manifest_with_keys = Manifest::parse("app.toml", &bound).unwrap();
        let mut with_function = facts(&good);
        let name = FunctionName::parse("public.verify").unwrap();
        let mut function = FunctionFacts { arguments: vec!["text".into()], ..Default::default() };
        for (returns, expected) in [
            (None, Some("app.toml:11: the database has no function `public.verify`")),
            (Some("uuid"), Some("app.toml:11: the function `public.verify` must take one text")),
            (Some("text[]"), None),
        ] {
            if let Some(type_name) = returns {
                for (column, type_name) in
                    [("id", "uuid"), ("user_id", "uuid"), ("scopes", type_name)]
                {
                    function.columns.insert(column.into(), type_name.into());
                }
                with_function.add_function(name.clone(), function.clone());
            }
            let found = manifest_with_keys.check_against(&with_function).err();
            let found = found.map(|problems| problems.to_string());
            match (&found, expected) {
                (None, None) => {}
                (Some(found), Some(expected)) => assert!(found.starts_with(expected), "{found}"),
                _ => panic!("{found:?}"),
            }
        }
        let empty = manifest.check_against(&CatalogFacts::default()).unwrap_err().to_string();
        assert!(empty.starts_with("app.toml:3: the database has no schema `public`"), "{empty}");
    }
}
