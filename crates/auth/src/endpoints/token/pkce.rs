use axum::response::Response;
use serde::Deserialize;

use crate::AuthError;
use crate::api::Engine;
use crate::flow_state::Finished;
use crate::login::NewLogin;
use crate::request::AuthRequest;

#[derive(Deserialize)]
struct PkceGrant {
    auth_code: Option<String>,
    code_verifier: Option<String>,
}

/// Trades the code that the browser brought back, and the verifier that it kept, for a session.
pub(super) async fn grant(engine: &Engine, request: &AuthRequest) -> Result<Response, AuthError> {
    let body: PkceGrant = request.json()?;
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let (Some(code), Some(verifier)) = (given(body.auth_code), given(body.code_verifier)) else {
        return Err(AuthError::Validation(
            "invalid request: both auth code and code verifier should be non-empty",
        ));
    };
    let flow = Finished::find(engine, request, &code, &verifier).await?;
    let login = NewLogin::new(flow.method)?;
    let mut statements = vec![flow.take()];
    statements.extend(login.statements(engine, request, &flow.user_id, None));
    let rows = engine.store.write(request, statements).await?;
    let mut session = login.finish(engine, request, &rows).await?;
    session.provider_token = flow.provider_token;
    session.provider_refresh_token = flow.provider_refresh_token;
    Ok(session.into_response())
}
