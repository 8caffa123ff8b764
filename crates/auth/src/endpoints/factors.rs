//! Second factors: codes of an authenticator app (TOTP, RFC 6238).

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;
use tenantry_mail::MailKind;
use tenantry_postgres::{Row, Statement};

use crate::AuthError;
use crate::access_token::SessionFacts;
use crate::account::Account;
use crate::api::Engine;
use crate::changes;
use crate::letter;
use crate::limits::Counted;
use crate::login::{Method, Session};
use crate::refresh_token::RefreshToken;
use crate::request::AuthRequest;
use crate::response::json_response;
use crate::signed_in::SignedIn;
use crate::store::{is_true, with_account};
use crate::totp::Totp;

const COUNT: &str = "\
select
    count(*) filter (where factor.status = 'verified'),
    count(*),
    coalesce(bool_or(factor.friendly_name = $2::text and factor.status = 'verified'), false)
from auth.mfa_factors as factor
where factor.user_id = $1::uuid";

/// One that was begun and never finished makes room.
const FORGET_UNFINISHED: &str = "\
delete from auth.mfa_factors
where user_id = $1::uuid
and status = 'unverified'
and (friendly_name = $2::text or created_at < now() - interval '5 minutes')";

const ENROLL: &str = "\
insert into auth.mfa_factors (id, user_id, friendly_name, factor_type, secret)
values ($1::uuid, $2::uuid, $3::text, 'totp', $4::text)";

const CHALLENGE: &str = include_str!("../../sql/challenge_factor.sql");
const FIND_CHALLENGE: &str = include_str!("../../sql/find_challenge.sql");
const PASS: &str = include_str!("../../sql/pass_challenge.sql");
const RAISE_SESSION: &str = include_str!("../../sql/raise_session.sql");
const REPLACE_TOKENS: &str = include_str!("../../sql/replace_refresh_tokens.sql");
const SESSION_OUTCOME: &str = include_str!("../../sql/session_outcome.sql");

const FIND: &str = "\
select factor.status = 'verified'
from auth.mfa_factors as factor
where factor.id = $1::uuid
and factor.user_id = $2::uuid";
const LOWER_SESSIONS: &str = include_str!("../../sql/lower_sessions.sql");
const DELETE: &str = "delete from auth.mfa_factors where id = $1::uuid";

/// How long a challenge can be answered, in seconds.
const CHALLENGE_SECONDS: i64 = 300;

#[derive(Deserialize)]
struct Enrollment {
    factor_type: Option<String>,
    friendly_name: Option<String>,
    issuer: Option<String>,
}

/// `POST /factors`: a new factor, which counts once a code of it was given.
pub(crate) async fn enroll(
    engine: Arc<Engine>,
    request: AuthRequest,
) -> Result<Response, AuthError> {
    let person = SignedIn::read(&engine, &request).await?;
    person.session_id()?;
    let body: Enrollment = request.json()?;
    match body.factor_type.as_deref() {
        Some("totp") => {}
        Some("phone") => {
            return Err(AuthError::FactorTypeDisabled("MFA enroll is disabled for Phone"));
        }
        Some("webauthn") => {
            return Err(AuthError::FactorTypeDisabled("MFA enroll is disabled for WebAuthn"));
        }
        _ => return Err(AuthError::Validation("factor_type needs to be totp")),
    }
    let name = body.friendly_name.unwrap_or_default();
    if name.chars().count() > 128 {
        return Err(AuthError::Validation("friendly_name is longer than 128 characters"));
    }
    let user = || person.account.id.clone();
    let count = Statement::new(COUNT).bind(user()).bind(name.clone());
    let rows = engine.store.read(&request, vec![count]).await?;
    let row = rows.first().and_then(|rows| rows.first());
    let number = |column| row.and_then(|row| row.text(column)).and_then(|text| text.parse().ok());
    let (verified, all): (u32, u32) = (number(0).unwrap_or(0), number(1).unwrap_or(0));
    if verified >= engine.config.settings.most_factors
        || all > 2 * engine.config.settings.most_factors
    {
        return Err(AuthError::TooManyFactors);
    }
    if verified > 0 && person.aal != "aal2" {
        return Err(AuthError::InsufficientAal);
    }
    if !name.is_empty() && row.is_some_and(|row| is_true(row, 2)) {
        return Err(AuthError::FactorNameConflict);
    }
    let site = engine.config.site_url.split("://").last().unwrap_or_default();
    let issuer = body.issuer.filter(|issuer| !issuer.is_empty());
    let issuer = issuer.unwrap_or_else(|| site.split('/').next().unwrap_or_default().to_owned());
    let totp = Totp::random()?;
    let uri = totp.uri(&issuer, person.account.address());
    let id = uuid::Uuid::new_v4().to_string();
    let sealed = engine.seal.seal(totp.secret()).map_err(|_| AuthError::Unexpected("sealing"))?;
    let statements = vec![
        Statement::new(FORGET_UNFINISHED).bind(user()).bind(name.clone()),
        Statement::new(ENROLL).bind(id.clone()).bind(user()).bind(name.clone()).bind(sealed),
    ];
    engine.store.write(&request, statements).await?;
    let body = json!({
        "id": id,
        "type": "totp",
        "friendly_name": name,
        "totp": { "qr_code": totp.qr_code(&uri)?, "secret": totp.secret(), "uri": uri },
    });
    Ok(json_response(StatusCode::OK, &body))
}

/// `POST /factors/{id}/challenge`
pub(crate) async fn challenge(
    engine: Arc<Engine>,
    request: AuthRequest,
) -> Result<Response, AuthError> {
    engine.limits.count(Counted::Factor, &request)?;
    let person = SignedIn::read(&engine, &request).await?;
    let factor = factor_id(&request, 1)?;
    let id = uuid::Uuid::new_v4().to_string();
    let challenge = Statement::new(CHALLENGE)
        .bind(id.clone())
        .bind(factor)
        .bind(person.account.id.clone())
        .bind(request.client_address().unwrap_or_else(|| "0.0.0.0".into()));
    let rows = engine.store.write(&request, vec![challenge]).await?;
    rows.first().and_then(|rows| rows.first()).ok_or(AuthError::FactorNotFound)?;
    let expires_at = now_seconds() + CHALLENGE_SECONDS;
    let body = json!({ "id": id, "type": "totp", "expires_at": expires_at });
    Ok(json_response(StatusCode::OK, &body))
}

#[derive(Deserialize)]
struct Answer {
    challenge_id: Option<String>,
    code: Option<String>,
}

/// `POST /factors/{id}/verify`: the code of a challenge. The session rises to `aal2`, and the
/// person's other sessions that are lower end.
pub(crate) async fn verify(
    engine: Arc<Engine>,
    request: AuthRequest,
) -> Result<Response, AuthError> {
    engine.limits.count(Counted::Factor, &request)?;
    let person = SignedIn::read(&engine, &request).await?;
    let session_id = person.session_id()?.to_owned();
    let factor = factor_id(&request, 1)?;
    let body: Answer = request.json()?;
    let challenge = body.challenge_id.as_deref().and_then(|id| uuid::Uuid::parse_str(id).ok());
    let challenge = challenge.ok_or(AuthError::FactorNotFound)?.to_string();
    let user = || person.account.id.clone();
    let find = Statement::new(FIND_CHALLENGE)
        .bind(challenge.clone())
        .bind(factor.clone())
        .bind(user())
        .bind(CHALLENGE_SECONDS.to_string())
        .bind_option(request.client_address());
    let rows = engine.store.read(&request, vec![find]).await?;
    let row = rows.first().and_then(|rows| rows.first()).ok_or(AuthError::FactorNotFound)?;
    let was_verified = is_true(row, 3);
    if !was_verified {
        person.require_second_factor()?;
    }
    let step = match check_code(&engine, row, body.code.as_deref().unwrap_or_default()) {
        Err(AuthError::FactorVerificationFailed) => {
            person.note_failure(&engine, &request).await?;
            return Err(AuthError::FactorVerificationFailed);
        }
        checked => checked?,
    };

    let token = RefreshToken::random()?;
    let session = || session_id.clone();
    let mut statements = vec![
        Statement::new(PASS).bind(challenge).bind(factor.clone()).bind(step.to_string()),
        Statement::new(RAISE_SESSION).bind(session()).bind(user()).bind(factor),
        changes::note_method(&session_id, Method::Totp.name()),
        Statement::new(REPLACE_TOKENS).bind(session()).bind(token.hash()),
    ];
    if !was_verified {
        let added = letter::notice(&engine, MailKind::FactorAdded, &person.account, |variables| {
            variables.factor_type = "totp".into();
        })?;
        statements.extend(added);
    }
    statements.push(Statement::new(with_account(SESSION_OUTCOME)).bind(session()));
    let rows = engine.store.write(&request, statements).await?;
    let row = rows.last().and_then(|rows| rows.first()).ok_or(AuthError::SessionNotFound)?;
    let (account, facts) = (Account::from_row(row, 0)?, SessionFacts::from_row(row, 1)?);
    let method = Method::Totp.name();
    Ok(Session::issue(&engine, &request, account, facts, token, method).await?.into_response())
}

/// The time step whose code was given.
fn check_code(engine: &Engine, row: &Row, code: &str) -> Result<u64, AuthError> {
    if is_true(row, 0) {
        return Err(AuthError::ChallengeExpired);
    }
    if is_true(row, 1) {
        return Err(AuthError::ChallengeElsewhere);
    }
    let sealed = row.text(2).unwrap_or_default();
    let secret = engine.seal.open(sealed).map_err(|_| AuthError::Unexpected("unsealing"))?;
    let last = row.text(4).and_then(|text| text.parse().ok());
    Totp::of(secret)?.check(code, now_seconds().unsigned_abs(), last)
}

/// `DELETE /factors/{id}`: takes a factor away; one that counts only by a session that it raised.
pub(crate) async fn unenroll(
    engine: Arc<Engine>,
    request: AuthRequest,
) -> Result<Response, AuthError> {
    let person = SignedIn::read(&engine, &request).await?;
    let factor = factor_id(&request, 0)?;
    let find = Statement::new(FIND).bind(factor.clone()).bind(person.account.id.clone());
    let rows = engine.store.read(&request, vec![find]).await?;
    let row = rows.first().and_then(|rows| rows.first()).ok_or(AuthError::FactorNotFound)?;
    let verified = is_true(row, 0);
    if verified && person.aal != "aal2" {
        return Err(AuthError::InsufficientAal);
    }
    remove(&engine, &request, &person.account, &factor, verified).await?;
    Ok(json_response(StatusCode::OK, &json!({ "id": factor })))
}

/// Takes a factor away; sessions that it raised fall back.
pub(super) async fn remove(
    engine: &Engine,
    request: &AuthRequest,
    account: &Account,
    factor: &str,
    verified: bool,
) -> Result<(), AuthError> {
    let mut statements = vec![
        Statement::new(LOWER_SESSIONS).bind(factor.to_owned()),
        Statement::new(DELETE).bind(factor.to_owned()),
    ];
    if verified {
        let removed = letter::notice(engine, MailKind::FactorRemoved, account, |variables| {
            variables.factor_type = "totp".into();
        })?;
        statements.extend(removed);
    }
    engine.store.write(request, statements).await?;
    Ok(())
}

/// The factor that the path names, so many parts before its end.
pub(super) fn factor_id(request: &AuthRequest, from_the_end: usize) -> Result<String, AuthError> {
    let part = request.path_from_the_end().nth(from_the_end).unwrap_or_default();
    uuid::Uuid::parse_str(part).map(|id| id.to_string()).map_err(|_| AuthError::FactorNotFound)
}

fn now_seconds() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_secs() as i64)
}
