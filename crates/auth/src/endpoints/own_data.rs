//! `GET /user/export` and `DELETE /user`: what the application holds about the signed-in person,
//! and its erasure.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use serde::Deserialize;

use crate::AuthError;
use crate::api::Engine;
use crate::limits::Counted;
use crate::one_time_token::{self, TokenType};
use crate::person_rights::PersonRights;
use crate::request::AuthRequest;
use crate::response::no_content;
use crate::signed_in::SignedIn;

/// `GET /user/export`: a JSON document with every row that belongs to the person or mentions them.
pub(crate) async fn export(
    engine: Arc<Engine>,
    request: AuthRequest,
) -> Result<Response, AuthError> {
    engine.limits.count(Counted::Flow, &request)?;
    let rights = rights(&engine)?;
    let person = SignedIn::read(&engine, &request).await?;
    person.session_id()?;
    person.require_second_factor()?;
    let document = rights.export(person.account.id).await?;
    let mut response = Response::new(Body::from(document));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let name = HeaderValue::from_static("attachment; filename=\"export.json\"");
    headers.insert(header::CONTENT_DISPOSITION, name);
    Ok(response)
}

#[derive(Deserialize, Default)]
struct Proof {
    password: Option<String>,
    nonce: Option<String>,
}

/// `DELETE /user`: erases the person, who shows once more that it is them: by the password, or by
/// the code that `GET /reauthenticate` mails.
pub(crate) async fn erase(
    engine: Arc<Engine>,
    request: AuthRequest,
) -> Result<Response, AuthError> {
    engine.limits.count(Counted::Flow, &request)?;
    let rights = rights(&engine)?;
    let person = SignedIn::read(&engine, &request).await?;
    person.session_id()?;
    person.require_second_factor()?;
    let proof: Proof = request.json_or_default()?;
    match (proof.password, proof.nonce) {
        (Some(password), _) => {
            person.check_password(&engine, &request, &password).await?;
        }
        (None, Some(nonce)) => {
            let (types, address) = ([TokenType::Reauthentication], person.account.address());
            let found = one_time_token::find_code(&engine, &request, address, &nonce, &types).await;
            let take = found.map_err(|_| AuthError::ReauthenticationNotValid)?.take();
            engine.store.write(&request, vec![take]).await?;
        }
        (None, None) => return Err(AuthError::ReauthenticationNeeded),
    }
    rights.erase(person.account.id).await?;
    Ok(no_content())
}

fn rights(engine: &Engine) -> Result<Arc<dyn PersonRights>, AuthError> {
    engine.person_rights.clone().ok_or(AuthError::NoEndpoint)
}
