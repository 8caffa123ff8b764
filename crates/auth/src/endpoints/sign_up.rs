use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value};
use tenantry_postgres::Statement;

use crate::account::Account;
use crate::api::Engine;
use crate::flow_state::{Challenge, ChallengeFields};
use crate::letter::{About, Letter, Purpose};
use crate::limits::Counted;
use crate::login::{Method, NewLogin, Opened};
use crate::new_account::NewAccount;
use crate::request::AuthRequest;
use crate::response::{json_response, on_the_beat};
use crate::{AuthError, email};

const NOW: &str = "select to_char(now() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')";

const DROP_PASSWORD: &str = "\
update auth.users
set encrypted_password = null,
    updated_at = now()
where id = $1::uuid
and email_confirmed_at is null";

#[derive(Deserialize, Default)]
struct SignUp {
    email: Option<String>,
    phone: Option<String>,
    password: Option<String>,
    data: Option<Map<String, Value>>,
    #[serde(flatten)]
    challenge: ChallengeFields,
}

/// `POST /signup`: a new account; with a session where its address counts as confirmed and the
/// application lets it in at once, otherwise only the user. Without an address, an anonymous one.
pub(crate) async fn sign_up(
    engine: Arc<Engine>,
    request: AuthRequest,
) -> Result<Response, AuthError> {
    let body: SignUp = request.json_or_default()?;
    if engine.config.settings.disable_signup {
        return Err(AuthError::SignupDisabled);
    }
    let challenge = body.challenge.challenge()?;
    let data = body.data.unwrap_or_default();
    let address = match (&body.email, &body.phone) {
        (Some(address), _) if !address.is_empty() => email::normalize(address)?,
        (_, Some(phone)) if !phone.is_empty() => return Err(AuthError::PhoneDisabled),
        _ => return super::anonymous::sign_in(&engine, &request, data).await,
    };
    engine.limits.count(Counted::Flow, &request)?;
    let secret = body.password.as_deref().filter(|secret| !secret.is_empty());
    let secret = secret.ok_or(AuthError::Validation("Signup requires a valid password"))?;
    engine.passwords.check(secret)?;
    let new = NewAccount {
        email: Some(address.clone()),
        password_hash: Some(engine.passwords.hash(secret).await?),
        confirmed: engine.config.autoconfirm(),
        user_metadata: data,
        ..NewAccount::by_email()
    };
    if new.confirmed {
        return with_session(&engine, &request, new).await;
    }
    engine.limits.count_mail(Purpose::SignUp.mail(), &address)?;
    on_the_beat(with_mail(&engine, &request, &address, new, secret, challenge)).await
}

/// The account and, where the application lets it in at once, its first login session.
async fn with_session(
    engine: &Engine,
    request: &AuthRequest,
    new: NewAccount,
) -> Result<Response, AuthError> {
    let login = NewLogin::new(Method::Password)?;
    let mut statements = new.statements();
    statements.extend(login.statements(engine, request, &new.id, new.password_hash.as_deref()));
    let written = engine.store.write(request, statements).await;
    let rows = written.map_err(|error| error.address_taken(AuthError::UserAlreadyExists))?;
    match login.outcome(&rows)? {
        Opened::Session(account, facts) => {
            Ok(login.session(engine, request, account, facts).await?.into_response())
        }
        Opened::Refused(account, _) => Ok(json_response(StatusCode::OK, &account.into_user())),
    }
}

/// The account and the mail that asks to confirm its address. Where the address has an account,
/// that one gets the mail if it was never confirmed; nobody learns whether it was.
async fn with_mail(
    engine: &Engine,
    request: &AuthRequest,
    address: &str,
    new: NewAccount,
    secret: &str,
    challenge: Option<Challenge>,
) -> Result<Response, AuthError> {
    let own_data = Value::Object(new.user_metadata.clone());
    let known = Account::find(engine, request, address).await?;
    let (user_id, data, mut statements) = match &known {
        Some((account, _)) if account.is_confirmed() => {
            return stand_in(engine, request, address, own_data).await;
        }
        // Who signed up before may be somebody else, and so may this one: two passwords for an
        // address that nobody has confirmed are none.
        Some((account, stored)) => {
            let same = engine.passwords.verify(secret, stored.as_deref()).await?;
            let drop = Statement::new(DROP_PASSWORD).bind(account.id.clone());
            (account.id.clone(), account.data(), if same { Vec::new() } else { vec![drop] })
        }
        None => (new.id.clone(), new.user_metadata.clone(), new.statements()),
    };
    let about = About { user_id: &user_id, address, new_address: "", data: &data };
    let redirect_to = request.parameter("redirect_to");
    let pkce = challenge.is_some();
    let letter = Letter::new(engine, Purpose::SignUp, &about, redirect_to.as_deref(), pkce);
    statements.extend(letter.send(engine, &about)?);
    statements
        .extend(challenge.iter().map(|sent| sent.begin_mail_flow(&user_id, Method::EmailSignUp)));
    statements.push(Account::show(&user_id));
    let rows = match engine.store.write(request, statements).await {
        Ok(rows) => rows,
        Err(error) => match error.address_taken(AuthError::UserAlreadyExists) {
            // Somebody signed up with the address in this very moment.
            AuthError::UserAlreadyExists => {
                return stand_in(engine, request, address, own_data).await;
            }
            other => return Err(other),
        },
    };
    // What somebody else signed up with is nobody's business.
    if known.is_some() {
        return stand_in(engine, request, address, own_data).await;
    }
    let row = rows.last().and_then(|rows| rows.first());
    let account = Account::from_row(row.ok_or(AuthError::Unexpected("no account"))?, 0)?;
    Ok(json_response(StatusCode::OK, &account.into_user()))
}

/// The answer of a sign-up that did not happen.
async fn stand_in(
    engine: &Engine,
    request: &AuthRequest,
    address: &str,
    data: Value,
) -> Result<Response, AuthError> {
    let rows = engine.store.read(request, vec![Statement::new(NOW)]).await?;
    let now =
        rows.first().and_then(|rows| rows.first()).and_then(|row| row.text(0)).unwrap_or_default();
    Ok(json_response(StatusCode::OK, &Account::stand_in(address, now, data)))
}
