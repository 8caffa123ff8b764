//! `GET /authorize` and `GET /user/identities/authorize`: the way to an identity provider.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::json;

use crate::AuthError;
use crate::api::Engine;
use crate::flow_state::{ChallengeFields, ProviderFlow};
use crate::limits::Counted;
use crate::provider::FlowSecrets;
use crate::redirect;
use crate::request::AuthRequest;
use crate::response::json_response;
use crate::signed_in::SignedIn;

/// `GET /authorize?provider&redirect_to&scopes&code_challenge`: sends the browser to the provider.
pub(crate) async fn authorize(
    engine: Arc<Engine>,
    request: AuthRequest,
) -> Result<Response, AuthError> {
    engine.limits.count(Counted::Flow, &request)?;
    let url = begin(&engine, &request, None).await?;
    answer(&request, &url)
}

/// `GET /user/identities/authorize`: the same for a signed-in person, who gets the identity linked.
pub(crate) async fn link_identity(
    engine: Arc<Engine>,
    request: AuthRequest,
) -> Result<Response, AuthError> {
    let person = SignedIn::read(&engine, &request).await?;
    if !engine.config.settings.manual_linking {
        return Err(AuthError::ManualLinkingDisabled);
    }
    person.require_second_factor()?;
    let url = begin(&engine, &request, Some(person.account.id)).await?;
    answer(&request, &url)
}

/// Keeps what has to be known when the browser comes back.
async fn begin(
    engine: &Engine,
    request: &AuthRequest,
    linking_target: Option<String>,
) -> Result<String, AuthError> {
    let name = request.parameter("provider").unwrap_or_default();
    let provider = engine.providers.named(&name)?;
    let challenge = ChallengeFields {
        code_challenge: request.parameter("code_challenge"),
        code_challenge_method: request.parameter("code_challenge_method"),
    }
    .challenge()?;
    let wanted = request.parameter("redirect_to");
    let referrer = redirect::target(&engine.config, wanted.as_deref());
    let state = uuid::Uuid::new_v4().to_string();
    let secrets = secrets_of(engine, state);
    let flow = ProviderFlow {
        id: &secrets.state,
        provider: provider.name(),
        challenge,
        referrer,
        linking_target,
        nonce: &secrets.nonce,
    };
    let scopes = request.parameter("scopes");
    let url = provider.authorization_url(&secrets, scopes.as_deref(), request.parameters()).await?;
    engine.store.write(request, vec![flow.begin()]).await?;
    Ok(url)
}

/// What the flow of a state is known by: all of it follows from the state and a secret of ours.
pub(super) fn secrets_of(engine: &Engine, state: String) -> FlowSecrets {
    let nonce = engine.seal.mark("provider nonce", &state);
    let verifier = engine.seal.mark("provider verifier", &state);
    FlowSecrets { state, nonce, verifier }
}

/// A redirect, or the URL for clients that send the browser themselves.
fn answer(request: &AuthRequest, url: &str) -> Result<Response, AuthError> {
    if request.parameter("skip_http_redirect").as_deref() == Some("true") {
        return Ok(json_response(StatusCode::OK, &json!({ "url": url })));
    }
    let location = HeaderValue::from_str(url)
        .map_err(|_| AuthError::Validation("the parameters make no URL"))?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::FOUND;
    response.headers_mut().insert(header::LOCATION, location);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
