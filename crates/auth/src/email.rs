//! E-mail addresses: compared and stored in lower case.

use crate::AuthError;

/// The longest address that the tables hold.
const LONGEST_BYTES: usize = 255;

/// The address as it is stored and compared.
pub(crate) fn normalize(address: &str) -> Result<String, AuthError> {
    const INVALID: AuthError =
        AuthError::Validation("Unable to validate email address: invalid format");
    let address = address.trim().to_lowercase();
    let (local, domain) = address.split_once('@').ok_or(INVALID)?;
    let odd =
        |character: char| character.is_whitespace() || character.is_control() || character == '@';
    let bad_domain =
        domain.starts_with(['.', '-']) || domain.ends_with(['.', '-']) || domain.contains("..");
    let bad = local.is_empty() || domain.is_empty() || local.contains(odd) || domain.contains(odd);
    if bad || bad_domain || address.len() > LONGEST_BYTES || local.len() > 64 {
        return Err(INVALID);
    }
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_normalized_or_refused() {
        let long = format!("{}@example.com", "a".repeat(65));
        let table = [
            ("Ann@Example.COM", Some("ann@example.com")),
            (" ann@example.com ", Some("ann@example.com")),
            ("ann+tag@localhost", Some("ann+tag@localhost")),
            ("ann", None),
            ("@example.com", None),
            ("ann@", None),
            ("a@b@c", None),
            ("a b@c.d", None),
            ("a@.c", None),
            ("a@c..d", None),
            ("a\0@c.d", None),
            (long.as_str(), None),
        ];
        for (text, expected) in table {
            assert_eq!(normalize(text).ok().as_deref(), expected, "{text:?}");
        }
    }
}
