use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value};
use tenantry_postgres::Statement;

use crate::account::Account;
use crate::administration::{self, Administrator};
use crate::api::Engine;
use crate::letter::{About, Letter, Purpose};
use crate::new_account::NewAccount;
use crate::request::AuthRequest;
use crate::response::json_response;
use crate::{AuthError, email};

/// An invited person who signed up meanwhile belongs where the invitation says.
const PUT_PLACE: &str = "\
update auth.users
set raw_app_meta_data = coalesce(raw_app_meta_data, '{}') || $2::jsonb,
    updated_at = now()
where id = $1::uuid";

/// What an invitation may say that only the server sets: where the person belongs.
const SERVER_KEYS: [&str; 2] = ["tenant_id", "role"];

#[derive(Deserialize)]
struct Invitation {
    email: Option<String>,
    data: Option<Map<String, Value>>,
    /// Where the person will belong; for administrators of a tenant it is theirs unless they say so.
    app_metadata: Option<Map<String, Value>>,
}

/// `POST /invite`: an account for somebody, who gets a mail with a link that signs in. Besides the
/// service key, people may invite into what they administer.
pub(crate) async fn invite(
    engine: Arc<Engine>,
    request: AuthRequest,
) -> Result<Response, AuthError> {
    let administrator = Administrator::of(&engine, &request).await?;
    let body: Invitation = request.json()?;
    let address = email::normalize(body.email.as_deref().unwrap_or_default())?;
    let data = body.data.unwrap_or_default();
    let place = place_of(&engine, &request, &administrator, body.app_metadata).await?;
    if let Administrator::Person(_) = &administrator {
        engine.limits.count_mail(Purpose::Invite.mail(), &address)?;
    }
    let (user_id, mut statements) = match Account::find(&engine, &request, &address).await? {
        Some((account, _)) if account.is_confirmed() => return Err(AuthError::EmailExists),
        // Who signed up and never confirmed is nobody yet: what they signed up with is given up when
        // the invitation is taken. People invite again whom they administer, or who is nobody's.
        Some((account, _)) => {
            let app_metadata = account.app_metadata();
            if app_metadata.get("tenant_id").is_some_and(|tenant| !tenant.is_null()) {
                let administers = administration::require(&engine, &request, &account.id).await;
                administers.map_err(|_| AuthError::EmailExists)?;
            }
            let put = Statement::new(PUT_PLACE).bind(account.id.clone());
            (account.id, vec![put.bind(Value::Object(place).to_string())])
        }
        None => {
            let mut new = NewAccount {
                email: Some(address.clone()),
                user_metadata: data.clone(),
                ..NewAccount::by_email()
            };
            new.app_metadata.extend(place);
            let statements = new.statements();
            (new.id, statements)
        }
    };
    let about = About { user_id: &user_id, address: &address, new_address: "", data: &data };
    let redirect_to = request.parameter("redirect_to");
    let letter = Letter::new(&engine, Purpose::Invite, &about, redirect_to.as_deref(), false);
    statements.extend(letter.send(&engine, &about)?);
    statements.push(Account::show(&user_id));
    let rows = engine
        .store
        .write(&request, statements)
        .await
        .map_err(|error| error.address_taken(AuthError::EmailExists))?;
    let row = rows.last().and_then(|rows| rows.first()).ok_or(AuthError::UserNotFound)?;
    Ok(json_response(StatusCode::OK, &Account::from_row(row, 0)?.into_user()))
}

/// Where the invited person will belong. People say at most tenant and role, and the application's
/// tables say whether they may.
async fn place_of(
    engine: &Engine,
    request: &AuthRequest,
    administrator: &Administrator,
    asked: Option<Map<String, Value>>,
) -> Result<Map<String, Value>, AuthError> {
    let mut place = asked.unwrap_or_default();
    let Administrator::Person(inviter) = administrator else { return Ok(place) };
    if place.keys().any(|key| !SERVER_KEYS.contains(&key.as_str())) {
        return Err(AuthError::NotAdmin);
    }
    if !place.contains_key("tenant_id") {
        let own = Account::by_id(engine, request, inviter).await?.app_metadata();
        if let Some(tenant) = own.get("tenant_id").filter(|tenant| !tenant.is_null()) {
            place.insert("tenant_id".into(), tenant.clone());
        }
    }
    let text = |key: &str| place.get(key).and_then(Value::as_str).map(String::from);
    let (tenant, role) = (text("tenant_id"), text("role"));
    let strange = place.values().any(|value| !value.is_string());
    if strange {
        return Err(AuthError::Validation("tenant_id and role must be texts"));
    }
    administrator.require_invitation(engine, request, tenant.as_deref(), role.as_deref()).await?;
    Ok(place)
}
