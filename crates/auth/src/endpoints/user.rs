use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value};
use tenantry_mail::MailKind;
use tenantry_postgres::Statement;

use crate::account::Account;
use crate::api::Engine;
use crate::flow_state::{Challenge, ChallengeFields};
use crate::letter::{self, About, Letter, Purpose};
use crate::limits::Counted;
use crate::login::Method;
use crate::one_time_token::{self, TokenType};
use crate::request::AuthRequest;
use crate::response::json_response;
use crate::signed_in::SignedIn;
use crate::{AuthError, changes, email, email_change};

const SET_PASSWORD: &str = "\
update auth.users
set encrypted_password = $2::text,
    updated_at = now()
where id = $1::uuid";

const END_OTHERS: &str = "\
delete from auth.sessions where user_id = $1::uuid and id is distinct from $2::uuid";

/// Keys that are null are taken away, all others are set.
const MERGE_DATA: &str = "\
update auth.users
set raw_user_meta_data = (
        select coalesce(jsonb_object_agg(entry.key, entry.value), '{}')
        from jsonb_each(coalesce(raw_user_meta_data, '{}') || $2::jsonb) as entry
        where entry.value <> 'null'
        or not $2::jsonb ? entry.key
    ),
    updated_at = now()
where id = $1::uuid";

/// `GET /user`: whom the bearer token names, while the login session lives.
pub(crate) async fn show_user(
    engine: Arc<Engine>,
    request: AuthRequest,
) -> Result<Response, AuthError> {
    let person = SignedIn::read(&engine, &request).await?;
    Ok(json_response(StatusCode::OK, &person.account.into_user()))
}

#[derive(Deserialize)]
struct Change {
    email: Option<String>,
    phone: Option<String>,
    password: Option<String>,
    current_password: Option<String>,
    nonce: Option<String>,
    data: Option<Map<String, Value>>,
    #[serde(flatten)]
    challenge: ChallengeFields,
}

/// `PUT /user`: a new password (which ends the other login sessions), other user metadata, a new
/// address (once it is confirmed).
pub(crate) async fn change_user(
    engine: Arc<Engine>,
    request: AuthRequest,
) -> Result<Response, AuthError> {
    engine.limits.count(Counted::Flow, &request)?;
    let person = SignedIn::read(&engine, &request).await?;
    let body: Change = request.json()?;
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let phone = given(body.phone);
    if phone.is_some() && phone != person.account.phone {
        return Err(AuthError::PhoneDisabled);
    }
    let challenge = body.challenge.challenge()?;
    let secret = given(body.password);
    let address = given(body.email).map(|address| email::normalize(&address)).transpose()?;
    let address = address.filter(|address| address != person.account.address());
    let opens_account = secret.is_some() || address.is_some();
    // Otherwise a mailbox alone would be enough to get around the second factor for good.
    if opens_account {
        person.require_second_factor()?;
    }
    if secret.is_some() && person.account.is_anonymous && address.is_none() {
        return Err(AuthError::AnonymousPassword);
    }
    let mut statements = Vec::new();
    if let Some(secret) = secret {
        let proof =
            PasswordProof { current: given(body.current_password), nonce: given(body.nonce) };
        statements.extend(new_password(&engine, &request, &person, &secret, proof).await?);
    }
    if let Some(data) = body.data {
        let data = Value::Object(data).to_string();
        statements.push(Statement::new(MERGE_DATA).bind(person.account.id.clone()).bind(data));
    }
    if let Some(address) = address {
        statements.extend(new_address(&engine, &request, &person, &address, challenge).await?);
    }
    statements.push(person.show());
    let rows = engine
        .store
        .write(&request, statements)
        .await
        .map_err(|error| error.address_taken(AuthError::EmailExists))?;
    let row = rows.last().and_then(|rows| rows.first()).ok_or(AuthError::SubjectNotFound)?;
    Ok(json_response(StatusCode::OK, &Account::from_row(row, 0)?.into_user()))
}

/// What may be asked for before a password changes.
struct PasswordProof {
    current: Option<String>,
    /// The code that was mailed on request.
    nonce: Option<String>,
}

async fn new_password(
    engine: &Engine,
    request: &AuthRequest,
    person: &SignedIn,
    secret: &str,
    proof: PasswordProof,
) -> Result<Vec<Statement>, AuthError> {
    engine.passwords.check(secret)?;
    let stored = person.password_hash.as_deref();
    if let Some(current) = &proof.current {
        person.check_password(engine, request, current).await?;
    }
    let mut statements = Vec::new();
    let needs_code = engine.config.settings.reauthenticate_for_password && person.is_old;
    match &proof.nonce {
        Some(nonce) => {
            let types = [TokenType::Reauthentication];
            let address = person.account.address();
            let found = one_time_token::find_code(engine, request, address, nonce, &types).await;
            statements.push(found.map_err(|_| AuthError::ReauthenticationNotValid)?.take());
        }
        None if needs_code => return Err(AuthError::ReauthenticationNeeded),
        None => {}
    }
    if stored.is_some() && engine.passwords.verify(secret, stored).await? {
        return Err(AuthError::SamePassword);
    }
    let hash = engine.passwords.hash(secret).await?;
    let user = || person.account.id.clone();
    statements.push(Statement::new(SET_PASSWORD).bind(user()).bind(hash));
    statements.push(changes::forget_pending(&person.account.id));
    statements.push(Statement::new(END_OTHERS).bind(user()).bind_option(person.session_id.clone()));
    statements.extend(letter::notice(engine, MailKind::PasswordChanged, &person.account, |_| {})?);
    Ok(statements)
}

/// Mails to the new address and, where the operator wants it so, to the old one. Without
/// confirmation by mail the address changes at once.
async fn new_address(
    engine: &Engine,
    request: &AuthRequest,
    person: &SignedIn,
    address: &str,
    challenge: Option<Challenge>,
) -> Result<Vec<Statement>, AuthError> {
    let account = &person.account;
    if Account::find(engine, request, address).await?.is_some() {
        return Err(AuthError::EmailExists);
    }
    let mut statements = vec![email_change::begin(engine, account, address)];
    if engine.config.autoconfirm() {
        statements.extend(email_change::apply(&account.id));
        let changed = letter::notice(engine, MailKind::EmailChanged, account, |variables| {
            variables.old_email = variables.email.clone();
            variables.new_email = address.to_owned();
        })?;
        statements.extend(changed);
        return Ok(statements);
    }
    engine.limits.count_mail(Purpose::EmailChangeNew.mail(), address)?;
    let data = account.data();
    let about = About {
        user_id: &account.id,
        address: account.address(),
        new_address: address,
        data: &data,
    };
    let current = email_change::asks_both(engine, account).then_some(Purpose::EmailChangeCurrent);
    let redirect_to = request.parameter("redirect_to");
    for purpose in current.into_iter().chain([Purpose::EmailChangeNew]) {
        let pkce = challenge.is_some();
        let letter = Letter::new(engine, purpose, &about, redirect_to.as_deref(), pkce);
        statements.extend(letter.send(engine, &about)?);
    }
    statements.extend(
        challenge.iter().map(|sent| sent.begin_mail_flow(&account.id, Method::EmailChange)),
    );
    Ok(statements)
}
