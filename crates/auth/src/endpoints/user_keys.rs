//! Keys that the signed-in person gives to programs. Where the application keeps such keys in a
//! table of its own, these endpoints do not exist.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tenantry_caller::KeyText;
use tenantry_postgres::{Rows, Statement};

use crate::AuthError;
use crate::api::Engine;
use crate::request::AuthRequest;
use crate::response::{json_response, no_content};
use crate::signed_in::SignedIn;
use crate::store::is_true;

const LIST: &str = "\
select jsonb_strip_nulls(jsonb_build_object(
    'id', id,
    'name', name,
    'prefix', prefix,
    'scopes', scopes,
    'created_at', created_at,
    'last_used_at', last_used_at,
    'expires_at', expires_at
))
from auth.personal_keys
where user_id = $1::uuid
and revoked_at is null
order by created_at, id";

const CREATE: &str = "\
insert into auth.personal_keys (user_id, name, prefix, key_hash, scopes, expires_at)
select
    $1::uuid,
    $2::text,
    $3::text,
    $4::text,
    array(select jsonb_array_elements_text($5::jsonb)),
    now() + make_interval(secs => $6::float8)
where (
    select count(*)
    from auth.personal_keys
    where user_id = $1::uuid
    and revoked_at is null
) < 100
returning jsonb_strip_nulls(jsonb_build_object(
    'id', id,
    'name', name,
    'prefix', prefix,
    'scopes', scopes,
    'created_at', created_at,
    'expires_at', expires_at
))";

const ASKS_FOR_SCOPES: &str = "\
select exists (
    select
    from pg_catalog.pg_policy as policy
    where pg_get_expr(policy.polqual, policy.polrelid) like '%has_scope(%'
    or pg_get_expr(policy.polwithcheck, policy.polrelid) like '%has_scope(%'
)";

const REVOKE: &str = "\
update auth.personal_keys
set revoked_at = now()
where id = $2::uuid
and user_id = $1::uuid
and revoked_at is null";

/// The longest name, in characters.
const LONGEST_NAME: usize = 100;
const MOST_SCOPES: usize = 32;
const LONGEST_SCOPE: usize = 64;
const LONGEST_LIFE_SECONDS: u32 = 10 * 366 * 24 * 3600;

/// `GET /user/keys`: the person's keys, without the keys themselves.
pub(crate) async fn list_keys(
    engine: Arc<Engine>,
    request: AuthRequest,
) -> Result<Response, AuthError> {
    let (_, user_id) = person(&engine, &request).await?;
    let list = Statement::new(LIST).bind(user_id);
    let rows = engine.store.read(&request, vec![list]).await?;
    let keys = rows.first().map(objects).transpose()?;
    Ok(json_response(StatusCode::OK, &keys.unwrap_or_default()))
}

#[derive(Deserialize)]
struct NewKey {
    name: String,
    #[serde(default)]
    scopes: Vec<String>,
    expires_in: Option<u32>,
}

impl NewKey {
    fn check(&self) -> Result<(), AuthError> {
        let is_scope = |scope: &String| {
            let is_word = |text: &str| {
                !text.is_empty()
                    && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
            };
            scope.len() <= LONGEST_SCOPE
                && scope.split_once(':').is_some_and(|(what, verb)| is_word(what) && is_word(verb))
        };
        if self.name.trim().is_empty() || self.name.chars().count() > LONGEST_NAME {
            return Err(AuthError::Validation("name must be 1 to 100 characters"));
        }
        if self.scopes.len() > MOST_SCOPES || !self.scopes.iter().all(is_scope) {
            return Err(AuthError::Validation(
                "scopes must be at most 32 of the form resource:verb",
            ));
        }
        if self.expires_in.is_some_and(|seconds| !(1..=LONGEST_LIFE_SECONDS).contains(&seconds)) {
            return Err(AuthError::Validation("expires_in must be seconds, at most ten years"));
        }
        Ok(())
    }
}

/// `POST /user/keys`: a new key, shown this once.
pub(crate) async fn create_key(
    engine: Arc<Engine>,
    request: AuthRequest,
) -> Result<Response, AuthError> {
    let (prefix, user_id) = person(&engine, &request).await?;
    let body: NewKey = request.json()?;
    body.check()?;
    // A scope that nobody asks for would be a promise that nobody keeps.
    if !body.scopes.is_empty() {
        let rows = engine.store.read(&request, vec![Statement::new(ASKS_FOR_SCOPES)]).await?;
        if !rows.first().and_then(|rows| rows.first()).is_some_and(|row| is_true(row, 0)) {
            return Err(AuthError::Validation(
                "No policy of this application asks for scopes: leave scopes out, and the key has all of your rights",
            ));
        }
    }
    let key = KeyText::personal(prefix).map_err(|_| AuthError::Unexpected("no random bytes"))?;
    let create = Statement::new(CREATE)
        .bind(user_id)
        .bind(body.name)
        .bind(key.prefix().to_owned())
        .bind(key.hash())
        .bind(json!(body.scopes).to_string())
        .bind_option(body.expires_in.map(|seconds| seconds.to_string()));
    let rows = engine.store.write(&request, vec![create]).await?;
    let made = rows.first().map(objects).transpose()?.and_then(|mut rows| rows.pop());
    let mut made = made.ok_or(AuthError::Validation("there are 100 keys already; revoke some"))?;
    made.insert("key".into(), key.as_str().into());
    Ok(json_response(StatusCode::OK, &made))
}

/// `DELETE /user/keys/{id}`: the key is accepted no more.
pub(crate) async fn revoke_key(
    engine: Arc<Engine>,
    request: AuthRequest,
) -> Result<Response, AuthError> {
    let (_, user_id) = person(&engine, &request).await?;
    let id = request.last_path_part();
    let id = uuid::Uuid::parse_str(id).map_err(|_| AuthError::KeyNotFound)?;
    let revoke = Statement::new(REVOKE).bind(user_id).bind(id.to_string());
    let rows = engine.store.write(&request, vec![revoke]).await?;
    match rows.first().map_or(0, |rows| rows.affected) {
        0 => Err(AuthError::KeyNotFound),
        _ => Ok(no_content()),
    }
}

/// What such keys begin with, and the person, whose login session has to be there.
async fn person<'a>(
    engine: &'a Engine,
    request: &AuthRequest,
) -> Result<(&'a str, String), AuthError> {
    let prefix = engine.config.personal_key_prefix.as_deref().ok_or(AuthError::NoEndpoint)?;
    let person = SignedIn::read(engine, request).await?;
    person.session_id()?;
    person.require_second_factor()?;
    Ok((prefix, person.account.id))
}

fn objects(rows: &Rows) -> Result<Vec<Map<String, Value>>, AuthError> {
    let bytes = rows.rows.iter().filter_map(|row| row.bytes(0));
    bytes
        .map(|bytes| serde_json::from_slice(&bytes))
        .collect::<Result<_, _>>()
        .map_err(|_| AuthError::Unexpected("keys of another shape"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_keys_are_looked_at() {
        for (body, expected) in [
            (json!({ "name": "ci", "scopes": [] }), true),
            (json!({ "name": "ci", "scopes": ["a:b", "notes:read"], "expires_in": 60 }), true),
            (json!({ "name": " ", "scopes": [] }), false),
            (json!({ "name": "x".repeat(101), "scopes": [] }), false),
            (json!({ "name": "ci", "scopes": ["read"] }), false),
            (json!({ "name": "ci", "scopes": ["a:b:c"] }), false),
            (json!({ "name": "ci", "scopes": ["A:b"] }), false),
            (json!({ "name": "ci", "scopes": vec!["a:b"; 33] }), false),
            (json!({ "name": "ci", "scopes": [], "expires_in": 0 }), false),
        ] {
            let key: NewKey = serde_json::from_value(body.clone()).unwrap();
            assert_eq!(key.check().is_ok(), expected, "{body}");
        }
    }
}
