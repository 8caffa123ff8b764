//! The manifest `app.toml`: names, exposed schemas, and which capability is bound to which tables.

mod check;
mod parse;
mod person;

use serde::Deserialize;

use crate::{BoundColumns, FunctionName, Located, SessionColumn, TableName, UserColumn};

pub use person::{Audit, KeptTable, PersonRules};

/// What `app.toml` says, after validation.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// The manifest's file, as messages name it.
    pub file: String,
    /// The application's name: `[a-z][a-z0-9_]{0,30}`.
    pub name: String,
    /// The name for people.
    pub title: String,
    /// What the application is, in a sentence.
    pub description: String,
    /// The schemas that the data API exposes; the first is the default. Never empty.
    pub schemas: Vec<Located<String>>,
    /// Schemas on the search path of requests after the exposed one.
    pub extra_search_path: Vec<String>,
    /// The identity binding, where the application has users of its own.
    pub identity: Option<Identity>,
    /// Where the application keeps its audit trail.
    pub audit: Option<Audit>,
    /// What happens to a person's rows where the foreign keys do not say it.
    pub person: PersonRules,
    /// Where the application keeps wordings of its mails that go before its files.
    pub mail_templates: Option<StoredTemplates>,
    /// The data of every installation, in order.
    pub seeds: Vec<Seed>,
    /// The development data.
    pub demo: Option<Demo>,
}

impl Manifest {
    /// The exposed schemas' names, in order.
    pub fn schema_names(&self) -> impl Iterator<Item = &str> {
        self.schemas.iter().map(|schema| schema.value.as_str())
    }
}

/// One seed file.
#[derive(Debug, Clone)]
pub struct Seed {
    /// The path relative to the application's folder; `.sql` or `.json`.
    pub file: Located<String>,
    /// For JSON: the table that the objects are upserted into.
    pub table: Option<Located<TableName>>,
    /// For JSON: the columns that identify a row. Not empty then.
    pub key: Vec<Located<String>>,
}

/// The development data.
#[derive(Debug, Clone)]
pub struct Demo {
    /// The path relative to the application's folder.
    pub file: Located<String>,
}

/// How accounts are bound to the application's own tables.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The application's users table.
    pub users: Located<TableName>,
    /// Its columns; `id` and `email` are always bound.
    pub columns: BoundColumns<UserColumn>,
    /// Choices.
    pub options: IdentityOptions,
    /// The application's roles tables.
    pub roles: Option<RoleTables>,
    /// The application's own table of login sessions.
    pub sessions: Option<SessionTable>,
    /// The tenants table, where a suspended or deleted tenant shuts its users out.
    pub tenants: Option<TenantTable>,
    /// Which roles administer other people; only accounts with `is_super_admin` where it is absent.
    pub administration: Option<Administration>,
    /// What an administrator of the whole application holds beside `is_super_admin`.
    pub administrator: Administrator,
    /// The keys of people's programs, where the application keeps them itself.
    pub api_keys: Option<ApiKeys>,
}

/// Choices of the identity binding.
#[derive(Debug, Clone, Default)]
pub struct IdentityOptions {
    /// How new passwords are hashed; both kinds are always verified.
    pub password_algorithm: PasswordAlgorithm,
    /// What the provider column says of people who sign up by e-mail; `email` unless it is set.
    pub provider_email: Option<String>,
    /// The role of the roles table that a new user gets.
    pub default_role: Option<Located<String>>,
}

/// How passwords are hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PasswordAlgorithm {
    /// Argon2id as a PHC string.
    #[default]
    Argon2id,
    /// bcrypt.
    Bcrypt,
}

/// The application's roles and who has them.
#[derive(Debug, Clone)]
pub struct RoleTables {
    /// The table of who has which role.
    pub user_roles: Located<TableName>,
    /// Its column of the user.
    pub user: Located<String>,
    /// Its column of the role.
    pub role: Located<String>,
    /// The table of roles.
    pub roles: Located<TableName>,
    /// Its key.
    pub role_key: Located<String>,
    /// Its column of the name.
    pub role_name: Located<String>,
}

/// The application's own table of login sessions.
#[derive(Debug, Clone)]
pub struct SessionTable {
    /// The table.
    pub table: Located<TableName>,
    /// Its columns; `id` and `user` are always bound.
    pub columns: BoundColumns<SessionColumn>,
}

/// The tenants table.
#[derive(Debug, Clone)]
pub struct TenantTable {
    /// The table.
    pub table: Located<TableName>,
    /// Its key.
    pub id: Located<String>,
    /// The time since when its users are shut out.
    pub suspended_at: Option<Located<String>>,
    /// The time when it was deleted while the row stayed.
    pub deleted_at: Option<Located<String>>,
}

/// Which roles, by the users' role column, administer other people.
#[derive(Debug, Clone)]
pub struct Administration {
    /// Administers the people of its own tenant.
    pub tenant_role: Option<Located<String>>,
    /// Administers everybody.
    pub system_role: Option<Located<String>>,
    /// The roles that people may be invited with.
    pub invites: Vec<Located<String>>,
}

/// What an administrator of the whole application holds beside `is_super_admin`.
#[derive(Debug, Clone, Default)]
pub struct Administrator {
    /// A role of the roles table.
    pub roles_table_role: Option<Located<String>>,
    /// A value of the users' role column.
    pub column_role: Option<Located<String>>,
}

/// The table of the application's own wordings of its mails.
#[derive(Debug, Clone)]
pub struct StoredTemplates {
    /// The table.
    pub table: Located<TableName>,
    /// Its column of the mail's kind, such as `recovery`.
    pub key: Located<String>,
    /// Its column of the language tag, where it has several languages.
    pub locale: Option<Located<String>>,
    /// Its column of the version: the highest is used.
    pub version: Located<String>,
    /// Its column of the subject.
    pub subject: Located<String>,
    /// Its column of the plain body.
    pub text: Located<String>,
    /// Its column of the HTML body.
    pub html: Located<String>,
}

/// Keys of people's programs that the application keeps itself.
#[derive(Debug, Clone)]
pub struct ApiKeys {
    /// Answers whose a key is: `f(key text)` gives a row with `id`, `user_id` and `scopes`, or none
    /// for a key that does not hold.
    pub verify: Located<FunctionName>,
    /// What every such key begins with.
    pub prefix: String,
}
