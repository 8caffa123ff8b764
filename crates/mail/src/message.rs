//! From a claimed mail and its words to the message that leaves.

use lettre::Address;
use lettre::address::Envelope;
use mail_builder::MessageBuilder;
use mail_builder::headers::{address::Address as Shown, date::Date, raw::Raw};

use crate::queue::{ClaimedMail, Failure};
use crate::templates::Written;

/// Whom mail is from.
#[derive(Debug, Clone)]
pub struct SenderAddress {
    name: Option<String>,
    address: Address,
}

/// The text is no sender's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no sender's address; write it as board@example.com or Board <board@example.com>")]
pub struct SenderAddressError;

/// A message as it leaves: for whom, and every byte of it.
pub(crate) struct Message {
    pub(crate) envelope: Envelope,
    pub(crate) bytes: Vec<u8>,
}

impl SenderAddress {
    /// Reads `board@example.com` or `Board <board@example.com>`; `name` is shown where the address
    /// has none of its own.
    ///
    /// # Errors
    /// [`SenderAddressError`].
    pub fn parse(text: &str, name: &str) -> Result<Self, SenderAddressError> {
        let text = text.trim();
        let (name, address) = match text.strip_suffix('>').and_then(|text| text.split_once('<')) {
            Some((own, address)) => (own.trim().trim_matches('"'), address),
            None => (name, text),
        };
        let address = address.parse().map_err(|_| SenderAddressError)?;
        // A header is one line.
        let name = name.replace(char::is_control, " ");
        Ok(SenderAddress { name: Some(name).filter(|name| !name.trim().is_empty()), address })
    }
}

/// Builds the message. Sent again, it has the same `Message-ID`, so that whoever gets it twice
/// after a crash can tell.
pub(crate) fn compose(
    mail: &ClaimedMail,
    written: Written,
    from: &SenderAddress,
) -> Result<Message, Failure> {
    // The type admits one address without a line break and nothing else.
    let recipient: Address = mail
        .recipient
        .parse()
        .map_err(|_| Failure::permanent("the recipient's address is none that mail can go to"))?;
    let bytes = MessageBuilder::new()
        .from(Shown::new_address(from.name.as_deref(), from.address.to_string()))
        .to(recipient.to_string())
        .subject(written.subject)
        .date(Date::new(mail.created_at))
        .message_id(format!("{}@{}", mail.id, from.address.domain()))
        // RFC 3834: no vacation responder answers it.
        .header("Auto-Submitted", Raw::new("auto-generated"))
        .text_body(written.text)
        .html_body(written.html)
        .write_to_vec()
        .map_err(|_| Failure::permanent("the mail cannot be written"))?;
    let envelope = Envelope::new(Some(from.address.clone()), vec![recipient])
        .map_err(|_| Failure::permanent("the mail has no recipient"))?;
    Ok(Message { envelope, bytes })
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
            created_at_text: "20231114T221320.000000Z".into(),
            claimed_at: Instant::now(),
        }
    }

    fn words(subject: &str) -> Written {
        Written { subject: subject.into(), text: "text\n".into(), html: "<p>html</p>\n".into() }
    }

    fn composed(recipient: &str, subject: &str, from: &str) -> Result<String, Failure> {
        let from = SenderAddress::parse(from, "Small").unwrap();
        let message = compose(&mail(recipient), words(subject), &from)?;
        Ok(String::from_utf8(message.bytes).unwrap())
    }

    #[test]
    fn a_message_says_whence_whither_and_which() {
        let message = composed("ann@example.com", "Zoë's code", "board@example.com").unwrap();
        for line in [
            "From: \"Small\" <board@example.com>\r\n",
            "To: <ann@example.com>\r\n",
            "Message-ID: <00000000-0000-0000-0000-000000000007@example.com>\r\n",
            "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "Subject: =?utf-8?",
        ] {
            assert!(message.contains(line), "{line}\n{message}");
        }
        let named = composed("ann@example.com", "x", "Board <b@example.com>").unwrap();
        assert!(named.contains("From: \"Board\" <b@example.com>\r\n"));
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
        let message = String::from_utf8(message.unwrap().bytes).unwrap();
        assert!(!message.contains("\nBcc:"), "{message}");
    }
}
