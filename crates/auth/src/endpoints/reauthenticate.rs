use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use crate::AuthError;
use crate::api::Engine;
use crate::letter::{About, Letter, Purpose};
use crate::limits::Counted;
use crate::request::AuthRequest;
use crate::response::json_response;
use crate::signed_in::SignedIn;

/// `GET /reauthenticate`: mails a code that confirms a change of the password.
pub(crate) async fn reauthenticate(
    engine: Arc<Engine>,
    request: AuthRequest,
) -> Result<Response, AuthError> {
    engine.limits.count(Counted::Flow, &request)?;
    let person = SignedIn::read(&engine, &request).await?;
    let account = &person.account;
    if !account.is_confirmed() {
        return Err(AuthError::Validation(
            "Reauthentication requires an account with a confirmed email address",
        ));
    }
    engine.limits.count_mail(Purpose::Reauthentication.mail(), account.address())?;
    let data = account.data();
    let about = About::account(account, &data);
    let letter = Letter::new(&engine, Purpose::Reauthentication, &about, None, false);
    engine.store.write(&request, letter.send(&engine, &about)?).await?;
    Ok(json_response(StatusCode::OK, &json!({})))
}
