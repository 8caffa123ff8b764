use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tenantry_postgres::{Row, Statement};

use crate::account::{Account, User};
use crate::administration::{self, Administrator};
use crate::api::Engine;
use crate::ban::Ban;
use crate::changes;
use crate::new_account::NewAccount;
use crate::page::{Page, with_page_headers};
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
    // The administrator vouches.
    if new.confirmed {
        statements.push(changes::prove_address(&new.id));
    }
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
    let new_password = hash.is_some();
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
    // A new password shuts out whoever knew the old one.
    if new_password {
        statements.push(changes::forget_pending(&id));
    }
    if new_password || matches!(ban, Some(Ban::Seconds(_))) {
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
