use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use crate::account::Account;
use crate::api::Engine;
use crate::flow_state::ChallengeFields;
use crate::letter::{About, Letter, Purpose};
use crate::limits::Counted;
use crate::login::Method;
use crate::request::AuthRequest;
use crate::response::{json_response, on_the_beat};
use crate::{AuthError, email};

#[derive(Deserialize)]
struct Recovery {
    email: Option<String>,
    #[serde(flatten)]
    challenge: ChallengeFields,
}

/// `POST /recover`: a mail with a link that signs in, so that a new password can be set. The answer
/// and its time are the same whether or not there is such an account.
pub(crate) async fn recover(
    engine: Arc<Engine>,
    request: AuthRequest,
) -> Result<Response, AuthError> {
    engine.limits.count(Counted::Flow, &request)?;
    let body: Recovery = request.json()?;
    let given = body.email.as_deref().filter(|address| !address.is_empty());
    let address = email::normalize(
        given.ok_or(AuthError::Validation("Password recovery requires an email"))?,
    )?;
    let challenge = body.challenge.challenge()?;
    engine.limits.count_mail(Purpose::Recovery.mail(), &address)?;
    on_the_beat(async {
        if let Some((account, _)) = Account::find(&engine, &request, &address).await? {
            let data = account.data();
            let about = About::account(&account, &data);
            let redirect_to = request.parameter("redirect_to");
            let pkce = challenge.is_some();
            let letter =
                Letter::new(&engine, Purpose::Recovery, &about, redirect_to.as_deref(), pkce);
            let mut statements = letter.send(&engine, &about)?;
            statements.extend(
                challenge.iter().map(|sent| sent.begin_mail_flow(&account.id, Method::Recovery)),
            );
            engine.store.write(&request, statements).await?;
        }
        Ok(json_response(StatusCode::OK, &json!({})))
    })
    .await
}
