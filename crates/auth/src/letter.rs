//! Mails that carry a one-time token, and notices: from what happened to the statements of the
//! transaction in which it happens.

use serde_json::{Map, Value};
use tenantry_mail::{Mail, MailKind, MailVariables, enqueue};
use tenantry_postgres::Statement;

use crate::AuthError;
use crate::account::Account;
use crate::api::Engine;
use crate::one_time_token::{OneTimeToken, TokenType};
use crate::redirect;
use crate::response::query_encode;

/// The confirmation that a link asks for: `type` in its URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    SignUp,
    /// A code or link for somebody who never confirmed the address: it confirms it, but not what
    /// somebody else may have signed up with.
    FirstSignIn,
    Invite,
    MagicLink,
    Recovery,
    /// To the address that the account has.
    EmailChangeCurrent,
    /// To the address that it will have.
    EmailChangeNew,
    Reauthentication,
}

impl Purpose {
    /// The type in links and in requests to confirm.
    pub(crate) fn verification(self) -> &'static str {
        match self {
            Purpose::SignUp | Purpose::FirstSignIn => "signup",
            Purpose::Invite => "invite",
            Purpose::MagicLink => "magiclink",
            Purpose::Recovery => "recovery",
            Purpose::EmailChangeCurrent | Purpose::EmailChangeNew => "email_change",
            Purpose::Reauthentication => "reauthentication",
        }
    }

    /// What the token is kept with.
    fn name(self) -> &'static str {
        match self {
            Purpose::FirstSignIn => "first sign-in",
            other => other.verification(),
        }
    }

    /// The kind of the mail.
    pub(crate) fn mail(self) -> MailKind {
        match self {
            Purpose::SignUp | Purpose::FirstSignIn => MailKind::Confirmation,
            Purpose::Invite => MailKind::Invite,
            Purpose::MagicLink => MailKind::MagicLink,
            Purpose::Recovery => MailKind::Recovery,
            Purpose::EmailChangeCurrent | Purpose::EmailChangeNew => MailKind::EmailChange,
            Purpose::Reauthentication => MailKind::Reauthentication,
        }
    }

    /// The type of its token.
    pub(crate) fn token(self) -> TokenType {
        match self {
            Purpose::SignUp | Purpose::FirstSignIn | Purpose::Invite => TokenType::Confirmation,
            Purpose::MagicLink | Purpose::Recovery => TokenType::Recovery,
            Purpose::EmailChangeCurrent => TokenType::EmailChangeCurrent,
            Purpose::EmailChangeNew => TokenType::EmailChangeNew,
            Purpose::Reauthentication => TokenType::Reauthentication,
        }
    }

    /// Notes when it was sent. `$1` is the account.
    fn note(self) -> &'static str {
        match self {
            Purpose::SignUp | Purpose::FirstSignIn => {
                "update auth.users set confirmation_sent_at = now() where id = $1::uuid"
            }
            Purpose::Invite => {
                "update auth.users set invited_at = now(), confirmation_sent_at = now() where id = $1::uuid"
            }
            Purpose::MagicLink | Purpose::Recovery => {
                "update auth.users set recovery_sent_at = now() where id = $1::uuid"
            }
            Purpose::EmailChangeCurrent | Purpose::EmailChangeNew => {
                "update auth.users set email_change_sent_at = now() where id = $1::uuid"
            }
            Purpose::Reauthentication => {
                "update auth.users set reauthentication_sent_at = now() where id = $1::uuid"
            }
        }
    }
}

/// The person that a letter is about.
pub(crate) struct About<'a> {
    pub user_id: &'a str,
    /// The account's address.
    pub address: &'a str,
    /// The address that it will have, in a change.
    pub new_address: &'a str,
    pub data: &'a Map<String, Value>,
}

impl<'a> About<'a> {
    /// The person of an account.
    pub(crate) fn account(account: &'a Account, data: &'a Map<String, Value>) -> About<'a> {
        About {
            user_id: &account.id,
            address: account.address(),
            new_address: account.new_email.as_deref().unwrap_or_default(),
            data,
        }
    }
}

/// A letter with a new token.
pub(crate) struct Letter {
    pub token: OneTimeToken,
    /// What the link leads to: the confirmation, and from there on.
    pub link: String,
    /// Where the link leads in the end.
    pub redirect_to: String,
    purpose: Purpose,
    recipient: String,
}

impl Letter {
    /// Writes it. `redirect_to` is what the client asked for; `pkce`: whether a browser waits for
    /// a code.
    pub(crate) fn new(
        engine: &Engine,
        purpose: Purpose,
        about: &About<'_>,
        redirect_to: Option<&str>,
        pkce: bool,
    ) -> Letter {
        let recipient = match purpose {
            Purpose::EmailChangeNew => about.new_address,
            _ => about.address,
        };
        let token = OneTimeToken::new(engine, recipient, pkce);
        let redirect_to = redirect::target(&engine.config, redirect_to).to_owned();
        let link = format!(
            "{}/verify?token={}&type={}&redirect_to={}",
            engine.config.issuer,
            token.link,
            purpose.verification(),
            query_encode(&redirect_to)
        );
        Letter { token, link, redirect_to, purpose, recipient: recipient.to_owned() }
    }

    /// The statements that store the token and note when it was made.
    pub(crate) fn store(&self, engine: &Engine, about: &About<'_>) -> Vec<Statement> {
        vec![
            self.token.put(engine, about.user_id, self.purpose.token(), self.purpose.name()),
            Statement::new(self.purpose.note()).bind(about.user_id.to_owned()),
        ]
    }

    /// The same, and the one that enqueues the mail.
    pub(crate) fn send(
        &self,
        engine: &Engine,
        about: &About<'_>,
    ) -> Result<Vec<Statement>, AuthError> {
        let variables = MailVariables {
            site_url: engine.config.site_url.clone(),
            confirmation_url: self.link.clone(),
            token: self.token.code.clone(),
            token_hash: self.token.link.clone(),
            email: about.address.to_owned(),
            new_email: about.new_address.to_owned(),
            sending_to: self.recipient.clone(),
            redirect_to: self.redirect_to.clone(),
            data: about.data.clone(),
            ..MailVariables::default()
        };
        let mail = Mail { kind: self.purpose.mail(), recipient: self.recipient.clone(), variables };
        let mut statements = self.store(engine, about);
        statements.push(statement(engine, &mail)?);
        Ok(statements)
    }
}

/// The statement that tells somebody what happened to their account; none for one without an
/// address.
pub(crate) fn notice(
    engine: &Engine,
    kind: MailKind,
    account: &Account,
    fill: impl FnOnce(&mut MailVariables),
) -> Result<Option<Statement>, AuthError> {
    if account.address().is_empty() {
        return Ok(None);
    }
    let mut variables = MailVariables {
        site_url: engine.config.site_url.clone(),
        email: account.address().to_owned(),
        ..MailVariables::default()
    };
    fill(&mut variables);
    let mail = Mail { kind, recipient: account.address().to_owned(), variables };
    statement(engine, &mail).map(Some)
}

fn statement(engine: &Engine, mail: &Mail) -> Result<Statement, AuthError> {
    enqueue(mail, &engine.seal).map_err(|_| AuthError::Unexpected("a mail cannot be enqueued"))
}
