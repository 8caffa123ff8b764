//! From a claimed mail and its words to the message that leaves.

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message};

use crate::queue::{ClaimedMail, Failure};
use crate::templates::Written;

/// Whom mail is from.
#[derive(Clone)]
pub struct SenderAddress(Mailbox);

/// The text is no sender's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no sender's address; write it as board@example.com or Board <board@example.com>")]
pub struct SenderAddressError;

impl SenderAddress {
    /// Reads `board@example.com` or `Board <board@example.com>`; `name` is shown where the address
    /// has none of its own.
    ///
    /// # Errors
    /// [`SenderAddressError`].
    pub fn parse(text: &str, name: &str) -> Result<Self, SenderAddressError> {
        let mut mailbox: Mailbox = text.parse().map_err(|_| SenderAddressError)?;
        // A header is one line.
        let name = mailbox.name.as_deref().unwrap_or(name).replace(char::is_control, " ");
        mailbox.name = Some(name).filter(|name| !name.trim().is_empty());
        Ok(SenderAddress(mailbox))
    }
}

impl fmt::Debug for SenderAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SenderAddress({})", self.0)
    }
}

/// Builds the message. Sent again, it has the same `Message-ID`, so that whoever gets it twice
/// after a crash can tell.
pub(crate) fn compose(
    mail: &ClaimedMail,
    written: Written,
    from: &SenderAddress,
) -> Result<Message, Failure> {
    let address: Address = mail
        .recipient
        .parse()
        .map_err(|_| Failure::permanent("the recipient's address is none that mail can go to"))?;
    Message::builder()
        .from(from.0.clone())
        .to(Mailbox::new(None, address))
        .subject(written.subject)
        .date(UNIX_EPOCH + Duration::from_secs(mail.created_at))
        .message_id(Some(format!("<{}@{}>", mail.id, from.0.email.domain())))
        // RFC 3834: no vacation responder answers it.
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".into(),
        ))
        .multipart(MultiPart::alternative_plain_html(written.text, written.html))
        .map_err(|_| Failure::permanent("the mail's headers cannot be written"))
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use uuid::Uuid;

    use super::*;
    use crate::MailKind;

    fn mail(recipient: &str) -> ClaimedMail {
        ClaimedMail {
            id: Uuid::from_u128(7),
            kind: Some(MailKind::Recovery),
            recipient: recipient.into(),
            variables: String::new(),
            attempts: 1,
            created_at: 1_700_000_000,
            created_at_text: "20231114T221320Z".into(),
            claimed_at: Instant::now(),
        }
    }

    fn words(subject: &str) -> Written {
        Written { subject: subject.into(), text: "text\n".into(), html: "<p>html</p>\n".into() }
    }

    fn composed(recipient: &str, subject: &str, from: &str) -> Result<String, Failure> {
        let from = SenderAddress::parse(from, "Small").unwrap();
        let message = compose(&mail(recipient), words(subject), &from)?;
        Ok(String::from_utf8(message.formatted()).unwrap())
    }

    #[test]
    fn a_message_says_whence_whither_and_which() {
        let message = composed("ann@example.com", "Zoë's code", "board@example.com").unwrap();
        for line in [
            "From: Small <board@example.com>\r\n",
            "To: ann@example.com\r\n",
            "Message-ID: <00000000-0000-0000-0000-000000000007@example.com>\r\n",
            "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "Subject: =?utf-8?b?",
        ] {
            assert!(message.contains(line), "{line}\n{message}");
        }
        let named = composed("ann@example.com", "x", "Board <b@example.com>").unwrap();
        assert!(named.contains("From: Board <b@example.com>\r\n"));
    }

    #[test]
    fn nobody_writes_headers() {
        for recipient in [
            "ann@example.com\r\nBcc: eve@example.com",
            "ann@example.com\nBcc: eve@example.com",
            "ann@example.com, eve@example.com",
            "Ann <ann@example.com>",
            "\"a\r\nb\"@example.com",
            "ann@example.com>\r\nRCPT TO:<eve@example.com",
            "ann",
            "",
        ] {
            let found = composed(recipient, "x", "b@example.com");
            assert!(found.is_err_and(|failure| failure.is_permanent), "{recipient:?}");
        }
        for from in ["", "nobody", "a@example.com\r\nBcc: eve@example.com", "a@b, c@d"] {
            assert_eq!(
                SenderAddress::parse(from, "").map(drop),
                Err(SenderAddressError),
                "{from:?}"
            );
        }
        let named = SenderAddress::parse("b@example.com", "A\r\nBcc: eve@example.com").unwrap();
        let message = compose(&mail("ann@example.com"), words("x\r\nBcc: eve@example.com"), &named);
        let message = String::from_utf8(message.unwrap().formatted()).unwrap();
        assert!(!message.contains("\nBcc:"), "{message}");
    }
}
