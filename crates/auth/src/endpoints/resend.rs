use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use crate::account::Account;
use crate::api::Engine;
use crate::letter::{About, Letter, Purpose};
use crate::limits::Counted;
use crate::request::AuthRequest;
use crate::response::{json_response, on_the_beat};
use crate::{AuthError, email, email_change};

#[derive(Deserialize)]
struct Resend {
    #[serde(rename = "type")]
    kind: Option<String>,
    email: Option<String>,
    phone: Option<String>,
}

/// `POST /resend`: the mail of a sign-up or of a change of address once more, with a new token.
/// Whether there was anything to send, the answer does not tell.
pub(crate) async fn resend(
    engine: Arc<Engine>,
    request: AuthRequest,
) -> Result<Response, AuthError> {
    engine.limits.count(Counted::Flow, &request)?;
    let body: Resend = request.json()?;
    let purposes: &[Purpose] = match body.kind.as_deref() {
        Some("signup") => &[Purpose::SignUp],
        Some("email_change") => &[Purpose::EmailChangeCurrent, Purpose::EmailChangeNew],
        Some("sms" | "phone_change") => return Err(AuthError::PhoneDisabled),
        _ => {
            return Err(AuthError::Validation("Missing one of these types: signup, email_change"));
        }
    };
    let address = match (body.email.as_deref(), body.phone.as_deref()) {
        (Some(address), _) if !address.is_empty() => email::normalize(address)?,
        _ => return Err(AuthError::Validation("Type provided requires an email address")),
    };
    engine.limits.count_mail(purposes[0].mail(), &address)?;
    on_the_beat(async {
        if let Some((account, _)) = Account::find(&engine, &request, &address).await? {
            let data = account.data();
            let about = About::account(&account, &data);
            let redirect_to = request.parameter("redirect_to");
            let mut statements = Vec::new();
            for purpose in purposes.iter().filter(|purpose| is_open(&engine, &account, **purpose)) {
                let letter = Letter::new(&engine, *purpose, &about, redirect_to.as_deref(), false);
                statements.extend(letter.send(&engine, &about)?);
            }
            if !statements.is_empty() {
                engine.store.write(&request, statements).await?;
            }
        }
        Ok(json_response(StatusCode::OK, &json!({})))
    })
    .await
}

/// Whether the account waits for this.
fn is_open(engine: &Engine, account: &Account, purpose: Purpose) -> bool {
    match purpose {
        Purpose::SignUp => !account.is_confirmed(),
        Purpose::EmailChangeCurrent => {
            account.new_email.is_some() && email_change::asks_both(engine, account)
        }
        _ => account.new_email.is_some(),
    }
}
