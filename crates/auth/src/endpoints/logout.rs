use std::sync::Arc;

use axum::response::Response;
use tenantry_postgres::Statement;

use crate::AuthError;
use crate::api::Engine;
use crate::request::AuthRequest;
use crate::response::no_content;

const END_ALL: &str = "delete from auth.sessions where user_id = $1::uuid returning id";
const END_THIS: &str =
    "delete from auth.sessions where user_id = $1::uuid and id = $2::uuid returning id";
const END_OTHERS: &str = "\
delete from auth.sessions where user_id = $1::uuid and id is distinct from $2::uuid returning id";

/// `POST /logout?scope=global|local|others`: ends login sessions of the bearer. Ending what is
/// over already is no error.
pub(crate) async fn logout(
    engine: Arc<Engine>,
    request: AuthRequest,
) -> Result<Response, AuthError> {
    let bearer = request.bearer(&engine.authenticator)?;
    let scope = request.parameter("scope").unwrap_or_else(|| "global".into());
    let statement = match scope.as_str() {
        "global" => Statement::new(END_ALL).bind(bearer.user_id),
        "local" => Statement::new(END_THIS).bind(bearer.user_id).bind_option(bearer.session_id),
        "others" => Statement::new(END_OTHERS).bind(bearer.user_id).bind_option(bearer.session_id),
        _ => return Err(AuthError::Validation("scope must be global, local or others")),
    };
    let rows = engine.store.write(&request, vec![statement]).await?;
    // Others hear of it in a moment; here the tokens are worth nothing from now on.
    let ended = rows.iter().flat_map(|rows| &rows.rows).filter_map(|row| row.text(0));
    engine.authenticator.ended_sessions().add(ended);
    Ok(no_content())
}
