//! Accounts that are about to be made.

use serde_json::{Map, Value, json};
use tenantry_postgres::Statement;

const INSERT_ACCOUNT: &str = include_str!("../sql/insert_account.sql");
const INSERT_EMAIL_IDENTITY: &str = include_str!("../sql/insert_email_identity.sql");

/// What a new account consists of.
pub(crate) struct NewAccount {
    pub id: String,
    /// Nothing for an anonymous one.
    pub email: Option<String>,
    pub password_hash: Option<String>,
    pub confirmed: bool,
    pub app_metadata: Map<String, Value>,
    pub user_metadata: Map<String, Value>,
    /// Shut out for so many seconds.
    pub banned_seconds: Option<f64>,
    /// The database role of its tokens.
    pub role: Option<String>,
    /// Whether it is nobody's in particular.
    pub anonymous: bool,
}

impl NewAccount {
    /// One that signs in by e-mail. Everything but the id is left to say.
    pub(crate) fn by_email() -> NewAccount {
        let mut new = NewAccount::without_identity();
        new.app_metadata.insert("provider".into(), "email".into());
        new.app_metadata.insert("providers".into(), json!(["email"]));
        new
    }

    /// One without any identity.
    pub(crate) fn without_identity() -> NewAccount {
        NewAccount {
            id: uuid::Uuid::new_v4().to_string(),
            email: None,
            password_hash: None,
            confirmed: false,
            app_metadata: Map::new(),
            user_metadata: Map::new(),
            banned_seconds: None,
            role: None,
            anonymous: false,
        }
    }

    /// The statement that makes the account alone.
    pub(crate) fn account(&self) -> Statement {
        let flag = |holds: bool| if holds { "true" } else { "false" };
        Statement::new(INSERT_ACCOUNT)
            .bind(self.id.clone())
            .bind_option(self.email.clone())
            .bind_option(self.password_hash.clone())
            .bind(flag(self.confirmed))
            .bind(Value::Object(self.app_metadata.clone()).to_string())
            .bind(Value::Object(self.user_metadata.clone()).to_string())
            .bind_option(self.banned_seconds.map(|seconds| seconds.to_string()))
            .bind_option(self.role.clone())
            .bind(flag(self.anonymous))
    }

    /// The statements that make the account and its e-mail identity.
    pub(crate) fn statements(&self) -> Vec<Statement> {
        vec![self.account(), Statement::new(INSERT_EMAIL_IDENTITY).bind(self.id.clone())]
    }
}
