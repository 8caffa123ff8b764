use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use tenantry_postgres::Statement;

use crate::AuthError;
use crate::api::Engine;
use crate::page::{Page, with_page_headers};
use crate::request::AuthRequest;
use crate::response::json_response;

const COUNT: &str = "select count(*) from auth.audit_log_entries";

const LIST: &str = "\
select coalesce(json_agg(to_json(shown)), '[]')
from (
    select entry.id, entry.payload, entry.created_at, entry.ip_address
    from auth.audit_log_entries as entry
    order by entry.created_at desc, entry.id
    limit $1::bigint
    offset $2::bigint
) as shown";

/// `GET /admin/audit?page&per_page`: what happened to accounts, newest first.
pub(crate) async fn list(engine: Arc<Engine>, request: AuthRequest) -> Result<Response, AuthError> {
    request.require_admin(&engine.authenticator)?;
    let page = Page::asked(&request)?;
    let list = Statement::new(LIST).bind(page.size.to_string()).bind(page.offset().to_string());
    let rows = engine.store.read(&request, vec![Statement::new(COUNT), list]).await?;
    let entries = rows[1].first().and_then(|row| row.text(0)).unwrap_or("[]");
    let entries: serde_json::Value =
        serde_json::from_str(entries).map_err(|_| AuthError::Unexpected("no JSON"))?;
    let response = json_response(StatusCode::OK, &entries);
    Ok(with_page_headers(response, &engine, "admin/audit", &page, &rows[0]))
}
