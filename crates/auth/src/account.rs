//! An account as clients see it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tenantry_postgres::{Row, Statement};

use crate::AuthError;
use crate::api::Engine;
use crate::request::AuthRequest;
use crate::store::with_account;

/// A row of `auth.users` with its identities. Without secrets.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Account {
    pub id: String,
    pub aud: Option<String>,
    pub role: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub email_confirmed_at: Option<String>,
    phone_confirmed_at: Option<String>,
    confirmed_at: Option<String>,
    confirmation_sent_at: Option<String>,
    recovery_sent_at: Option<String>,
    pub new_email: Option<String>,
    email_change_sent_at: Option<String>,
    reauthentication_sent_at: Option<String>,
    pub invited_at: Option<String>,
    last_sign_in_at: Option<String>,
    banned_until: Option<String>,
    deleted_at: Option<String>,
    created_at: Option<String>,
    updated_at: Option<String>,
    pub is_anonymous: bool,
    app_metadata: Option<Value>,
    user_metadata: Option<Value>,
    pub identities: Vec<Map<String, Value>>,
    factors: Option<Vec<Map<String, Value>>>,
}

/// The user object of the API: optional times are left out, texts never are.
#[derive(Debug, Serialize)]
pub(crate) struct User {
    id: String,
    aud: String,
    role: String,
    email: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_confirmed_at: Option<String>,
    phone: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_confirmed_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmed_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmation_sent_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_sent_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new_email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_change_sent_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reauthentication_sent_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invited_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_sign_in_at: Option<String>,
    app_metadata: Value,
    user_metadata: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    factors: Option<Vec<Map<String, Value>>>,
    identities: Vec<Map<String, Value>>,
    created_at: String,
    updated_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    banned_until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted_at: Option<String>,
    is_anonymous: bool,
}

const FIND: &str = include_str!("../sql/find_account.sql");
const SHOW: &str = "select {account} from auth.users as account where account.id = $1::uuid";

impl Account {
    /// The account of an address in lower case, and the hash of its password.
    pub(crate) async fn find(
        engine: &Engine,
        request: &AuthRequest,
        address: &str,
    ) -> Result<Option<(Account, Option<String>)>, AuthError> {
        let find = Statement::new(with_account(FIND)).bind(address.to_owned());
        let rows = engine.store.read(request, vec![find]).await?;
        let Some(row) = rows.first().and_then(|rows| rows.first()) else { return Ok(None) };
        Ok(Some((Account::from_row(row, 0)?, row.text(1).map(String::from))))
    }

    /// The account with an id.
    ///
    /// # Errors
    /// [`AuthError::UserNotFound`].
    pub(crate) async fn by_id(
        engine: &Engine,
        request: &AuthRequest,
        id: &str,
    ) -> Result<Account, AuthError> {
        let rows = engine.store.read(request, vec![Account::show(id)]).await?;
        let row = rows.first().and_then(|rows| rows.first()).ok_or(AuthError::UserNotFound)?;
        Account::from_row(row, 0)
    }

    /// The statement that reads an account by its id, as column 0.
    pub(crate) fn show(id: &str) -> Statement {
        Statement::new(with_account(SHOW)).bind(id.to_owned())
    }

    /// A second factor of the account.
    pub(crate) fn factor(&self, id: &str) -> Option<Map<String, Value>> {
        let mut known = self.factors.iter().flatten();
        known.find(|factor| factor.get("id").and_then(Value::as_str) == Some(id)).cloned()
    }

    /// Whether a second factor counts.
    pub(crate) fn has_second_factor(&self) -> bool {
        let mut known = self.factors.iter().flatten();
        known.any(|factor| factor.get("status").and_then(Value::as_str) == Some("verified"))
    }

    /// What the user set, as an object.
    pub(crate) fn data(&self) -> Map<String, Value> {
        match self.user_metadata() {
            Value::Object(data) => data,
            _ => Map::new(),
        }
    }

    /// The account in a column that holds it as JSON.
    pub(crate) fn from_row(row: &Row, column: usize) -> Result<Account, AuthError> {
        let bytes = row.bytes(column).ok_or(AuthError::Unexpected("no account"))?;
        serde_json::from_slice(&bytes)
            .map_err(|_| AuthError::Unexpected("account of another shape"))
    }

    /// The e-mail address, or the empty string.
    pub(crate) fn address(&self) -> &str {
        self.email.as_deref().unwrap_or_default()
    }

    /// Whether the e-mail address was confirmed.
    pub(crate) fn is_confirmed(&self) -> bool {
        self.email_confirmed_at.is_some()
    }

    /// The database role of the account's tokens.
    pub(crate) fn role(&self) -> &str {
        self.role.as_deref().filter(|role| !role.is_empty()).unwrap_or("authenticated")
    }

    /// What only the server sets.
    pub(crate) fn app_metadata(&self) -> Value {
        self.app_metadata.clone().filter(Value::is_object).unwrap_or_else(|| json!({}))
    }

    /// What the user set.
    pub(crate) fn user_metadata(&self) -> Value {
        self.user_metadata.clone().filter(Value::is_object).unwrap_or_else(|| json!({}))
    }

    /// As clients see it.
    pub(crate) fn into_user(self) -> User {
        let role = self.role().to_owned();
        let (app_metadata, user_metadata) = (self.app_metadata(), self.user_metadata());
        User {
            id: self.id,
            aud: self.aud.unwrap_or_else(|| "authenticated".into()),
            role,
            email: self.email.unwrap_or_default(),
            email_confirmed_at: self.email_confirmed_at.map(utc),
            phone: self.phone.unwrap_or_default(),
            phone_confirmed_at: self.phone_confirmed_at.map(utc),
            confirmed_at: self.confirmed_at.map(utc),
            confirmation_sent_at: self.confirmation_sent_at.map(utc),
            recovery_sent_at: self.recovery_sent_at.map(utc),
            new_email: self.new_email,
            email_change_sent_at: self.email_change_sent_at.map(utc),
            reauthentication_sent_at: self.reauthentication_sent_at.map(utc),
            invited_at: self.invited_at.map(utc),
            last_sign_in_at: self.last_sign_in_at.map(utc),
            app_metadata,
            user_metadata,
            factors: self.factors.map(|known| known.into_iter().map(part).collect()),
            identities: self.identities.into_iter().map(part).collect(),
            created_at: self.created_at.map(utc).unwrap_or_default(),
            updated_at: self.updated_at.map(utc).unwrap_or_default(),
            banned_until: self.banned_until.map(utc),
            deleted_at: self.deleted_at.map(utc),
            is_anonymous: self.is_anonymous,
        }
    }

    /// A sign-up's answer that tells nothing about the account that has the address: a new id and
    /// no identity.
    pub(crate) fn stand_in(email: &str, now: &str, user_metadata: Value) -> User {
        User {
            id: uuid::Uuid::new_v4().to_string(),
            aud: "authenticated".into(),
            role: "authenticated".into(),
            email: email.into(),
            email_confirmed_at: None,
            phone: String::new(),
            phone_confirmed_at: None,
            confirmed_at: None,
            confirmation_sent_at: Some(now.into()),
            recovery_sent_at: None,
            new_email: None,
            email_change_sent_at: None,
            reauthentication_sent_at: None,
            invited_at: None,
            last_sign_in_at: None,
            app_metadata: json!({ "provider": "email", "providers": ["email"] }),
            user_metadata,
            factors: None,
            identities: Vec::new(),
            created_at: now.into(),
            updated_at: now.into(),
            banned_until: None,
            deleted_at: None,
            is_anonymous: false,
        }
    }
}

/// The times of an identity or a factor in the same form; the rest as it is, without nulls.
pub(crate) fn part(known: Map<String, Value>) -> Map<String, Value> {
    let is_time = |key: &str| key.ends_with("_at");
    known
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(key, value)| match value {
            Value::String(text) if is_time(&key) => (key, utc(text).into()),
            value => (key, value),
        })
        .collect()
}

/// PostgreSQL writes UTC as an offset; clients compare with what they know, `Z`.
pub(crate) fn utc(time: String) -> String {
    match time.strip_suffix("+00:00") {
        Some(bare) => format!("{bare}Z"),
        None => time,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_shown_as_clients_know_it() {
        let text = r#"{"id":"u1","aud":"authenticated","role":"","email":"a@b.c","phone":null,
            "email_confirmed_at":"2026-01-05T09:00:00.5+00:00","created_at":"2026-01-05T09:00:00+00:00",
            "updated_at":null,"is_anonymous":false,"app_metadata":null,"user_metadata":{"name":"A","none":null},"factors":null,
            "identities":[{"id":"u1","last_sign_in_at":"2026-01-05T09:00:00+00:00","email":null}]}"#;
        let account: Account = serde_json::from_str(text).unwrap();
        let shown = serde_json::to_value(account.into_user()).unwrap();
        let expected = json!({
            "id": "u1", "aud": "authenticated", "role": "authenticated", "email": "a@b.c",
            "email_confirmed_at": "2026-01-05T09:00:00.5Z", "phone": "",
            "app_metadata": {}, "user_metadata": {"name": "A", "none": null},
            "identities": [{"id": "u1", "last_sign_in_at": "2026-01-05T09:00:00Z"}],
            "created_at": "2026-01-05T09:00:00Z", "updated_at": "", "is_anonymous": false,
        });
        assert_eq!(shown, expected);
    }
}
