//! Rows as comma-separated values.

use tenantry_postgres::Rows;

/// The names of the columns, then a line per row, each as PostgreSQL writes a row but for its
/// brackets ("Composite Type Output Syntax"): null is nothing, and what could be misread is quoted.
/// Without rows there are no names either.
pub(super) fn write(page: &Rows) -> Vec<u8> {
    let mut text = Vec::with_capacity(page.rows.len() * 32);
    if !page.rows.is_empty() {
        text.extend_from_slice(page.columns.join(",").as_bytes());
    }
    text.push(b'\n');
    for (place, row) in page.rows.iter().enumerate() {
        if place > 0 {
            text.push(b'\n');
        }
        for (column, value) in row.values().enumerate() {
            if column > 0 {
                text.push(b',');
            }
            if let Some(value) = value {
                push_value(&mut text, value);
            }
        }
    }
    text
}

fn push_value(text: &mut Vec<u8>, value: &[u8]) {
    let is_special =
        |byte: &u8| matches!(byte, b'"' | b'\\' | b'(' | b')' | b',' | b' ' | b'\t'..=b'\r');
    if !value.is_empty() && !value.iter().any(is_special) {
        text.extend_from_slice(value);
        return;
    }
    text.push(b'"');
    for byte in value {
        if matches!(byte, b'"' | b'\\') {
            text.push(*byte);
        }
        text.push(*byte);
    }
    text.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_as_in_rows() {
        for (value, expected) in [
            ("", r#""""#),
            ("plain", "plain"),
            ("a b", r#""a b""#),
            ("a,b", r#""a,b""#),
            ("(a)", r#""(a)""#),
            (r#"say "x""#, r#""say ""x""""#),
            (r"a\b", r#""a\\b""#),
            ("a\nb", "\"a\nb\""),
            ("\u{b}", "\"\u{b}\""),
            ("é;'|", "é;'|"),
        ] {
            let mut text = Vec::new();
            push_value(&mut text, value.as_bytes());
            assert_eq!(String::from_utf8(text).unwrap(), expected, "{value}");
        }
    }
}
