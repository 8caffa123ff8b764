use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value};
use tenantry_postgres::Statement;

use super::factors;
use crate::AuthError;
use crate::account::{self, Account};
use crate::administration;
use crate::api::Engine;
use crate::request::AuthRequest;
use crate::response::json_response;

const LIST: &str = "\
select to_json(factor)
from (
    select id, user_id, friendly_name, factor_type, status, phone, created_at, updated_at
    from auth.mfa_factors
    where user_id = $1::uuid
    order by created_at, id
) as factor";

/// `GET /admin/users/{id}/factors`
pub(crate) async fn list(engine: Arc<Engine>, request: AuthRequest) -> Result<Response, AuthError> {
    let user_id = user_id(&request, 1)?;
    administration::require(&engine, &request, &user_id).await?;
    let rows = engine.store.read(&request, vec![Statement::new(LIST).bind(user_id)]).await?;
    let factors: Vec<Map<String, Value>> = rows[0]
        .rows
        .iter()
        .filter_map(|row| serde_json::from_str(row.text(0)?).ok())
        .map(account::part)
        .collect();
    Ok(json_response(StatusCode::OK, &factors))
}

/// `DELETE /admin/users/{id}/factors/{factor}`: for a person who lost theirs.
pub(crate) async fn delete(
    engine: Arc<Engine>,
    request: AuthRequest,
) -> Result<Response, AuthError> {
    let user_id = user_id(&request, 2)?;
    administration::require(&engine, &request, &user_id).await?;
    let factor = factors::factor_id(&request, 0)?;
    let account = Account::by_id(&engine, &request, &user_id).await?;
    let shown = account.factor(&factor).map(account::part).ok_or(AuthError::FactorNotFound)?;
    let verified = shown.get("status").and_then(Value::as_str) == Some("verified");
    factors::remove(&engine, &request, &account, &factor, verified).await?;
    Ok(json_response(StatusCode::OK, &shown))
}

fn user_id(request: &AuthRequest, from_the_end: usize) -> Result<String, AuthError> {
    let part = request.path_from_the_end().nth(from_the_end).unwrap_or_default();
    uuid::Uuid::parse_str(part).map(|id| id.to_string()).map_err(|_| AuthError::BadId)
}
