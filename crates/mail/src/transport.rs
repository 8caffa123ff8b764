//! How a message leaves: over SMTP, or into the mailbox.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use lettre::transport::smtp::{self, PoolConfig};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use url::Url;

use crate::mailbox::Mailbox;
use crate::message::Message;
use crate::queue::{ClaimedMail, Failure};
use crate::reason::without_secrets;

/// How long a server may take for one answer. Impatience sends mails twice: a server that was not
/// waited for may have taken the mail.
const LONGEST_ANSWER: Duration = Duration::from_secs(60);

/// How many connections are kept to the mail server.
const CONNECTIONS: u32 = 4;

/// Where mails go.
#[derive(Clone)]
pub enum Transport {
    /// To a mail server.
    Smtp(SmtpServer),
    /// Nowhere: they stay in the home.
    Mailbox(Mailbox),
}

/// A mail server and its pooled connections. Its `Debug` says nothing: the URL holds a password.
#[derive(Clone)]
pub struct SmtpServer(AsyncSmtpTransport<Tokio1Executor>);

/// Why the URL of a mail server cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SmtpUrlError {
    /// It is none.
    #[error(
        "this is no mail server's URL; write smtps://user:password@host:465, \
         smtp://user:password@host:587?tls=required or smtp://localhost:25"
    )]
    NoUrl,
    /// It would send the password in the clear.
    #[error(
        "the password would travel in the clear; write smtps://, or ?tls=required after smtp://"
    )]
    InTheClear,
}

impl SmtpServer {
    /// A server by its URL. No connection is made yet. Must be called within a runtime.
    ///
    /// # Errors
    /// [`SmtpUrlError`], without the URL, which holds a password.
    pub fn new(url: &str) -> Result<Self, SmtpUrlError> {
        let parsed = Url::parse(url).map_err(|_| SmtpUrlError::NoUrl)?;
        if tells_everybody(&parsed) {
            return Err(SmtpUrlError::InTheClear);
        }
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .map_err(|_| SmtpUrlError::NoUrl)?
            .timeout(Some(LONGEST_ANSWER))
            .pool_config(PoolConfig::new().max_size(CONNECTIONS));
        Ok(SmtpServer(builder.build()))
    }
}

impl fmt::Debug for SmtpServer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SmtpServer(hidden)")
    }
}

/// Whether a password would go over a network without TLS.
fn tells_everybody(url: &Url) -> bool {
    if url.scheme() != "smtp" || url.password().is_none() {
        return false;
    }
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse();
    let is_loopback = host.eq_ignore_ascii_case("localhost")
        || address.is_ok_and(|address: IpAddr| address.is_loopback());
    // The transport takes the first, too.
    let tls = url.query_pairs().find(|(name, _)| name == "tls");
    !is_loopback && tls.is_none_or(|(_, tls)| tls != "required")
}

impl Transport {
    /// Hands the message over. It was when this returns without an error.
    pub(crate) async fn send(&self, mail: &ClaimedMail, message: Message) -> Result<(), Failure> {
        match self {
            Transport::Smtp(server) => {
                match server.0.send_raw(&message.envelope, &message.bytes).await {
                    Ok(_) => Ok(()),
                    Err(error) => Err(failure(&error)),
                }
            }
            Transport::Mailbox(mailbox) => {
                let (mailbox, id) = (mailbox.clone(), mail.id);
                let time = mail.created_at_text.clone();
                let kept =
                    tokio::task::spawn_blocking(move || mailbox.keep(&time, id, &message.bytes));
                match kept.await {
                    Ok(Ok(())) => Ok(()),
                    Ok(Err(error)) => Err(Failure::temporary(format!("the mailbox: {error}"))),
                    Err(_) => Err(Failure::temporary("the mailbox could not be written")),
                }
            }
        }
    }
}

fn failure(error: &smtp::Error) -> Failure {
    let status = error.status().map(|code| code.to_string());
    Failure {
        is_permanent: error.is_permanent() && status.is_some_and(|code| is_about_the_mail(&code)),
        reason: without_secrets(&error.to_string()),
    }
}

/// `x3x` is about who we are (530, 535: log in first): the operator's to mend, so the mail waits.
fn is_about_the_mail(code: &str) -> bool {
    code.as_bytes().get(1) != Some(&b'3')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn urls_of_mail_servers() {
        for (url, expected) in [
            ("smtps://user:password@smtp.example.com", Ok(())),
            ("smtps://user:p%40ss@smtp.example.com:465", Ok(())),
            ("smtp://user:password@smtp.example.com:587?tls=required", Ok(())),
            ("smtp://localhost:25", Ok(())),
            ("smtp://user:password@127.0.0.1:25", Ok(())),
            ("smtp://relay.example.com:25", Ok(())),
            ("smtp://user:password@smtp.example.com:587", Err(SmtpUrlError::InTheClear)),
            (
                "smtp://user:password@smtp.example.com?tls=opportunistic",
                Err(SmtpUrlError::InTheClear),
            ),
            ("smtp://user:password@[::1]:25", Ok(())),
            ("SMTP://user:password@LOCALHOST", Ok(())),
            ("SMTP://user:password@smtp.example.com", Err(SmtpUrlError::InTheClear)),
            ("smtp://user:password@localhost.example.com", Err(SmtpUrlError::InTheClear)),
            ("smtp://user:password@127.example.com", Err(SmtpUrlError::InTheClear)),
            ("smtp://user:password@smtp.example.com/tls=required", Err(SmtpUrlError::InTheClear)),
            ("smtp://user:tls=required@smtp.example.com", Err(SmtpUrlError::InTheClear)),
            (
                "smtp://user:password@smtp.example.com?tls=opportunistic&tls=required",
                Err(SmtpUrlError::InTheClear),
            ),
            ("smtp.example.com", Err(SmtpUrlError::NoUrl)),
            ("https://smtp.example.com", Err(SmtpUrlError::NoUrl)),
            ("", Err(SmtpUrlError::NoUrl)),
        ] {
            assert_eq!(SmtpServer::new(url).map(drop), expected, "{url}");
        }
    }

    #[test]
    fn a_refused_login_is_no_refused_mail() {
        for (code, expected) in
            [("550", true), ("554", true), ("501", true), ("535", false), ("530", false)]
        {
            assert_eq!(is_about_the_mail(code), expected, "{code}");
        }
    }
}
