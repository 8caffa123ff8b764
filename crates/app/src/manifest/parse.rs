//! From the text of `app.toml` to a [`Manifest`]: every problem that can be found without the
//! database, each with its line.

mod identity;

use std::collections::BTreeSet;

use serde::Deserialize;
use toml::Spanned;

use self::identity::RawIdentity;
use crate::location::{Lines, Located};
use crate::manifest::person::{RawAudit, RawPerson};
use crate::manifest::{Demo, Manifest, Seed, StoredTemplates};
use crate::table_name::{LONGEST_NAME_BYTES, is_name};
use crate::{FunctionName, Problem, Problems, TableName};

/// Names that mean something else in URLs, in the cluster or to PostgreSQL.
const RESERVED_NAMES: [&str; 10] = [
    "live",
    "mailbox",
    "metrics",
    "pg",
    "postgres",
    "ready",
    "template0",
    "template1",
    "tenantry",
    "console",
];

/// Schemas that no data API may expose: they hold secrets or belong to PostgreSQL.
const PRIVATE_SCHEMAS: [&str; 3] = ["auth", "information_schema", "pg_catalog"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawManifest {
    name: Spanned<String>,
    title: Spanned<String>,
    #[serde(default)]
    description: String,
    schemas: Spanned<Vec<Spanned<String>>>,
    #[serde(default)]
    extra_search_path: Vec<Spanned<String>>,
    identity: Option<RawIdentity>,
    audit: Option<RawAudit>,
    mail: Option<RawMail>,
    #[serde(default)]
    person: RawPerson,
    #[serde(default)]
    seeds: Vec<RawSeed>,
    demo: Option<RawDemo>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMail {
    templates: RawTemplates,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTemplates {
    table: Spanned<String>,
    key: Spanned<String>,
    locale: Option<Spanned<String>>,
    version: Spanned<String>,
    subject: Spanned<String>,
    text: Spanned<String>,
    html: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSeed {
    file: Spanned<String>,
    table: Option<Spanned<String>>,
    #[serde(default)]
    key: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDemo {
    file: Spanned<String>,
}

impl Manifest {
    /// Reads the text of a manifest. `file` is what messages call it.
    ///
    /// # Errors
    /// [`Problems`]: everything that is wrong with it, each with its line and what to change.
    pub fn parse(file: &str, text: &str) -> Result<Manifest, Problems> {
        let lines = Lines::new(text);
        let raw: RawManifest = toml::from_str(text).map_err(|error| {
            let line = error.span().map(|span| lines.line_of(&span));
            let message = error.message().to_owned();
            Problems(vec![Problem { file: file.into(), line, message }])
        })?;
        let mut reader = Reader { file, lines, problems: Vec::new() };
        let manifest = reader.manifest(raw);
        Problems(reader.problems).into_result()?;
        Ok(manifest)
    }

    /// Whether every file that the manifest names is there.
    ///
    /// # Errors
    /// [`Problems`] naming each that is not.
    pub(crate) fn check_files(&self, exists: impl Fn(&str) -> bool) -> Result<(), Problems> {
        let seeds = self.seeds.iter().map(|seed| &seed.file);
        let missing = seeds
            .chain(self.demo.iter().map(|demo| &demo.file))
            .filter(|file| !exists(&file.value));
        let problems = missing.map(|file| Problem {
            file: self.file.clone(),
            line: Some(file.line),
            message: format!(
                "there is no file `{}` in the application's folder; add it or remove the entry",
                file.value
            ),
        });
        Problems(problems.collect()).into_result()
    }
}

/// Turns what was parsed into the manifest and collects what is wrong on the way.
pub(super) struct Reader<'a> {
    file: &'a str,
    lines: Lines<'a>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn manifest(&mut self, raw: RawManifest) -> Manifest {
        let name = self.app_name(raw.name);
        if raw.title.get_ref().trim().is_empty() {
            self.complain(&raw.title, "`title` is empty; write the name that people read".into());
        }
        Manifest {
            file: self.file.to_owned(),
            name,
            title: raw.title.into_inner(),
            description: raw.description,
            schemas: self.schemas(raw.schemas),
            extra_search_path: raw
                .extra_search_path
                .into_iter()
                .map(|name| self.name(name).value)
                .collect(),
            identity: raw.identity.map(|identity| self.identity(identity)),
            audit: raw.audit.map(|audit| self.audit(audit)),
            person: self.person(raw.person),
            mail_templates: raw.mail.map(|mail| self.mail_templates(mail.templates)),
            seeds: raw.seeds.into_iter().map(|seed| self.seed(seed)).collect(),
            demo: raw.demo.map(|demo| Demo { file: self.file_of_type(demo.file, &[".sql"]) }),
        }
    }

    fn app_name(&mut self, name: Spanned<String>) -> String {
        let text = name.get_ref().as_str();
        let letters = text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        if !letters
            || !text.starts_with(|first: char| first.is_ascii_lowercase())
            || text.len() > 31
        {
            let message = format!(
                "`name` is {text:?}; it must be a lower-case letter and then at most 30 lower-case letters, digits or _"
            );
            self.complain(&name, message);
        } else if RESERVED_NAMES.contains(&text) || text.starts_with("pg_") {
            let message = format!("the name `{text}` has another meaning; choose a different one");
            self.complain(&name, message);
        }
        name.into_inner()
    }

    fn schemas(&mut self, schemas: Spanned<Vec<Spanned<String>>>) -> Vec<Located<String>> {
        if schemas.get_ref().is_empty() {
            self.complain(&schemas, "`schemas` is empty; name at least one schema to serve".into());
        }
        let mut seen = BTreeSet::new();
        for schema in schemas.get_ref() {
            let text = schema.get_ref();
            if PRIVATE_SCHEMAS.contains(&text.as_str()) || text.starts_with("pg_") {
                let message =
                    format!("the schema `{text}` must not be served; remove it from `schemas`");
                self.complain(schema, message);
            }
            if !seen.insert(text.clone()) {
                self.complain(
                    schema,
                    format!("the schema `{text}` stands twice in `schemas`; remove one"),
                );
            }
        }
        schemas.into_inner().into_iter().map(|schema| self.name(schema)).collect()
    }

    fn mail_templates(&mut self, raw: RawTemplates) -> StoredTemplates {
        StoredTemplates {
            table: self.table(raw.table),
            key: self.name(raw.key),
            locale: raw.locale.map(|column| self.name(column)),
            version: self.name(raw.version),
            subject: self.name(raw.subject),
            text: self.name(raw.text),
            html: self.name(raw.html),
        }
    }

    fn seed(&mut self, raw: RawSeed) -> Seed {
        let is_json = raw.file.get_ref().ends_with(".json");
        if is_json && (raw.table.is_none() || raw.key.is_empty()) {
            let message = "a JSON seed needs `table` (schema.table) and `key` (the columns that identify a row)";
            self.complain(&raw.file, message.into());
        }
        if !is_json && (raw.table.is_some() || !raw.key.is_empty()) {
            let message = "`table` and `key` belong to JSON seeds only; remove them";
            self.complain(&raw.file, message.into());
        }
        Seed {
            file: self.file_of_type(raw.file, &[".sql", ".json"]),
            table: raw.table.map(|table| self.table(table)),
            key: raw.key.into_iter().map(|column| self.name(column)).collect(),
        }
    }

    fn file_of_type(&mut self, file: Spanned<String>, endings: &[&str]) -> Located<String> {
        if !endings.iter().any(|ending| file.get_ref().ends_with(ending)) {
            let message = format!("`{}` must end in {}", file.get_ref(), endings.join(" or "));
            self.complain(&file, message);
        }
        self.lines.locate(file)
    }

    pub(super) fn table(&mut self, text: Spanned<String>) -> Located<TableName> {
        let parsed = TableName::parse(text.get_ref());
        if parsed.is_none() {
            let message = format!(
                "`{}` must be a table with its schema, such as \"public.users\"",
                text.get_ref()
            );
            self.complain(&text, message);
        }
        // The stand-in is never seen: a manifest with problems is not handed out.
        let stand_in = TableName { schema: String::new(), table: String::new() };
        self.lines.locate(text).map(|_| parsed.unwrap_or(stand_in))
    }

    pub(super) fn function(&mut self, text: Spanned<String>) -> Located<FunctionName> {
        let parsed = FunctionName::parse(text.get_ref());
        if parsed.is_none() {
            let message = format!(
                "`{}` must be a function with its schema, such as \"public.verify_api_key\"",
                text.get_ref()
            );
            self.complain(&text, message);
        }
        let stand_in = FunctionName { schema: String::new(), function: String::new() };
        self.lines.locate(text).map(|_| parsed.unwrap_or(stand_in))
    }

    pub(super) fn name(&mut self, text: Spanned<String>) -> Located<String> {
        if !is_name(text.get_ref()) {
            let message = format!(
                "{:?} is no name that PostgreSQL keeps; write 1 to {LONGEST_NAME_BYTES} bytes without quotes",
                text.get_ref()
            );
            self.complain(&text, message);
        }
        self.lines.locate(text)
    }

    pub(super) fn complain<T>(&mut self, at: &Spanned<T>, message: String) {
        let line = self.lines.line_of(&at.span());
        self.complain_at(line, message);
    }

    pub(super) fn complain_at(&mut self, line: usize, message: String) {
        self.problems.push(Problem { file: self.file.to_owned(), line: Some(line), message });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::PasswordAlgorithm;
    use crate::{SessionColumn, UserColumn};

    const HEAD: &str = "name = \"small\"\ntitle = \"Small\"\nschemas = [\"public\"]\n";

    fn problems(text: &str) -> String {
        Manifest::parse("app.toml", text).unwrap_err().to_string()
    }

    #[test]
    fn a_whole_manifest_is_read() {
        let text = include_str!("test_manifest.toml");
        let manifest = Manifest::parse("app.toml", text).unwrap();
        assert_eq!(manifest.name, "whole");
        assert_eq!(manifest.schema_names().collect::<Vec<_>>(), ["public", "reports"]);
        let identity = manifest.identity.unwrap();
        assert_eq!(identity.users.value.to_string(), "public.users");
        assert_eq!(identity.users.line, 8);
        assert_eq!(identity.columns.get(UserColumn::PasswordHash), Some("password_hash"));
        assert_eq!(identity.columns.get(UserColumn::ConsentAt), Some("consented_at"));
        assert_eq!(identity.columns.get(UserColumn::Name), None);
        let administration = identity.administration.unwrap();
        assert_eq!(administration.system_role.unwrap().value, "superadmin");
        assert_eq!(administration.invites.len(), 2);
        assert_eq!(identity.administrator.roles_table_role.unwrap().value, "admin");
        assert_eq!(identity.options.password_algorithm, PasswordAlgorithm::Bcrypt);
        assert_eq!(identity.sessions.unwrap().columns.get(SessionColumn::User), Some("user_id"));
        assert_eq!(identity.roles.unwrap().role_name.value, "name");
        assert!(identity.tenants.unwrap().deleted_at.is_none());
        let keys = identity.api_keys.unwrap();
        assert_eq!(keys.verify.value.to_string(), "public.verify_api_key");
        assert_eq!(keys.prefix, "whole_");
        assert_eq!(manifest.seeds[1].key[0].value, "code");
        let templates = manifest.mail_templates.unwrap();
        assert_eq!(templates.table.value.to_string(), "public.wordings");
        assert_eq!((&*templates.text.value, templates.locale.is_none()), ("plain", true));
        assert_eq!(manifest.demo.unwrap().file.value, "seeds/demo.sql");
    }

    #[test]
    fn each_problem_names_its_line() {
        let identity = "[identity]\nusers = \"public.users\"\n[identity.columns]\nid = \"id\"\nemail = \"email\"\n";
        let table = [
            (HEAD.replace("small", "Small"), "app.toml:1: `name` is \"Small\""),
            (HEAD.replace("small", "1st"), "app.toml:1: `name` is \"1st\""),
            (HEAD.replace("small", &"a".repeat(32)), "app.toml:1: `name` is"),
            (HEAD.replace("small", "live"), "app.toml:1: the name `live` has another meaning"),
            (HEAD.replace("small", "pg"), "app.toml:1: the name `pg` has another meaning"),
            (HEAD.replace("[\"public\"]", "[]"), "app.toml:3: `schemas` is empty"),
            (
                HEAD.replace("[\"public\"]", "[\"a\", \"a\"]"),
                "app.toml:3: the schema `a` stands twice",
            ),
            (
                HEAD.replace("\"public\"", "\"auth\""),
                "app.toml:3: the schema `auth` must not be served",
            ),
            (HEAD.replace("\"public\"", "\"\""), "app.toml:3: \"\" is no name"),
            (HEAD.replace("title", "titel"), "app.toml:2: unknown field `titel`"),
            ("name = \n".into(), "app.toml:1: "),
            ("name = \"a\"".into(), "missing field"),
            (
                format!(
                    "{HEAD}[identity]\nusers = \"users\"\n[identity.columns]\nid=\"id\"\nemail=\"e\""
                ),
                "app.toml:5: `users` must be a table with its schema",
            ),
            (
                format!("{HEAD}[identity]\nusers = \"a.users\"\n[identity.columns]\nid=\"id\""),
                "[identity.columns] lacks `email`",
            ),
            (format!("{HEAD}{identity}nickname = \"n\""), "app.toml:9: unknown variant `nickname`"),
            (
                format!("{HEAD}{identity}[identity.options]\npassword_algorithm = \"md5\""),
                "app.toml:10: unknown variant `md5`",
            ),
            (
                format!("{HEAD}{identity}[identity.options]\ndefault_role = \"user\""),
                "app.toml:10: `default_role` needs to know",
            ),
            (
                format!("{HEAD}{identity}password_salt = \"salt\""),
                "app.toml:9: `password_salt` is the salt",
            ),
            (
                format!("{HEAD}{identity}[identity.tenants]\ntable = \"a.t\"\nid = \"id\""),
                "[identity.tenants] needs the users' tenant",
            ),
            (
                format!("{HEAD}{identity}[identity.administration]\nsystem_role = \"chief\""),
                "app.toml:9: [identity.administration] needs the users' role",
            ),
            (
                format!(
                    "{HEAD}{identity}role = \"role\"\n[identity.administration]\ntenant_role = \"head\""
                ),
                "app.toml:11: `tenant_role` needs the users' tenant",
            ),
            (
                format!("{HEAD}{identity}[identity.administrator]\nroles_table_role = \"admin\""),
                "app.toml:10: `roles_table_role` needs to know",
            ),
            (
                format!("{HEAD}{identity}[identity.administrator]\ncolumn_role = \"admin\""),
                "app.toml:10: `column_role` needs the users' role",
            ),
            (
                format!("{HEAD}[mail.templates]\ntable = \"public.wordings\""),
                "app.toml:4: missing field `key`",
            ),
            (
                format!("{HEAD}[mail]\nsmtp_url = \"smtp://localhost\""),
                "app.toml:5: unknown field `smtp_url`",
            ),
            (
                format!("{HEAD}{identity}[identity.api_keys]\nverify = \"v\"\nprefix = \"k_\""),
                "app.toml:10: `v` must be a function with its schema",
            ),
            (
                format!(
                    "{HEAD}{identity}[identity.api_keys]\nverify = \"a.v\"\nprefix = \"sb_k_\""
                ),
                "app.toml:11: `prefix` is \"sb_k_\"",
            ),
            (format!("{HEAD}[[seeds]]\nfile = \"a.json\""), "app.toml:5: a JSON seed needs"),
            (
                format!("{HEAD}[[seeds]]\nfile = \"a.sql\"\ntable = \"a.b\""),
                "app.toml:5: `table` and `key` belong",
            ),
            (
                format!("{HEAD}[[seeds]]\nfile = \"a.csv\""),
                "app.toml:5: `a.csv` must end in .sql or .json",
            ),
        ];
        for (text, expected) in table {
            let found = problems(&text);
            assert!(found.contains(expected), "{text}\nexpected {expected:?}\nfound {found:?}");
        }
    }

    #[test]
    fn all_problems_come_at_once() {
        let found = problems("name = \"X\"\ntitle = \"\"\nschemas = []\n");
        assert_eq!(found.lines().count(), 3, "{found}");
    }

    #[test]
    fn missing_files_are_named() {
        let text =
            format!("{HEAD}[[seeds]]\nfile = \"seeds/a.sql\"\n[demo]\nfile = \"seeds/demo.sql\"\n");
        let manifest = Manifest::parse("app.toml", &text).unwrap();
        let found = manifest.check_files(|file| file == "seeds/a.sql").unwrap_err().to_string();
        assert!(found.starts_with("app.toml:7: there is no file `seeds/demo.sql`"), "{found}");
        assert!(manifest.check_files(|_| true).is_ok());
    }
}
