//! PostgreSQL's tokens, as far as it takes to find where a statement ends.
//!
//! Comments and blanks are skipped. A quoted thing is one token whatever it contains.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A keyword or a name without quotes.
    Word,
    /// A string, a quoted name or a dollar-quoted text.
    Quoted,
    /// A number.
    Number,
    /// Any other single character.
    Symbol(char),
}

/// A token with its byte range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
}

/// Why a text has no further token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    String,
    QuotedName,
    DollarQuote,
    Comment,
}

/// Walks over the tokens of a text.
pub(crate) struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Lexer { text, at: 0 }
    }

    /// The next token, `None` at the end, or what was opened at an offset and never closed.
    pub(crate) fn next(&mut self) -> Result<Option<Token>, (Broken, usize)> {
        self.skip_blanks_and_comments()?;
        let start = self.at;
        let Some(first) = self.rest().chars().next() else {
            return Ok(None);
        };
        let kind = match first {
            '\'' => self.string(start, false)?,
            '"' => self.quoted_name()?,
            '$' => match dollar_tag(self.rest()) {
                Some(tag) => self.dollar_quote(tag)?,
                None => self.symbol(first),
            },
            'e' | 'E' if self.rest()[1..].starts_with('\'') => {
                self.at += 1;
                self.string(start, true)?
            }
            first if starts_word(first) => self.run(Kind::Word, continues_word),
            first if first.is_ascii_digit() => {
                self.run(Kind::Number, |next| next.is_ascii_alphanumeric() || "._".contains(next))
            }
            other => self.symbol(other),
        };
        Ok(Some(Token { kind, start, end: self.at }))
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn run(&mut self, kind: Kind, belongs: impl Fn(char) -> bool) -> Kind {
        let rest = self.rest();
        self.at += rest.find(|next| !belongs(next)).unwrap_or(rest.len());
        kind
    }

    fn symbol(&mut self, symbol: char) -> Kind {
        self.at += symbol.len_utf8();
        Kind::Symbol(symbol)
    }

    fn skip_blanks_and_comments(&mut self) -> Result<(), (Broken, usize)> {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if trimmed.starts_with("--") {
                self.at += trimmed.find('\n').unwrap_or(trimmed.len());
            } else if trimmed.starts_with("/*") {
                self.comment()?;
            } else {
                return Ok(());
            }
        }
    }

    /// Block comments nest.
    fn comment(&mut self) -> Result<(), (Broken, usize)> {
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            let rest = self.rest();
            if rest.starts_with("/*") {
                depth += 1;
                self.at += 2;
            } else if rest.starts_with("*/") {
                depth -= 1;
                self.at += 2;
                if depth == 0 {
                    return Ok(());
                }
            } else if let Some(next) = rest.chars().next() {
                self.at += next.len_utf8();
            } else {
                return Err((Broken::Comment, start));
            }
        }
    }

    /// A string from its opening quote; two quotes stand for one. With backslash escapes, a string
    /// that goes on in a later line goes on with them.
    fn string(&mut self, start: usize, escapes: bool) -> Result<Kind, (Broken, usize)> {
        self.at += 1;
        loop {
            let rest = self.rest();
            let Some(found) = rest.find(['\'', '\\']) else {
                return Err((Broken::String, start));
            };
            self.at += found;
            let rest = &rest[found..];
            if let Some(after) = rest.strip_prefix('\\') {
                let escaped = after.chars().next().filter(|_| escapes);
                self.at += 1 + escaped.map_or(0, char::len_utf8);
            } else if rest.starts_with("''") {
                self.at += 2;
            } else {
                self.at += 1;
                match continuation(self.rest()).filter(|_| escapes) {
                    Some(next_quote) => self.at += next_quote + 1,
                    None => return Ok(Kind::Quoted),
                }
            }
        }
    }

    fn quoted_name(&mut self) -> Result<Kind, (Broken, usize)> {
        let start = self.at;
        self.at += 1;
        loop {
            let rest = self.rest();
            let Some(found) = rest.find('"') else {
                return Err((Broken::QuotedName, start));
            };
            if rest[found..].starts_with("\"\"") {
                self.at += found + 2;
            } else {
                self.at += found + 1;
                return Ok(Kind::Quoted);
            }
        }
    }

    fn dollar_quote(&mut self, tag: &str) -> Result<Kind, (Broken, usize)> {
        let start = self.at;
        let body = &self.rest()[tag.len()..];
        let Some(length) = body.find(tag) else {
            return Err((Broken::DollarQuote, start));
        };
        self.at += length + 2 * tag.len();
        Ok(Kind::Quoted)
    }
}

/// `$$` or `$name$` at the start of a text. `$1` is a parameter.
fn dollar_tag(rest: &str) -> Option<&str> {
    let length = rest[1..].find('$')?;
    let name = &rest[1..=length];
    let mut characters = name.chars();
    let named = characters.next().is_none_or(starts_word)
        && characters.all(|next| starts_word(next) || next.is_ascii_digit());
    named.then(|| &rest[..length + 2])
}

/// Where a string goes on after blanks with a line end among them, as standard SQL has it.
fn continuation(rest: &str) -> Option<usize> {
    let trimmed = rest.trim_start();
    let blanks = &rest[..rest.len() - trimmed.len()];
    (blanks.contains('\n') && trimmed.starts_with('\'')).then_some(blanks.len())
}

fn starts_word(character: char) -> bool {
    character.is_ascii_alphabetic() || character == '_' || !character.is_ascii()
}

fn continues_word(character: char) -> bool {
    starts_word(character) || character.is_ascii_digit() || character == '$'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Result<Vec<&str>, (Broken, usize)> {
        let mut lexer = Lexer::new(text);
        let mut found = Vec::new();
        while let Some(token) = lexer.next()? {
            found.push(&text[token.start..token.end]);
        }
        Ok(found)
    }

    #[test]
    fn texts_become_tokens() {
        for (text, expected) in [
            ("", vec![]),
            ("select 1", vec!["select", "1"]),
            ("a -- b ' \n c", vec!["a", "c"]),
            ("a /* x /* ' */ ; */ b", vec!["a", "b"]),
            ("'it''s;'", vec!["'it''s;'"]),
            (r"'\' x", vec![r"'\'", "x"]),
            (r"E'\';' x", vec![r"E'\';'", "x"]),
            ("e'a'\n  'b\\'c' x", vec!["e'a'\n  'b\\'c'", "x"]),
            ("'a'\n'b'", vec!["'a'", "'b'"]),
            (r"re'\'", vec!["re", r"'\'"]),
            (r#""a""b;" c"#, vec![r#""a""b;""#, "c"]),
            ("$$a;$b$;$$ c", vec!["$$a;$b$;$$", "c"]),
            ("$tag$ $$;$$ $tag$;", vec!["$tag$ $$;$$ $tag$", ";"]),
            ("name$1$ x$$ $1 $2$", vec!["name$1$", "x$$", "$", "1", "$", "2", "$"]),
            ("1.5e10 a.b", vec!["1.5e10", "a", ".", "b"]),
            ("größe 'ü'", vec!["größe", "'ü'"]),
        ] {
            assert_eq!(tokens(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_never_closed_is_named_with_its_start() {
        for (text, expected) in [
            ("a 'b", (Broken::String, 2)),
            (r"E'\'", (Broken::String, 0)),
            ("a \"b", (Broken::QuotedName, 2)),
            ("x $a$ $b$", (Broken::DollarQuote, 2)),
            ("/* /* */", (Broken::Comment, 0)),
        ] {
            assert_eq!(tokens(text), Err(expected), "{text}");
        }
    }
}
