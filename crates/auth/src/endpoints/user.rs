use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value};
use tenantry_postgres::{Row, Statement};

use crate::account::Account;
use crate::api::Engine;
use crate::request::{AuthRequest, Bearer};
use crate::response::json_response;
use crate::store::{is_true, with_account};
use crate::{AuthError, email, password};

const SHOW: &str = "\
select
    {account},
    $2::uuid is null or exists (
        select
        from auth.sessions as login
        where login.id = $2::uuid
        and login.user_id = account.id
        and coalesce(login.not_after > now(), true)
    ),
    account.encrypted_password
from auth.users as account
where account.id = $1::uuid
and account.deleted_at is null";

const SET_PASSWORD: &str = "\
update auth.users
set encrypted_password = $2::text,
    updated_at = now()
where id = $1::uuid";

const END_OTHERS: &str = "\
delete from auth.sessions where user_id = $1::uuid and id is distinct from $2::uuid";

/// Keys that are null are taken away, all others are set.
const MERGE_DATA: &str = "\
update auth.users
set raw_user_meta_data = (
        select coalesce(jsonb_object_agg(entry.key, entry.value), '{}')
        from jsonb_each(coalesce(raw_user_meta_data, '{}') || $2::jsonb) as entry
        where entry.value <> 'null'
        or not $2::jsonb ? entry.key
    ),
    updated_at = now()
where id = $1::uuid";

/// `GET /user`: whom the bearer token names, while the login session lives.
pub(crate) async fn show_user(
    engine: Arc<Engine>,
    request: AuthRequest,
) -> Result<Response, AuthError> {
    let bearer = request.bearer(&engine.authenticator)?;
    let rows = engine.store.read(&request, vec![show(&bearer)]).await?;
    let row = living(rows.first().and_then(|rows| rows.first()))?;
    Ok(json_response(StatusCode::OK, &Account::from_row(row, 0)?.into_user()))
}

#[derive(Deserialize)]
struct Change {
    email: Option<String>,
    phone: Option<String>,
    password: Option<String>,
    data: Option<Map<String, Value>>,
}

/// `PUT /user`: a new password (which ends the other login sessions), other user metadata.
pub(crate) async fn change_user(
    engine: Arc<Engine>,
    request: AuthRequest,
) -> Result<Response, AuthError> {
    let bearer = request.bearer(&engine.authenticator)?;
    let body: Change = request.json()?;
    let rows = engine.store.read(&request, vec![show(&bearer)]).await?;
    let row = living(rows.first().and_then(|rows| rows.first()))?;
    let account = Account::from_row(row, 0)?;

    if let Some(address) = body.email.filter(|address| !address.is_empty())
        && account.email.as_deref() != Some(email::normalize(&address)?.as_str())
    {
        return Err(AuthError::EmailChangeUnavailable);
    }
    if body.phone.is_some_and(|phone| Some(&phone) != account.phone.as_ref() && !phone.is_empty()) {
        return Err(AuthError::PhoneDisabled);
    }
    let mut statements = Vec::new();
    if let Some(secret) = body.password.filter(|secret| !secret.is_empty()) {
        password::check_length(&secret)?;
        if engine.passwords.verify(&secret, row.text(2)).await? {
            return Err(AuthError::SamePassword);
        }
        let hash = engine.passwords.hash(&secret).await?;
        statements.push(Statement::new(SET_PASSWORD).bind(bearer.user_id.clone()).bind(hash));
        statements.push(
            Statement::new(END_OTHERS)
                .bind(bearer.user_id.clone())
                .bind_option(bearer.session_id.clone()),
        );
    }
    if let Some(data) = body.data {
        let data = Value::Object(data).to_string();
        statements.push(Statement::new(MERGE_DATA).bind(bearer.user_id.clone()).bind(data));
    }
    statements.push(show(&bearer));
    let rows = engine.store.write(&request, statements).await?;
    let row = living(rows.last().and_then(|rows| rows.first()))?;
    Ok(json_response(StatusCode::OK, &Account::from_row(row, 0)?.into_user()))
}

pub(super) fn show(bearer: &Bearer) -> Statement {
    Statement::new(with_account(SHOW))
        .bind(bearer.user_id.clone())
        .bind_option(bearer.session_id.clone())
}

/// The row, if the user and the login session are still there.
pub(super) fn living(row: Option<&Row>) -> Result<&Row, AuthError> {
    let row = row.ok_or(AuthError::SubjectNotFound)?;
    if is_true(row, 1) { Ok(row) } else { Err(AuthError::SessionNotFound) }
}
