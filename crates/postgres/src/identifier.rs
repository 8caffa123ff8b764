//! The one place where names become part of SQL text.

/// Quotes an identifier, so that it stands for itself whatever it contains.
///
/// ```
/// assert_eq!(tenantry_postgres::quote_identifier(r#"a"b"#), r#""a""b""#);
/// ```
pub fn quote_identifier(name: &str) -> String {
    let mut quoted = String::with_capacity(name.len() + 2);
    quoted.push('"');
    for character in name.chars().filter(|character| *character != '\0') {
        if character == '"' {
            quoted.push('"');
        }
        quoted.push(character);
    }
    quoted.push('"');
    quoted
}

/// Quotes a string literal, for the few commands that take no parameters (`alter role ... password`).
///
/// ```
/// assert_eq!(tenantry_postgres::quote_literal(r"it's a \"), r" E'it''s a \\'");
/// assert_eq!(tenantry_postgres::quote_literal("plain"), "'plain'");
/// ```
pub fn quote_literal(text: &str) -> String {
    let escaped = text.replace('\0', "").replace('\'', "''");
    if escaped.contains('\\') {
        format!(" E'{}'", escaped.replace('\\', "\\\\"))
    } else {
        format!("'{escaped}'")
    }
}

/// Quotes a list of schemas as a `search_path`.
///
/// ```
/// assert_eq!(tenantry_postgres::quote_search_path(["public", "my schema"]), r#""public", "my schema""#);
/// ```
pub fn quote_search_path<'a>(schemas: impl IntoIterator<Item = &'a str>) -> String {
    schemas.into_iter().map(quote_identifier).collect::<Vec<_>>().join(", ")
}
