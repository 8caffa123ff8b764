//! Statements that a file may not contain, because the runner does that work itself.

use crate::lexer::{Kind, Lexer};

/// Why a statement is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error(
        "the runner begins and ends transactions itself; remove this statement (a file whose statements may not \
         share a transaction says `-- tenantry: no transaction` in its first lines)"
    )]
    TransactionControl,
    #[error("there is no input to copy from; write `insert` with the rows instead")]
    CopyFromStdin,
}

/// What speaks against a statement, if anything does. Savepoints may be used.
pub(crate) fn refused(statement: &str) -> Option<Refused> {
    let words = words(statement);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["rollback", rest @ ..] if rest.contains(&"to") => None,
        ["prepare", "transaction", ..] => Some(Refused::TransactionControl),
        ["begin" | "commit" | "rollback" | "abort" | "end", ..] | ["start", "transaction", ..] => {
            Some(Refused::TransactionControl)
        }
        ["copy", rest @ ..] if rest.windows(2).any(|pair| pair == ["from", "stdin"]) => {
            Some(Refused::CopyFromStdin)
        }
        _ => None,
    }
}

/// The words of a statement in lower case; quoted things and symbols are left out.
pub(crate) fn words(statement: &str) -> Vec<String> {
    let mut lexer = Lexer::new(statement);
    let mut words = Vec::new();
    while let Ok(Some(token)) = lexer.next() {
        if token.kind == Kind::Word {
            words.push(statement[token.start..token.end].to_ascii_lowercase());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_statements_are_refused() {
        let control = Some(Refused::TransactionControl);
        for (statement, expected) in [
            ("BEGIN", control),
            ("start transaction isolation level serializable", control),
            ("commit", control),
            ("end work", control),
            ("rollback", control),
            ("prepare transaction 'x'", control),
            ("rollback to savepoint a", None),
            ("savepoint a", None),
            ("prepare get as select 1", None),
            ("copy t (a, b) from stdin with (format csv)", Some(Refused::CopyFromStdin)),
            ("copy t from '/dev/null'", None),
            ("select 'commit'", None),
        ] {
            assert_eq!(refused(statement), expected, "{statement}");
        }
    }
}
