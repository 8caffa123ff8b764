//! How long somebody is shut out, as the administrators' API writes it.

use crate::AuthError;

/// How long somebody is shut out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ban {
    /// Not at all, or no longer.
    None,
    /// From now on, in seconds.
    Seconds(f64),
}

impl Ban {
    /// `none`, or a duration as Go writes it: `24h`, `1h30m`, `2.5s`.
    pub(crate) fn parse(text: &str) -> Result<Ban, AuthError> {
        const INVALID: AuthError = AuthError::Validation("invalid format for ban duration");
        /// PostgreSQL's times end before a longer one does.
        const LONGEST_SECONDS: f64 = 1000.0 * 366.0 * 86_400.0;
        if text == "none" {
            return Ok(Ban::None);
        }
        let mut rest = text;
        let mut seconds = 0.0;
        while !rest.is_empty() {
            let digits =
                rest.find(|next: char| !next.is_ascii_digit() && next != '.').ok_or(INVALID)?;
            let number: f64 = rest[..digits].parse().map_err(|_| INVALID)?;
            rest = &rest[digits..];
            let unit =
                rest.find(|next: char| next.is_ascii_digit() || next == '.').unwrap_or(rest.len());
            seconds += number
                * match &rest[..unit] {
                    "h" => 3600.0,
                    "m" => 60.0,
                    "s" => 1.0,
                    "ms" => 0.001,
                    "us" | "µs" => 0.000_001,
                    "ns" => 0.000_000_001,
                    _ => return Err(INVALID),
                };
            rest = &rest[unit..];
        }
        if text.is_empty() || seconds > LONGEST_SECONDS {
            Err(INVALID)
        } else {
            Ok(Ban::Seconds(seconds))
        }
    }

    /// As a parameter: no ban is a negative one.
    pub(crate) fn seconds(&self) -> String {
        match self {
            Ban::None => "-1".into(),
            Ban::Seconds(seconds) => seconds.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_writes_them() {
        let table = [
            ("none", Some(Ban::None)),
            ("24h", Some(Ban::Seconds(86_400.0))),
            ("1h30m", Some(Ban::Seconds(5400.0))),
            ("2.5s", Some(Ban::Seconds(2.5))),
            ("876000h", Some(Ban::Seconds(3_153_600_000.0))),
            ("24", None),
            ("h", None),
            ("1d", None),
            ("", None),
            ("-1h", None),
            ("99999999999h", None),
        ];
        for (text, expected) in table {
            assert_eq!(Ban::parse(text).ok(), expected, "{text}");
        }
    }
}
