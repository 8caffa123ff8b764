//! `/callback`: the browser comes back from an identity provider.

use std::sync::Arc;

use axum::response::Response;
use tenantry_postgres::{Row, Statement};

use super::authorize::secrets_of;
use super::verify::redirect_error;
use crate::AuthError;
use crate::api::Engine;
use crate::login::{Method, NewLogin};
use crate::provider::ProviderTokens;
use crate::request::AuthRequest;
use crate::response::{see_other, with_fragment, with_query};
use crate::{flow_state, redirect, social_sign_in};

const FIND: &str = "\
select flow.provider_type, flow.referrer, flow.code_challenge is not null, flow.linking_target_id
from auth.flow_state as flow
where flow.id = $1::uuid
and flow.user_id is null
and flow.provider_type <> 'email'
and flow.created_at > now() - interval '10 minutes'";

const TAKE: &str = "\
with taken as (
    delete from auth.flow_state
    where id = $1::uuid
    and user_id is null
    returning id
)
select auth.require(exists (select from taken), 'TNFLO')";

const KEEP: &str = include_str!("../../sql/keep_provider_flow.sql");

/// A flow that began here and has not come back before.
struct Begun {
    id: String,
    provider: String,
    referrer: String,
    pkce: bool,
    linking_target: Option<String>,
}

/// `GET` and `POST /callback`: sends the browser on to where the flow began, with a session, a code
/// or an error.
pub(crate) async fn callback(
    engine: Arc<Engine>,
    request: AuthRequest,
) -> Result<Response, AuthError> {
    let begun = match find(&engine, &request).await {
        Ok(begun) => begun,
        Err(error) => return redirect_error(&engine.config.site_url, &error),
    };
    let target = redirect::target(&engine.config, Some(&begun.referrer)).to_owned();
    match finish(&engine, &request, begun, &target).await {
        Ok(response) => Ok(response),
        Err(error) => redirect_error(&target, &error),
    }
}

fn field(request: &AuthRequest, name: &str) -> Option<String> {
    request.parameter(name).or_else(|| request.form_field(name)).filter(|text| !text.is_empty())
}

async fn find(engine: &Engine, request: &AuthRequest) -> Result<Begun, AuthError> {
    let state = field(request, "state").ok_or(AuthError::BadOAuthState)?;
    let id = uuid::Uuid::parse_str(&state).map_err(|_| AuthError::BadOAuthState)?.to_string();
    let rows = engine.store.read(request, vec![Statement::new(FIND).bind(id.clone())]).await?;
    let row = rows.first().and_then(|rows| rows.first()).ok_or(AuthError::BadOAuthState)?;
    let text = |row: &Row, column| row.text(column).unwrap_or_default().to_owned();
    Ok(Begun {
        id,
        provider: text(row, 0),
        referrer: text(row, 1),
        pkce: crate::store::is_true(row, 2),
        linking_target: row.text(3).map(String::from),
    })
}

async fn finish(
    engine: &Engine,
    request: &AuthRequest,
    begun: Begun,
    target: &str,
) -> Result<Response, AuthError> {
    if let Some(error) = field(request, "error") {
        let description = field(request, "error_description").unwrap_or_default();
        return Err(AuthError::ProviderRefused(match description.is_empty() {
            true => error,
            false => description,
        }));
    }
    let code = field(request, "code").ok_or(AuthError::BadOAuthState)?;
    let provider = engine.providers.named(&begun.provider)?;
    let identity = provider.identity(&code, &secrets_of(engine, begun.id.clone())).await?;
    let linking_target = begun.linking_target.as_deref();
    let arrival =
        social_sign_in::arrive(engine, request, &provider, &identity, linking_target).await?;
    let mut statements = arrival.statements;
    let address_taken = |error: AuthError| error.address_taken(AuthError::EmailExists);
    if arrival.waits_for_mail {
        statements.insert(0, Statement::new(TAKE).bind(begun.id));
        engine.store.write(request, statements).await.map_err(address_taken)?;
        return Err(AuthError::ProviderEmailNeedsVerification);
    }
    if begun.pkce {
        let code = uuid::Uuid::new_v4().to_string();
        statements.push(keep(engine, &begun.id, &arrival.user_id, &code, &identity.tokens)?);
        engine.store.write(request, statements).await.map_err(address_taken)?;
        return see_other(&with_query(target, &[("code", &code)]));
    }
    let login = NewLogin::new(Method::OAuth)?;
    statements.insert(0, Statement::new(TAKE).bind(begun.id));
    statements.extend(login.statements(engine, request, &arrival.user_id, None));
    let rows = engine.store.write(request, statements).await.map_err(address_taken)?;
    let session = login.finish(engine, request, &rows).await?;
    let (expires_in, expires_at) = (session.expires_in.to_string(), session.expires_at.to_string());
    let mut pairs = vec![
        ("access_token", session.access_token.as_str()),
        ("expires_at", &expires_at),
        ("expires_in", &expires_in),
        ("provider_token", &identity.tokens.access),
    ];
    pairs.extend(
        identity.tokens.refresh.iter().map(|token| ("provider_refresh_token", token.as_str())),
    );
    pairs.extend([
        ("refresh_token", session.refresh_token.as_str()),
        ("sb", ""),
        ("token_type", session.token_type),
    ]);
    see_other(&with_fragment(target, &pairs))
}

/// The statement that keeps the flow until the browser's code is traded.
fn keep(
    engine: &Engine,
    id: &str,
    user_id: &str,
    code: &str,
    tokens: &ProviderTokens,
) -> Result<Statement, AuthError> {
    let seal = |text: &str| {
        engine.seal.seal(text).map_err(|_| AuthError::Unexpected("a token cannot be sealed"))
    };
    Ok(Statement::new(KEEP)
        .bind(id.to_owned())
        .bind(user_id.to_owned())
        .bind(flow_state::mark_of(engine, code))
        .bind(seal(&tokens.access)?)
        .bind_option(tokens.refresh.as_deref().map(seal).transpose()?))
}
