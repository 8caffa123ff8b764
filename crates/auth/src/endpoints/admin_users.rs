use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tenantry_postgres::{Row, Rows, Statement};

use crate::account::{Account, User};
use crate::administration::{self, Administrator};
use crate::api::Engine;
use crate::new_account::NewAccount;
use crate::request::AuthRequest;
use crate::response::json_response;
use crate::store::with_account;
use crate::{AuthError, email, password};

const CHANGE_ACCOUNT: &str = include_str!("../../sql/change_account.sql");
const CHANGE_EMAIL_IDENTITY: &str = include_str!("../../sql/change_email_identity.sql");

const COUNT: &str = "select count(*) from auth.users";

const LIST: &str = "\
select {account}
from auth.users as account
order by account.created_at desc, account.id
limit $1::bigint
offset $2::bigint";

const COUNT_ADMINISTERED: &str = "select count(*) from auth.bind_administered_users($1::uuid)";

const LIST_ADMINISTERED: &str = "\
select {account}
from auth.users as account
where account.id in (select auth.bind_administered_users($3::uuid))
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

/// Which page of a list is wanted.
pub(super) struct Page {
    number: u64,
    /// How many rows it has.
    pub(super) size: u64,
}

impl Page {
    /// What `page` and `per_page` ask for.
    pub(super) fn asked(request: &AuthRequest) -> Result<Page, AuthError> {
        let number = |name: &str, otherwise: u64| match request.parameter(name).as_deref() {
            None | Some("") => Ok(otherwise),
            Some(text) => text
                .parse::<u64>()
                .ok()
                .filter(|number| (1..=u64::from(u32::MAX)).contains(number))
                .ok_or(AuthError::Validation("page and per_page must be whole numbers from 1")),
        };
        let size = number("per_page", DEFAULT_PER_PAGE)?.min(LARGEST_PER_PAGE);
        Ok(Page { number: number("page", 1)?, size })
    }

    /// How many rows come before it.
    pub(super) fn offset(&self) -> u64 {
        (self.number - 1) * self.size
    }
}

/// The answer with the headers that tell how many there are and where the next page is.
pub(super) fn with_page_headers(
    mut response: Response,
    engine: &Engine,
    path: &str,
    page: &Page,
    count: &Rows,
) -> Response {
    let total = count.first().and_then(|row| row.text(0)).and_then(|text| text.parse().ok());
    let total = total.unwrap_or(0);
    let link = page_links(&format!("{}/{path}", engine.config.issuer), page, total);
    for (name, value) in [("x-total-count", total.to_string()), (header::LINK.as_str(), link)] {
        if let (Ok(name), Ok(value)) =
            (header::HeaderName::try_from(name), HeaderValue::from_str(&value))
        {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// The `link` header: the next page, where there is one, and the last.
fn page_links(url: &str, page: &Page, total: u64) -> String {
    let Page { number, size } = page;
    let last = total.div_ceil(*size).max(1);
    let link = |page: u64, relation: &str| {
        format!("<{url}?page={page}&per_page={size}>; rel=\"{relation}\"")
    };
    if *number < last {
        format!("{}, {}", link(number + 1, "next"), link(last, "last"))
    } else {
        link(last, "last")
    }
}

/// `GET /admin/users?page&per_page`: the accounts that the caller administers, newest first.
pub(crate) async fn list_users(
    engine: Arc<Engine>,
    request: AuthRequest,
) -> Result<Response, AuthError> {
    let administrator = Administrator::of(&engine, &request).await?;
    let page = Page::asked(&request)?;
    let paged = |sql| {
        let list = Statement::new(with_account(sql)).bind(page.size.to_string());
        list.bind(page.offset().to_string())
    };
    let statements = match administrator {
        Administrator::Service => vec![Statement::new(COUNT), paged(LIST)],
        Administrator::Person(id) => vec![
            Statement::new(COUNT_ADMINISTERED).bind(id.clone()),
            paged(LIST_ADMINISTERED).bind(id),
        ],
    };
    let by_person = statements[0].parameters.len() == 1;
    let rows = engine.store.read(&request, statements).await?;
    let users: Vec<User> = rows[1].rows.iter().map(user_of).collect::<Result<_, _>>()?;
    // Who administers nobody, not even themselves, is told so.
    if by_person && rows[0].first().and_then(|row| row.text(0)) == Some("0") {
        return Err(AuthError::NotAdmin);
    }
    let body = json!({ "users": users, "aud": "authenticated" });
    let response = json_response(StatusCode::OK, &body);
    Ok(with_page_headers(response, &engine, "admin/users", &page, &rows[0]))
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
                engine.passwords.check(&secret)?;
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

    /// The application's role that a person who administers others gives, if it is that; nothing
    /// else may be asked for but to shut somebody out.
    fn role_change(&self) -> Result<Option<String>, AuthError> {
        let more = self.email.is_some()
            || self.password.is_some()
            || self.password_hash.is_some()
            || self.email_confirm.is_some()
            || self.user_metadata.is_some()
            || self.role.is_some();
        let metadata = self.app_metadata.as_ref();
        if more || metadata.is_some_and(|data| data.keys().any(|key| key != "role")) {
            return Err(AuthError::NotAdmin);
        }
        match metadata.and_then(|data| data.get("role")) {
            None => Ok(None),
            Some(Value::String(role)) => Ok(Some(role.clone())),
            Some(_) => Err(AuthError::Validation("role must be a text")),
        }
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
    let banned_seconds = match body.ban()? {
        Some(Ban::Seconds(seconds)) => Some(seconds),
        Some(Ban::None) | None => None,
    };
    let id = match &body.id {
        None => uuid::Uuid::new_v4(),
        Some(text) => uuid::Uuid::parse_str(text)
            .map_err(|_| AuthError::Validation("ID must conform to the uuid v4 format"))?,
    };
    let mut new = NewAccount {
        id: id.to_string(),
        email: Some(address),
        password_hash: hash,
        confirmed: body.email_confirm == Some(true),
        user_metadata: body.user_metadata.unwrap_or_default(),
        banned_seconds,
        role: body.role.filter(|role| !role.is_empty()),
        ..NewAccount::by_email()
    };
    new.app_metadata.extend(body.app_metadata.unwrap_or_default());
    let mut statements = new.statements();
    statements.push(Account::show(&new.id));
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
    let id = id_of(&request)?;
    administration::require(&engine, &request, &id).await?;
    let account = Account::by_id(&engine, &request, &id).await?;
    Ok(json_response(StatusCode::OK, &account.into_user()))
}

/// `PUT /admin/users/{id}`: what is named changes, everything else stays. A ban ends the login
/// sessions. People who administer others may shut them out and give them roles that they could
/// invite as; the rest is for the service key.
pub(crate) async fn change_user(
    engine: Arc<Engine>,
    request: AuthRequest,
) -> Result<Response, AuthError> {
    let id = id_of(&request)?;
    let administrator = administration::require(&engine, &request, &id).await?;
    let body: AdminUser = request.json()?;
    body.refuse_phone()?;
    if let Administrator::Person(_) = &administrator {
        let role = body.role_change()?;
        if let Some(role) = role {
            let account = Account::by_id(&engine, &request, &id).await?.app_metadata();
            let tenant = account.get("tenant_id").and_then(Value::as_str);
            administrator.require_invitation(&engine, &request, tenant, Some(&role)).await?;
        }
    }
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
    statements.push(Account::show(&id));
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
    let id = id_of(&request)?;
    administration::require(&engine, &request, &id).await?;
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
        let links =
            |number, size, total| page_links("i/admin/users", &Page { number, size }, total);
        let next = "<i/admin/users?page=2&per_page=2>; rel=\"next\", <i/admin/users?page=3&per_page=2>; rel=\"last\"";
        assert_eq!(links(1, 2, 5), next);
        assert_eq!(links(3, 2, 5), "<i/admin/users?page=3&per_page=2>; rel=\"last\"");
        assert_eq!(links(1, 50, 0), "<i/admin/users?page=1&per_page=50>; rel=\"last\"");
    }
}
