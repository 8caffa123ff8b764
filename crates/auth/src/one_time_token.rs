//! Codes and links that are mailed: made, stored as marks, found again and taken, each once.
//!
//! The link's token follows from address and code through a key that is not in the database, so both
//! open the same door; nobody can tell the token from the address, nor anything from the mark of it
//! that the database holds.

use rand::Rng;
use tenantry_postgres::{Row, Statement};

use crate::AuthError;
use crate::api::Engine;
use crate::request::AuthRequest;

const PUT: &str = include_str!("../sql/put_one_time_token.sql");
const FIND_BY_LINK: &str = include_str!("../sql/find_token_by_link.sql");
const FIND_BY_CODE: &str = include_str!("../sql/find_token_by_code.sql");
const TAKE: &str = include_str!("../sql/take_one_time_token.sql");

/// Links of PKCE flows begin with it: they end in a code that only the browser that began can trade.
const PKCE_PREFIX: &str = "pkce_";

/// The purpose of the marks, which keeps them apart from others.
const MARK: &str = "one-time token";

/// What a token is for; the names are the database's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenType {
    Confirmation,
    Recovery,
    EmailChangeNew,
    EmailChangeCurrent,
    Reauthentication,
}

impl TokenType {
    const ALL: [TokenType; 5] = [
        TokenType::Confirmation,
        TokenType::Recovery,
        TokenType::EmailChangeNew,
        TokenType::EmailChangeCurrent,
        TokenType::Reauthentication,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            TokenType::Confirmation => "confirmation_token",
            TokenType::Recovery => "recovery_token",
            TokenType::EmailChangeNew => "email_change_token_new",
            TokenType::EmailChangeCurrent => "email_change_token_current",
            TokenType::Reauthentication => "reauthentication_token",
        }
    }
}

/// A new token, in the clear: it goes into one mail and nowhere else.
pub(crate) struct OneTimeToken {
    /// The digits to type.
    pub code: String,
    /// The link's token.
    pub link: String,
    address: String,
}

impl OneTimeToken {
    /// A token for an address.
    pub(crate) fn new(engine: &Engine, address: &str, pkce: bool) -> OneTimeToken {
        let digits = engine.config.settings.otp_digits.clamp(6, 10);
        let number = rand::rng().random_range(0..10_u64.pow(digits));
        let code = format!("{number:0width$}", width = digits as usize);
        let hash = link_of(engine, address, &code);
        let link = if pkce { format!("{PKCE_PREFIX}{hash}") } else { hash };
        OneTimeToken { code, link, address: address.to_owned() }
    }

    /// The statement that stores it; an older one of the same type no longer works.
    pub(crate) fn put(
        &self,
        engine: &Engine,
        user_id: &str,
        token_type: TokenType,
        purpose: &'static str,
    ) -> Statement {
        Statement::new(PUT)
            .bind(user_id.to_owned())
            .bind(token_type.name())
            .bind(engine.seal.mark(MARK, &self.link))
            .bind(self.address.clone())
            .bind(purpose)
    }
}

/// A token that somebody presented, found in the database and not yet taken.
pub(crate) struct Presented {
    pub user_id: String,
    pub token_type: TokenType,
    /// What the mail was about.
    pub purpose: String,
    /// Whether it ends in a code for the browser that began.
    pub pkce: bool,
    /// The token as it was presented, for the case of reading the row again.
    id: String,
    mark: String,
}

impl Presented {
    /// The statement that takes it; a second one finds nothing to take and undoes everything.
    pub(crate) fn take(&self) -> Statement {
        Statement::new(TAKE).bind(self.id.clone()).bind(self.mark.clone())
    }

    fn from_row(row: &Row, pkce: bool) -> Option<Presented> {
        let token_type =
            TokenType::ALL.into_iter().find(|known| Some(known.name()) == row.text(2))?;
        Some(Presented {
            id: row.text(0)?.to_owned(),
            user_id: row.text(1)?.to_owned(),
            token_type,
            mark: row.text(3)?.to_owned(),
            purpose: row.text(4)?.to_owned(),
            pkce,
        })
    }
}

/// Finds the token of a link, if it is of one of these types and not too old.
///
/// # Errors
/// [`AuthError::OtpExpired`], whatever is wrong with it.
pub(crate) async fn find_link(
    engine: &Engine,
    request: &AuthRequest,
    link: &str,
    types: &[TokenType],
) -> Result<Presented, AuthError> {
    let find = Statement::new(FIND_BY_LINK)
        .bind(engine.seal.mark(MARK, link))
        .bind(array(types))
        .bind(engine.config.settings.otp_seconds.to_string());
    let rows = engine.store.read(request, vec![find]).await?;
    let row = rows.first().and_then(|rows| rows.first()).ok_or(AuthError::OtpExpired)?;
    Presented::from_row(row, link.starts_with(PKCE_PREFIX)).ok_or(AuthError::OtpExpired)
}

/// Finds the token of a code that was mailed to an address. Wrong codes are counted; the fifth
/// takes the token away.
///
/// # Errors
/// [`AuthError::OtpExpired`], whatever is wrong with it.
pub(crate) async fn find_code(
    engine: &Engine,
    request: &AuthRequest,
    address: &str,
    code: &str,
    types: &[TokenType],
) -> Result<Presented, AuthError> {
    let hash = link_of(engine, address, code);
    let plain = engine.seal.mark(MARK, &hash);
    let pkce = engine.seal.mark(MARK, &format!("{PKCE_PREFIX}{hash}"));
    let find = Statement::new(FIND_BY_CODE)
        .bind(address.to_owned())
        .bind(array(types))
        .bind(engine.config.settings.otp_seconds.to_string())
        .bind(plain.clone())
        .bind(pkce.clone());
    // A write: wrong codes are counted.
    let rows = engine.store.write(request, vec![find]).await?;
    let row = rows.first().and_then(|rows| rows.first()).ok_or(AuthError::OtpExpired)?;
    // The code was typed where the session is wanted: no browser to go back to.
    Presented::from_row(row, false).ok_or(AuthError::OtpExpired)
}

fn link_of(engine: &Engine, address: &str, code: &str) -> String {
    engine.seal.mark("one-time link", &format!("{address} {code}"))
}

fn array(types: &[TokenType]) -> String {
    let names: Vec<&str> = types.iter().map(|known| known.name()).collect();
    format!("{{{}}}", names.join(","))
}
