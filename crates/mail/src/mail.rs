use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tenantry_caller::{Seal, SealError};
use tenantry_postgres::Statement;
use tokio_postgres::Client;

use crate::MailKind;

const ENQUEUE: &str = "\
insert into auth.mails (kind, recipient, variables)
values ($1, $2, $3)";

/// The id follows from the occasion.
const ENQUEUE_ONCE: &str = "\
insert into auth.mails (id, kind, recipient, variables)
values (md5($1)::uuid, $2, $3, $4)
on conflict (id) do nothing";

/// One mail to one person.
#[derive(Debug, Clone)]
pub struct Mail {
    /// What it is about.
    pub kind: MailKind,
    /// The address that it goes to.
    pub recipient: String,
    /// What its template may say.
    pub variables: MailVariables,
}

/// What templates may say, by GoTrue's names. What a mail does not need stays empty.
///
/// Some of it opens accounts, so its `Debug` shows nothing.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MailVariables {
    /// `.SiteURL`: where people use the application.
    #[serde(rename = "SiteURL")]
    pub site_url: String,
    /// `.ConfirmationURL`: the link that does what the mail is about.
    #[serde(rename = "ConfirmationURL")]
    pub confirmation_url: String,
    /// `.Token`: the code to type.
    #[serde(rename = "Token")]
    pub token: String,
    /// `.TokenHash`: the link's token, for links of the template's own.
    #[serde(rename = "TokenHash")]
    pub token_hash: String,
    /// `.Email`: the account's address.
    #[serde(rename = "Email")]
    pub email: String,
    /// `.NewEmail`: the address that the account will have.
    #[serde(rename = "NewEmail")]
    pub new_email: String,
    /// `.OldEmail`: the address that the account had.
    #[serde(rename = "OldEmail")]
    pub old_email: String,
    /// `.SendingTo`: which of two addresses this mail goes to.
    #[serde(rename = "SendingTo")]
    pub sending_to: String,
    /// `.RedirectTo`: where the link leads in the end.
    #[serde(rename = "RedirectTo")]
    pub redirect_to: String,
    /// `.Provider`: who vouches for a linked identity.
    #[serde(rename = "Provider")]
    pub provider: String,
    /// `.FactorType`: what kind a second factor is of.
    #[serde(rename = "FactorType")]
    pub factor_type: String,
    /// `.Reason`: what happened, as a sentence of ours; never what somebody typed.
    #[serde(rename = "Reason")]
    pub reason: String,
    /// `.Reference`: where more is found, such as the id of a row.
    #[serde(rename = "Reference")]
    pub reference: String,
    /// `.Data`: the user's metadata.
    #[serde(rename = "Data")]
    pub data: Map<String, Value>,
}

impl fmt::Debug for MailVariables {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("MailVariables(hidden)")
    }
}

/// Why a mail cannot be enqueued.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The variables cannot be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// What PostgreSQL says.
    #[error("a mail cannot be enqueued: {0}")]
    Database(#[from] tokio_postgres::Error),
    /// The variables cannot be written as JSON.
    #[error("the variables of a mail are no JSON")]
    Json(#[from] serde_json::Error),
}

/// The statement that enqueues a mail: for the very transaction that causes it, as `tenantry_auth`.
/// The mail leaves after that transaction was committed, and never if it was not.
///
/// # Errors
/// [`MailError`], never in practice.
pub fn enqueue(mail: &Mail, seal: &Seal) -> Result<Statement, MailError> {
    let sealed = seal.seal(&serde_json::to_string(&mail.variables)?)?;
    Ok(Statement::new(ENQUEUE).bind(mail.kind.name()).bind(mail.recipient.clone()).bind(sealed))
}

/// The same for what several servers notice at once: `key` names the occasion, and one mail of it is
/// enqueued however often this is called. `client` is `tenantry_auth`.
///
/// # Errors
/// [`MailError`].
pub async fn enqueue_once(
    client: &Client,
    key: &str,
    mail: &Mail,
    seal: &Seal,
) -> Result<(), MailError> {
    let sealed = seal.seal(&serde_json::to_string(&mail.variables)?)?;
    client.execute(ENQUEUE_ONCE, &[&key, &mail.kind.name(), &mail.recipient, &sealed]).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_sealed_and_come_back() {
        let seal = Seal::new(b"a secret").unwrap();
        let mail = Mail {
            kind: MailKind::Recovery,
            recipient: "ann@example.com".into(),
            variables: MailVariables {
                token: "123456".into(),
                site_url: "https://example.com".into(),
                ..MailVariables::default()
            },
        };
        let statement = enqueue(&mail, &seal).unwrap();
        let parameter = |index: usize| {
            String::from_utf8(statement.parameters[index].clone().unwrap().to_vec()).unwrap()
        };
        assert_eq!((parameter(0), parameter(1)), ("recovery".into(), "ann@example.com".into()));
        let json = seal.open(&parameter(2)).unwrap();
        assert!(json.contains(r#""SiteURL":"https://example.com""#), "{json}");
        let opened: MailVariables = serde_json::from_str(&json).unwrap();
        assert_eq!(opened, mail.variables);
        assert!(!format!("{mail:?}").contains("123456"));
    }
}
