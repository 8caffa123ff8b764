use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::account::Account;
use crate::api::Engine;
use crate::flow_state::ChallengeFields;
use crate::letter::{About, Letter, Purpose};
use crate::limits::Counted;
use crate::login::Method;
use crate::new_account::NewAccount;
use crate::request::AuthRequest;
use crate::response::{json_response, on_the_beat};
use crate::{AuthError, email};

#[derive(Deserialize)]
struct OneTimePassword {
    email: Option<String>,
    phone: Option<String>,
    create_user: Option<bool>,
    data: Option<Map<String, Value>>,
    #[serde(flatten)]
    challenge: ChallengeFields,
}

/// `POST /otp` and `POST /magiclink`: a mail with a code and a link that sign in. Whoever has no
/// account gets one, unless the client says otherwise.
pub(crate) async fn send_one_time_password(
    engine: Arc<Engine>,
    request: AuthRequest,
) -> Result<Response, AuthError> {
    engine.limits.count(Counted::Flow, &request)?;
    let body: OneTimePassword = request.json()?;
    let address = match (body.email.as_deref(), body.phone.as_deref()) {
        (Some(address), _) if !address.is_empty() => email::normalize(address)?,
        (_, Some(phone)) if !phone.is_empty() => return Err(AuthError::PhoneDisabled),
        _ => return Err(AuthError::Validation("One of email or phone must be set")),
    };
    let challenge = body.challenge.challenge()?;
    engine.limits.count_mail(Purpose::MagicLink.mail(), &address)?;
    on_the_beat(async {
        let redirect_to = request.parameter("redirect_to");
        let known = Account::find(&engine, &request, &address).await?;
        let mut statements = Vec::new();
        let (user_id, purpose, data) = match known {
            Some((account, _)) => {
                let purpose =
                    if account.is_confirmed() { Purpose::MagicLink } else { Purpose::FirstSignIn };
                let data = account.data();
                (account.id, purpose, data)
            }
            None if body.create_user == Some(false) => return Err(AuthError::OtpDisabled),
            None if engine.config.settings.disable_signup => return Err(AuthError::OtpDisabled),
            None => {
                let data = body.data.unwrap_or_default();
                let new = NewAccount {
                    email: Some(address.clone()),
                    user_metadata: data.clone(),
                    confirmed: engine.config.autoconfirm(),
                    ..NewAccount::by_email()
                };
                statements.extend(new.statements());
                let purpose = if new.confirmed { Purpose::MagicLink } else { Purpose::SignUp };
                (new.id, purpose, data)
            }
        };
        let about = About { user_id: &user_id, address: &address, new_address: "", data: &data };
        let pkce = challenge.is_some();
        let letter = Letter::new(&engine, purpose, &about, redirect_to.as_deref(), pkce);
        statements.extend(letter.send(&engine, &about)?);
        statements
            .extend(challenge.iter().map(|sent| sent.begin_mail_flow(&user_id, Method::MagicLink)));
        match engine.store.write(&request, statements).await {
            Ok(_) => {}
            Err(error) => match error.address_taken(AuthError::UserAlreadyExists) {
                // Somebody signed up with the address in this very moment, or it is kept for nobody.
                AuthError::UserAlreadyExists => {}
                other => return Err(other),
            },
        }
        Ok(json_response(StatusCode::OK, &json!({})))
    })
    .await
}
