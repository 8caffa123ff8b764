//! `GET` and `POST /verify`: a mailed link was followed, or a mailed code typed.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;
use tenantry_mail::MailKind;
use tenantry_postgres::Statement;

use crate::account::Account;
use crate::api::Engine;
use crate::email_change::{self, side};
use crate::letter::Purpose;
use crate::limits::Counted;
use crate::login::{Method, NewLogin, Session};
use crate::one_time_token::{self, Presented, TokenType};
use crate::request::AuthRequest;
use crate::response::{json_response, see_other, with_fragment, with_query};
use crate::store::with_account;
use crate::{AuthError, changes, email, flow_state, letter, redirect};

/// Who comes by another mail than that of the sign-up takes nothing over from whoever signed up.
const GIVE_UP_UNCONFIRMED: &str = "\
select auth.give_up_unproven(account.id)
from auth.users as account
where account.id = $1::uuid
and account.email_confirmed_at is null";
const LOCK_ACCOUNT: &str = "select id from auth.users where id = $1::uuid for update";
const PENDING_CHANGE: &str = include_str!("../../sql/pending_email_change.sql");
const NOTE_CLICK: &str = "\
update auth.users
set email_change_confirm_status = $2::smallint,
    updated_at = now()
where id = $1::uuid";
const REQUIRE_CONFIRMED: &str = "\
select auth.require(account.email_change_confirm_status = $2::smallint, 'TNRTY')
from auth.users as account
where account.id = $1::uuid";

const ONE_OF_TWO: &str =
    "Confirmation link accepted. Please proceed to confirm link sent to the other email";

/// What was presented.
struct Proof {
    kind: String,
    link: Option<String>,
    address: Option<String>,
    code: Option<String>,
}

/// What came of it.
enum Verified {
    Session(Box<Session>),
    /// A code for the browser that began the flow.
    Code(String),
    /// The first of two confirmations.
    OneOfTwo,
}

#[derive(Deserialize)]
struct Verification {
    #[serde(rename = "type")]
    kind: Option<String>,
    token: Option<String>,
    token_hash: Option<String>,
    email: Option<String>,
    phone: Option<String>,
}

/// `POST /verify`: `{type, token_hash}` or `{type, email, token}`; answers with a session.
pub(crate) async fn verify(
    engine: Arc<Engine>,
    request: AuthRequest,
) -> Result<Response, AuthError> {
    engine.limits.count(Counted::Flow, &request)?;
    let body: Verification = request.json()?;
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    if given(body.phone).is_some() {
        return Err(AuthError::PhoneDisabled);
    }
    let kind =
        given(body.kind).ok_or(AuthError::Validation("Verify requires a verification type"))?;
    let proof = match (given(body.token_hash), given(body.email), given(body.token)) {
        (Some(link), None, None) => Proof { kind, link: Some(link), address: None, code: None },
        (None, Some(address), Some(code)) => {
            let address = email::normalize(&address)?;
            Proof { kind, link: None, address: Some(address), code: Some(code) }
        }
        (Some(_), _, _) => {
            return Err(AuthError::Validation("Only the token_hash and type should be provided"));
        }
        _ => {
            return Err(AuthError::Validation(
                "Verify requires a token_hash, or an email and a token",
            ));
        }
    };
    match check(&engine, &request, &proof, false).await? {
        Verified::Session(session) => Ok(session.into_response()),
        Verified::OneOfTwo => {
            Ok(json_response(StatusCode::OK, &json!({ "msg": ONE_OF_TWO, "code": "200" })))
        }
        Verified::Code(_) => Err(AuthError::Unexpected("a code without a browser")),
    }
}

/// `GET /verify?token&type&redirect_to`: answers by sending the browser on, with the session's
/// tokens in the fragment, or with a code where the client began a PKCE flow.
pub(crate) async fn follow_link(
    engine: Arc<Engine>,
    request: AuthRequest,
) -> Result<Response, AuthError> {
    let wanted = request.parameter("redirect_to");
    let target = redirect::target(&engine.config, wanted.as_deref());
    match followed(&engine, &request).await {
        Ok((kind, Verified::Session(session))) => {
            let (expires_in, expires_at) =
                (session.expires_in.to_string(), session.expires_at.to_string());
            see_other(&with_fragment(
                target,
                &[
                    ("access_token", &session.access_token),
                    ("expires_at", &expires_at),
                    ("expires_in", &expires_in),
                    ("refresh_token", &session.refresh_token),
                    ("sb", ""),
                    ("token_type", session.token_type),
                    ("type", &kind),
                ],
            ))
        }
        Ok((_, Verified::Code(code))) => see_other(&with_query(target, &[("code", &code)])),
        Ok((_, Verified::OneOfTwo)) => {
            see_other(&with_fragment(target, &[("message", ONE_OF_TWO), ("sb", "")]))
        }
        Err(error) => redirect_error(target, &error),
    }
}

/// Tells the page that the browser is sent to what went wrong: in the query for servers, in the
/// fragment for scripts.
pub(super) fn redirect_error(target: &str, error: &AuthError) -> Result<Response, AuthError> {
    let public = error.public();
    if public.status.is_server_error() {
        tracing::error!(%error, "an auth request failed");
    }
    let kind = if public.status.is_server_error() { "server_error" } else { "access_denied" };
    let pairs = [
        ("error", kind),
        ("error_code", public.code),
        ("error_description", public.message.as_str()),
    ];
    let mut with_sb = pairs.to_vec();
    with_sb.push(("sb", ""));
    see_other(&with_fragment(&with_query(target, &pairs), &with_sb))
}

async fn followed(engine: &Engine, request: &AuthRequest) -> Result<(String, Verified), AuthError> {
    engine.limits.count(Counted::Flow, request)?;
    let kind = request.parameter("type").filter(|kind| !kind.is_empty());
    let kind = kind.ok_or(AuthError::Validation("Verify requires a verification type"))?;
    let link = request.parameter("token").filter(|token| !token.is_empty());
    let link = link.ok_or(AuthError::Validation("Verify requires a token or a token hash"))?;
    let proof = Proof { kind: kind.clone(), link: Some(link), address: None, code: None };
    Ok((kind, check(engine, request, &proof, true).await?))
}

/// Which tokens a type may present.
fn types(kind: &str) -> Result<&'static [TokenType], AuthError> {
    match kind {
        "signup" | "invite" => Ok(&[TokenType::Confirmation]),
        "magiclink" | "recovery" => Ok(&[TokenType::Recovery]),
        "email" => Ok(&[TokenType::Confirmation, TokenType::Recovery]),
        "email_change" => Ok(&[TokenType::EmailChangeNew, TokenType::EmailChangeCurrent]),
        "sms" | "phone_change" => Err(AuthError::PhoneDisabled),
        _ => Err(AuthError::Validation("Invalid verification type")),
    }
}

async fn check(
    engine: &Engine,
    request: &AuthRequest,
    proof: &Proof,
    in_browser: bool,
) -> Result<Verified, AuthError> {
    let types = types(&proof.kind)?;
    let presented = match (&proof.link, &proof.address, &proof.code) {
        (Some(link), _, _) => one_time_token::find_link(engine, request, link, types).await?,
        (None, Some(address), Some(code)) => {
            one_time_token::find_code(engine, request, address, code, types).await?
        }
        _ => return Err(AuthError::OtpExpired),
    };
    match presented.token_type {
        TokenType::EmailChangeNew | TokenType::EmailChangeCurrent => {
            confirm_change(engine, request, &presented, in_browser).await
        }
        _ => {
            let user = || presented.user_id.clone();
            let mut effects = Vec::new();
            if presented.purpose != Purpose::SignUp.verification() {
                effects.push(Statement::new(GIVE_UP_UNCONFIRMED).bind(user()));
            }
            effects.push(changes::confirm(&presented.user_id));
            effects.push(changes::prove_address(&presented.user_id));
            finish(engine, request, &presented, effects, in_browser).await
        }
    }
}

/// Takes the token, does what it was for, and opens a session or gives the browser its code.
async fn finish(
    engine: &Engine,
    request: &AuthRequest,
    presented: &Presented,
    effects: Vec<Statement>,
    in_browser: bool,
) -> Result<Verified, AuthError> {
    let mut statements = vec![presented.take()];
    statements.extend(effects);
    if in_browser && presented.pkce {
        let methods: &[Method] = match presented.token_type {
            TokenType::Confirmation => &[Method::EmailSignUp, Method::MagicLink, Method::Invite],
            TokenType::EmailChangeNew | TokenType::EmailChangeCurrent => &[Method::EmailChange],
            _ => &[Method::MagicLink, Method::Recovery],
        };
        let (code, give) = flow_state::code_for_mail_flow(engine, &presented.user_id, methods);
        statements.push(give);
        engine.store.write(request, statements).await?;
        return Ok(Verified::Code(code));
    }
    let login = NewLogin::new(Method::Otp)?;
    statements.extend(login.statements(engine, request, &presented.user_id, None));
    let rows = engine.store.write(request, statements).await?;
    Ok(Verified::Session(Box::new(login.finish(engine, request, &rows).await?)))
}

/// One of the links of a change of address. Until both sides have confirmed, the click is noted.
async fn confirm_change(
    engine: &Engine,
    request: &AuthRequest,
    presented: &Presented,
    in_browser: bool,
) -> Result<Verified, AuthError> {
    let user = || presented.user_id.clone();
    let find = Statement::new(with_account(PENDING_CHANGE)).bind(user());
    let rows = engine.store.read(request, vec![find]).await?;
    let row = rows.first().and_then(|rows| rows.first()).ok_or(AuthError::OtpExpired)?;
    let confirmed = row.text(1).unwrap_or("0").to_owned();
    let account = Account::from_row(row, 0)?;
    let (own_side, other_side) = match presented.token_type {
        TokenType::EmailChangeNew => (side::NEW, side::CURRENT),
        _ => (side::CURRENT, side::NEW),
    };
    // The account is locked first: two clicks at once must not both take themselves for the first.
    let mut effects = vec![
        Statement::new(LOCK_ACCOUNT).bind(user()),
        Statement::new(REQUIRE_CONFIRMED).bind(user()).bind(confirmed.clone()),
    ];
    if confirmed != other_side {
        effects.push(Statement::new(NOTE_CLICK).bind(user()).bind(own_side));
        effects.insert(0, presented.take());
        engine.store.write(request, effects).await?;
        return Ok(Verified::OneOfTwo);
    }
    effects.extend(email_change::apply(&presented.user_id));
    effects.push(changes::prove_address(&presented.user_id));
    let new = account.new_email.clone().unwrap_or_default();
    effects.extend(letter::notice(engine, MailKind::EmailChanged, &account, |variables| {
        variables.old_email = variables.email.clone();
        variables.new_email = new;
    })?);
    finish(engine, request, presented, effects, in_browser)
        .await
        .map_err(|error| error.address_taken(AuthError::EmailExists))
}
