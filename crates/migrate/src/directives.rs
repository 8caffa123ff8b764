//! The comments in a file's first lines that say how to treat it.

/// What a file says about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Directives {
    pub version: Option<String>,
    pub identifier: Option<String>,
    pub no_transaction: bool,
    pub irreversible: Option<String>,
}

/// What is wrong with a directive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DirectiveError {
    #[error(
        "unknown directive `{0}`; known are `version 1.0.0`, `identifier ced8f3f148bb`, `no transaction` and \
         `irreversible <reason>`"
    )]
    Unknown(String),
    #[error("the directive `{0}` stands here a second time; remove one")]
    Twice(&'static str),
    #[error("a directive counts only in the first lines, before any SQL; move it to the top")]
    TooLate,
    #[error("`{0}` wants one word of at most 64 characters, such as `-- tenantry: version 1.0.0`")]
    NotOneWord(&'static str),
    #[error(
        "an identifier has 4 to 64 letters, digits, `_` or `-` and is neither `head` nor `base`, such as \
         `-- tenantry: identifier ced8f3f148bb`"
    )]
    BadIdentifier,
    #[error("say why it cannot be undone: `-- tenantry: irreversible <reason>`")]
    NoReason,
}

const MARK: &str = "tenantry:";
const LONGEST_WORD: usize = 64;

/// The directives of a file.
///
/// # Errors
/// The line (from 1) and what is wrong there.
pub(crate) fn read(text: &str) -> Result<Directives, (usize, DirectiveError)> {
    let mut directives = Directives::default();
    let mut in_header = true;
    for (index, line) in text.lines().enumerate() {
        let comment = line.strip_prefix("--").map(str::trim);
        if comment.is_none() && !line.trim().is_empty() {
            in_header = false;
        }
        let Some(directive) = comment.and_then(|comment| comment.strip_prefix(MARK)) else {
            continue;
        };
        let outcome = if in_header {
            directives.take(directive.trim())
        } else {
            Err(DirectiveError::TooLate)
        };
        outcome.map_err(|error| (index + 1, error))?;
    }
    Ok(directives)
}

impl Directives {
    fn take(&mut self, directive: &str) -> Result<(), DirectiveError> {
        let (name, rest) = directive.split_once(char::is_whitespace).unwrap_or((directive, ""));
        let rest = rest.trim();
        match name {
            "version" => set(&mut self.version, "version", one_word("version", rest)?),
            "identifier" => set(&mut self.identifier, "identifier", identifier(rest)?),
            "irreversible" if rest.is_empty() => Err(DirectiveError::NoReason),
            "irreversible" => set(&mut self.irreversible, "irreversible", rest.into()),
            "no" if rest == "transaction" => {
                let twice = std::mem::replace(&mut self.no_transaction, true);
                if twice { Err(DirectiveError::Twice("no transaction")) } else { Ok(()) }
            }
            _ => Err(DirectiveError::Unknown(directive.into())),
        }
    }
}

fn set(
    place: &mut Option<String>,
    name: &'static str,
    value: String,
) -> Result<(), DirectiveError> {
    match place.replace(value) {
        Some(_) => Err(DirectiveError::Twice(name)),
        None => Ok(()),
    }
}

fn one_word(name: &'static str, text: &str) -> Result<String, DirectiveError> {
    let fits = !text.is_empty()
        && !text.contains(char::is_whitespace)
        && text.chars().count() <= LONGEST_WORD;
    if fits { Ok(text.into()) } else { Err(DirectiveError::NotOneWord(name)) }
}

fn identifier(text: &str) -> Result<String, DirectiveError> {
    let fits = (4..=LONGEST_WORD).contains(&text.len())
        && text.chars().all(|next| next.is_ascii_alphanumeric() || "_-".contains(next))
        && !matches!(text, "head" | "base")
        && !text.starts_with('-');
    if fits { Ok(text.into()) } else { Err(DirectiveError::BadIdentifier) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read() {
        for (text, expected) in [
            ("create table t ();", Directives::default()),
            (
                "-- tenantry: version 1.0.0\n--tenantry: identifier ced8f3f148bb\n\n-- Why.\ncreate",
                Directives {
                    version: Some("1.0.0".into()),
                    identifier: Some("ced8f3f148bb".into()),
                    ..Directives::default()
                },
            ),
            (
                "-- tenantry: no transaction\r\n-- tenantry: irreversible it drops the old column\r\n",
                Directives {
                    no_transaction: true,
                    irreversible: Some("it drops the old column".into()),
                    ..Directives::default()
                },
            ),
            ("select 1; -- tenantry: nonsense", Directives::default()),
        ] {
            assert_eq!(read(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn bad_headers_are_named_with_their_line() {
        use DirectiveError::*;
        for (text, expected) in [
            ("-- tenantry: notransaction", (1, Unknown("notransaction".into()))),
            ("\n-- tenantry: no transactions", (2, Unknown("no transactions".into()))),
            ("-- tenantry: version", (1, NotOneWord("version"))),
            ("-- tenantry: version 1 2", (1, NotOneWord("version"))),
            ("-- tenantry: identifier head", (1, BadIdentifier)),
            ("-- tenantry: identifier abc", (1, BadIdentifier)),
            ("-- tenantry: irreversible", (1, NoReason)),
            ("-- tenantry: version 1\n-- tenantry: version 1", (2, Twice("version"))),
            ("select 1;\n-- tenantry: version 1", (2, TooLate)),
        ] {
            assert_eq!(read(text), Err(expected), "{text}");
        }
    }
}
