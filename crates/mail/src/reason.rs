//! What a server's refusal may say in the table and the log.

/// How long a reason gets, in characters.
const LONGEST_REASON: usize = 200;

/// A server may quote the mail that it refuses, code and link included: only words without digits
/// stay, and the numbers of a status.
pub(crate) fn without_secrets(text: &str) -> String {
    let words: Vec<&str> =
        text.split_whitespace().map(|word| if is_harmless(word) { word } else { "…" }).collect();
    let mut kept: Vec<&str> = Vec::new();
    for word in words {
        if word != "…" || kept.last() != Some(&"…") {
            kept.push(word);
        }
    }
    kept.join(" ").chars().take(LONGEST_REASON).collect()
}

fn is_harmless(word: &str) -> bool {
    let bare = word.trim_matches(|found: char| matches!(found, '(' | ')' | '.' | ',' | ':' | ';'));
    is_status(bare)
        || (bare.chars().count() <= 20
            && bare.chars().all(|found| found.is_alphabetic() || matches!(found, '-' | '\'')))
}

/// `550`, or `5.1.1`.
fn is_status(word: &str) -> bool {
    let numbers: Vec<&str> = word.split('.').collect();
    let digits = |number: &&str| {
        !number.is_empty() && number.len() <= 3 && number.bytes().all(|byte| byte.is_ascii_digit())
    };
    matches!(numbers.len(), 1 | 3)
        && numbers.iter().all(digits)
        && matches!(numbers[0].as_bytes(), [b'2' | b'4' | b'5', ..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_links_do_not_stay() {
        for (text, expected) in [
            ("550 5.1.1 no such user here", "550 5.1.1 no such user here"),
            ("550 <ann@example.com>: unknown", "550 … unknown"),
            ("554 spam: your code is 123456", "554 spam: your code is …"),
            ("554 5.7.1 https://a.b/verify?token=abc is blocked", "554 5.7.1 … is blocked"),
            ("451 a b0c1d2 e3f4a5 later", "451 a … later"),
            ("Connection refused (os error 111)", "Connection refused (os error …"),
            ("", ""),
        ] {
            assert_eq!(without_secrets(text), expected);
        }
        assert_eq!(without_secrets(&"word ".repeat(100)).chars().count(), LONGEST_REASON);
    }
}
