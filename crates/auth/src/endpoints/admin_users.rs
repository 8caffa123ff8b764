use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tenantry_postgres::{Row, Statement};

use crate::account::{Account, User};
use crate::api::Engine;
use crate::request::AuthRequest;
use crate::response::json_response;
use crate::store::with_account;
use crate::{AuthError, email, password};

const INSERT_ACCOUNT: &str = include_str!("../../sql/insert_account.sql");
const INSERT_EMAIL_IDENTITY: &str = include_str!("../../sql/insert_email_identity.sql");
const CHANGE_ACCOUNT: &str = include_str!("../../sql/change_account.sql");
const CHANGE_EMAIL_IDENTITY: &str = include_str!("../../sql/change_email_identity.sql");

const SHOW: &str = "\
select {account}
from auth.users as account
where account.id = $1::uuid";

const COUNT: &str = "select count(*) from auth.users";

const LIST: &str = "\
select {account}
from auth.users as account
order by account.created_at desc, account.id
limit $1::bigint
offset $2::bigint";

const END_SESSIONS: &str = "delete from auth.sessions where user_id = $1::uuid";

const DELETE: &str = "delete from auth.users where id = $1::uuid returning id";

const SOFT_DELETE: &str = "\
update auth.users
set deleted_at = coalesce(deleted_at, now()),
    encrypted_password = null,
    updated_at = now()
where id = $1::uuid
returning id";

const DEFAULT_PER_PAGE: u64 = 50;
const LARGEST_PER_PAGE: u64 = 1000;

/// `GET /admin/users?page&per_page`: all accounts, newest first.
pub(crate) async fn list_users(
    engine: Arc<Engine>,
    request: AuthRequest,
) -> Result<Response, AuthError> {
    request.require_admin(&engine.authenticator)?;
    let number = |name: &str, otherwise: u64| match request.parameter(name).as_deref() {
        None | Some("") => Ok(otherwise),
        Some(text) => text
            .parse::<u64>()
            .ok()
            .filter(|number| (1..=u64::from(u32::MAX)).contains(number))
            .ok_or(AuthError::Validation("page and per_page must be whole numbers from 1")),
    };
    let page = number("page", 1)?;
    let per_page = number("per_page", DEFAULT_PER_PAGE)?.min(LARGEST_PER_PAGE);
    let list = Statement::new(with_account(LIST))
        .bind(per_page.to_string())
        .bind(((page - 1) * per_page).to_string());
    let rows = engine.store.read(&request, vec![Statement::new(COUNT), list]).await?;
    let total =
        rows[0].first().and_then(|row| row.text(0)).and_then(|text| text.parse().ok()).unwrap_or(0);
    let users: Vec<User> = rows[1].rows.iter().map(user_of).collect::<Result<_, _>>()?;

    let mut response =
        json_response(StatusCode::OK, &json!({ "users": users, "aud": "authenticated" }));
    let link = page_links(&engine.config.issuer, page, per_page, total);
    for (name, value) in [("x-total-count", total.to_string()), (header::LINK.as_str(), link)] {
        if let (Ok(name), Ok(value)) =
            (header::HeaderName::try_from(name), HeaderValue::from_str(&value))
        {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}

/// The `link` header: the next page, where there is one, and the last.
fn page_links(issuer: &str, page: u64, per_page: u64, total: u64) -> String {
    let last = total.div_ceil(per_page).max(1);
    let link = |page: u64, relation: &str| {
        format!("<{issuer}/admin/users?page={page}&per_page={per_page}>; rel=\"{relation}\"")
    };
    if page < last {
        format!("{}, {}", link(page + 1, "next"), link(last, "last"))
    } else {
        link(last, "last")
    }
}

#[derive(Deserialize, Default)]
struct AdminUser {
    id: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    password: Option<String>,
    password_hash: Option<String>,
    email_confirm: Option<bool>,
    user_metadata: Option<Map<String, Value>>,
    app_metadata: Option<Map<String, Value>>,
    ban_duration: Option<String>,
    role: Option<String>,
}

impl AdminUser {
    /// The hash of the password that was given, or the hash that was.
    async fn hash(&self, engine: &Engine) -> Result<Option<String>, AuthError> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        match (given(&self.password), given(&self.password_hash)) {
            (Some(_), Some(_)) => {
                Err(AuthError::Validation("Only a password or a password hash should be provided"))
            }
            (Some(secret), None) => {
                password::check_length(&secret)?;
                Ok(Some(engine.passwords.hash(&secret).await?))
            }
            (None, Some(hash)) if password::is_hash(&hash) => Ok(Some(hash)),
            (None, Some(_)) => Err(AuthError::Validation("password_hash must be Argon2 or bcrypt")),
            (None, None) => Ok(None),
        }
    }

    fn address(&self) -> Result<Option<String>, AuthError> {
        let given = self.email.as_deref().filter(|address| !address.is_empty());
        given.map(email::normalize).transpose()
    }

    fn refuse_phone(&self) -> Result<(), AuthError> {
        match self.phone.as_deref() {
            None | Some("") => Ok(()),
            Some(_) => Err(AuthError::PhoneDisabled),
        }
    }

    fn ban(&self) -> Result<Option<Ban>, AuthError> {
        self.ban_duration.as_deref().filter(|text| !text.is_empty()).map(Ban::parse).transpose()
    }
}

/// `POST /admin/users`: an account made by an administrator, without a session.
pub(crate) async fn create_user(
    engine: Arc<Engine>,
    request: AuthRequest,
) -> Result<Response, AuthError> {
    request.require_admin(&engine.authenticator)?;
    let body: AdminUser = request.json()?;
    body.refuse_phone()?;
    let address =
        body.address()?.ok_or(AuthError::Validation("Cannot create a user without an email"))?;
    let hash = body.hash(&engine).await?;
    let ban = match body.ban()? {
        Some(Ban::Seconds(seconds)) => Some(seconds.to_string()),
        Some(Ban::None) | None => None,
    };
    let id = match &body.id {
        None => uuid::Uuid::new_v4(),
        Some(text) => uuid::Uuid::parse_str(text)
            .map_err(|_| AuthError::Validation("ID must conform to the uuid v4 format"))?,
    };
    let mut app_metadata = Map::new();
    app_metadata.insert("provider".into(), "email".into());
    app_metadata.insert("providers".into(), json!(["email"]));
    app_metadata.extend(body.app_metadata.unwrap_or_default());

    let statements = vec![
        Statement::new(INSERT_ACCOUNT)
            .bind(id.to_string())
            .bind(address)
            .bind_option(hash)
            .bind(if body.email_confirm == Some(true) { "true" } else { "false" })
            .bind(Value::Object(app_metadata).to_string())
            .bind(Value::Object(body.user_metadata.unwrap_or_default()).to_string())
            .bind_option(ban)
            .bind_option(body.role.filter(|role| !role.is_empty())),
        Statement::new(INSERT_EMAIL_IDENTITY).bind(id.to_string()),
        show(&id.to_string()),
    ];
    let rows = engine
        .store
        .write(&request, statements)
        .await
        .map_err(|error| error.address_taken(AuthError::EmailExists))?;
    shown(rows.last().and_then(|rows| rows.first()))
}

/// `GET /admin/users/{id}`
pub(crate) async fn show_user(
    engine: Arc<Engine>,
    request: AuthRequest,
) -> Result<Response, AuthError> {
    request.require_admin(&engine.authenticator)?;
    let id = id_of(&request)?;
    let rows = engine.store.read(&request, vec![show(&id)]).await?;
    shown(rows.first().and_then(|rows| rows.first()))
}

/// `PUT /admin/users/{id}`: what is named changes, everything else stays. A ban ends the login
/// sessions.
pub(crate) async fn change_user(
    engine: Arc<Engine>,
    request: AuthRequest,
) -> Result<Response, AuthError> {
    request.require_admin(&engine.authenticator)?;
    let id = id_of(&request)?;
    let body: AdminUser = request.json()?;
    body.refuse_phone()?;
    let (address, hash, ban) = (body.address()?, body.hash(&engine).await?, body.ban()?);
    let mut statements = vec![
        Statement::new(CHANGE_ACCOUNT)
            .bind(id.clone())
            .bind_option(address.clone())
            .bind_option(hash)
            .bind_option(body.email_confirm.map(|confirm| if confirm { "true" } else { "false" }))
            .bind_option(body.app_metadata.map(|data| Value::Object(data).to_string()))
            .bind_option(body.user_metadata.map(|data| Value::Object(data).to_string()))
            .bind_option(ban.as_ref().map(Ban::seconds))
            .bind_option(body.role.filter(|role| !role.is_empty())),
    ];
    if address.is_some() {
        statements.push(Statement::new(CHANGE_EMAIL_IDENTITY).bind(id.clone()));
    }
    if matches!(ban, Some(Ban::Seconds(_))) {
        statements.push(Statement::new(END_SESSIONS).bind(id.clone()));
    }
    statements.push(show(&id));
    let rows = engine
        .store
        .write(&request, statements)
        .await
        .map_err(|error| error.address_taken(AuthError::EmailExists))?;
    shown(rows.last().and_then(|rows| rows.first()))
}

#[derive(Deserialize, Default)]
struct Deletion {
    #[serde(default)]
    should_soft_delete: bool,
}

/// `DELETE /admin/users/{id}`: the account and the application's row with it; softly, both stay
/// and nobody can sign in.
pub(crate) async fn delete_user(
    engine: Arc<Engine>,
    request: AuthRequest,
) -> Result<Response, AuthError> {
    request.require_admin(&engine.authenticator)?;
    let id = id_of(&request)?;
    let body: Deletion = request.json_or_default()?;
    let delete = if body.should_soft_delete { SOFT_DELETE } else { DELETE };
    let statements =
        vec![Statement::new(delete).bind(id.clone()), Statement::new(END_SESSIONS).bind(id)];
    let rows = engine.store.write(&request, statements).await.map_err(|error| match error {
        AuthError::RefusedByApplication(_) => AuthError::StillReferenced,
        other => other,
    })?;
    match rows[0].first() {
        Some(_) => Ok(json_response(StatusCode::OK, &json!({}))),
        None => Err(AuthError::UserNotFound),
    }
}

fn id_of(request: &AuthRequest) -> Result<String, AuthError> {
    let id = uuid::Uuid::parse_str(request.last_path_part()).map_err(|_| AuthError::BadId)?;
    Ok(id.to_string())
}

fn show(id: &str) -> Statement {
    Statement::new(with_account(SHOW)).bind(id.to_owned())
}

fn user_of(row: &Row) -> Result<User, AuthError> {
    Account::from_row(row, 0).map(Account::into_user)
}

fn shown(row: Option<&Row>) -> Result<Response, AuthError> {
    Ok(json_response(StatusCode::OK, &user_of(row.ok_or(AuthError::UserNotFound)?)?))
}

/// How long somebody is shut out.
#[derive(Debug, Clone, PartialEq)]
enum Ban {
    /// Not at all, or no longer.
    None,
    /// From now on, in seconds.
    Seconds(f64),
}

impl Ban {
    /// `none`, or a duration as Go writes it: `24h`, `1h30m`, `2.5s`.
    fn parse(text: &str) -> Result<Ban, AuthError> {
        const INVALID: AuthError = AuthError::Validation("invalid format for ban duration");
        /// PostgreSQL's times end before a longer one does.
        const LONGEST_SECONDS: f64 = 1000.0 * 366.0 * 86_400.0;
        if text == "none" {
            return Ok(Ban::None);
        }
        let mut rest = text;
        let mut seconds = 0.0;
        while !rest.is_empty() {
            let digits =
                rest.find(|next: char| !next.is_ascii_digit() && next != '.').ok_or(INVALID)?;
            let number: f64 = rest[..digits].parse().map_err(|_| INVALID)?;
            rest = &rest[digits..];
            let unit =
                rest.find(|next: char| next.is_ascii_digit() || next == '.').unwrap_or(rest.len());
            seconds += number
                * match &rest[..unit] {
                    "h" => 3600.0,
                    "m" => 60.0,
                    "s" => 1.0,
                    "ms" => 0.001,
                    "us" | "µs" => 0.000_001,
                    "ns" => 0.000_000_001,
                    _ => return Err(INVALID),
                };
            rest = &rest[unit..];
        }
        if text.is_empty() || seconds > LONGEST_SECONDS {
            Err(INVALID)
        } else {
            Ok(Ban::Seconds(seconds))
        }
    }

    /// As a parameter: no ban is a negative one.
    fn seconds(&self) -> String {
        match self {
            Ban::None => "-1".into(),
            Ban::Seconds(seconds) => seconds.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_writes_them() {
        let table = [
            ("none", Some(Ban::None)),
            ("24h", Some(Ban::Seconds(86_400.0))),
            ("1h30m", Some(Ban::Seconds(5400.0))),
            ("2.5s", Some(Ban::Seconds(2.5))),
            ("876000h", Some(Ban::Seconds(3_153_600_000.0))),
            ("24", None),
            ("h", None),
            ("1d", None),
            ("", None),
            ("-1h", None),
            ("99999999999h", None),
        ];
        for (text, expected) in table {
            assert_eq!(Ban::parse(text).ok(), expected, "{text}");
        }
    }

    #[test]
    fn pages_link_to_the_next_and_the_last() {
        let next = "<i/admin/users?page=2&per_page=2>; rel=\"next\", <i/admin/users?page=3&per_page=2>; rel=\"last\"";
        assert_eq!(page_links("i", 1, 2, 5), next);
        assert_eq!(page_links("i", 3, 2, 5), "<i/admin/users?page=3&per_page=2>; rel=\"last\"");
        assert_eq!(page_links("i", 1, 50, 0), "<i/admin/users?page=1&per_page=50>; rel=\"last\"");
    }
}
