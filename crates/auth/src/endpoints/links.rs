use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::account::Account;
use crate::api::Engine;
use crate::letter::{About, Letter, Purpose};
use crate::new_account::NewAccount;
use crate::request::AuthRequest;
use crate::response::json_response;
use crate::{AuthError, email, email_change};

#[derive(Deserialize)]
struct LinkRequest {
    #[serde(rename = "type")]
    kind: Option<String>,
    email: Option<String>,
    new_email: Option<String>,
    password: Option<String>,
    data: Option<Map<String, Value>>,
    redirect_to: Option<String>,
}

/// `POST /admin/generate_link`: the link and the code that a mail would carry, for programs that
/// send their own mail. No mail is sent.
pub(crate) async fn generate_link(
    engine: Arc<Engine>,
    request: AuthRequest,
) -> Result<Response, AuthError> {
    request.require_admin(&engine.authenticator)?;
    let body: LinkRequest = request.json()?;
    let address = email::normalize(body.email.as_deref().unwrap_or_default())?;
    let kind = body.kind.as_deref().unwrap_or_default();
    let purpose = match kind {
        "signup" => Purpose::SignUp,
        "invite" => Purpose::Invite,
        "magiclink" => Purpose::MagicLink,
        "recovery" => Purpose::Recovery,
        "email_change_current" => Purpose::EmailChangeCurrent,
        "email_change_new" => Purpose::EmailChangeNew,
        _ => return Err(AuthError::Validation("Invalid email action link type requested")),
    };
    let known = Account::find(&engine, &request, &address).await?.map(|(account, _)| account);
    let mut statements = Vec::new();
    let mut new_address = String::new();
    let (user_id, data) = match (purpose, known) {
        (Purpose::SignUp | Purpose::Invite, Some(account)) if account.is_confirmed() => {
            return Err(AuthError::EmailExists);
        }
        (Purpose::SignUp | Purpose::Invite | Purpose::MagicLink, None) => {
            let new = made(&engine, purpose, &address, &body).await?;
            statements.extend(new.statements());
            (new.id, new.user_metadata)
        }
        (_, None) => return Err(AuthError::UserNotFound),
        (Purpose::EmailChangeCurrent | Purpose::EmailChangeNew, Some(account)) => {
            new_address = email::normalize(body.new_email.as_deref().unwrap_or_default())?;
            if account.new_email.as_deref() != Some(&new_address) {
                statements.push(email_change::begin(&engine, &account, &new_address));
            }
            let data = account.data();
            (account.id, data)
        }
        (_, Some(account)) => {
            let data = account.data();
            (account.id, data)
        }
    };
    let about =
        About { user_id: &user_id, address: &address, new_address: &new_address, data: &data };
    let wanted = body.redirect_to.or_else(|| request.parameter("redirect_to"));
    let letter = Letter::new(&engine, purpose, &about, wanted.as_deref(), false);
    statements.extend(letter.store(&engine, &about));
    statements.push(Account::show(&user_id));
    let rows = engine
        .store
        .write(&request, statements)
        .await
        .map_err(|error| error.address_taken(AuthError::EmailExists))?;
    let row = rows.last().and_then(|rows| rows.first()).ok_or(AuthError::UserNotFound)?;
    let user = serde_json::to_value(Account::from_row(row, 0)?.into_user());
    let Ok(Value::Object(mut answer)) = user else {
        return Err(AuthError::Unexpected("a user is an object"));
    };
    for (name, value) in [
        ("action_link", letter.link.as_str()),
        ("email_otp", &letter.token.code),
        ("hashed_token", &letter.token.link),
        ("verification_type", kind),
        ("redirect_to", &letter.redirect_to),
    ] {
        answer.insert(name.into(), value.into());
    }
    Ok(json_response(StatusCode::OK, &answer))
}

/// The account of somebody who has none yet.
async fn made(
    engine: &Engine,
    purpose: Purpose,
    address: &str,
    body: &LinkRequest,
) -> Result<NewAccount, AuthError> {
    let secret = body.password.as_deref().filter(|secret| !secret.is_empty());
    let password_hash = match (purpose, secret) {
        (Purpose::SignUp, None) => {
            return Err(AuthError::Validation("Signup requires a valid password"));
        }
        (Purpose::SignUp, Some(secret)) => {
            engine.passwords.check(secret)?;
            Some(engine.passwords.hash(secret).await?)
        }
        _ => None,
    };
    Ok(NewAccount {
        email: Some(address.to_owned()),
        password_hash,
        user_metadata: body.data.clone().unwrap_or_default(),
        ..NewAccount::by_email()
    })
}
