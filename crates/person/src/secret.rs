//! Which columns hold secrets, which not even their owner is told.

use std::collections::BTreeSet;

use tenantry_app::{Manifest, SessionColumn, TableName, UserColumn};

use crate::facts::{Column, Kind};

/// Words that make a column of text a secret wherever they stand in its name.
const SECRET_WORDS: [&str; 4] = ["password", "passwd", "secret", "salt"];

/// Words that make it one when the name ends with them.
const SECRET_ENDINGS: [&str; 6] =
    ["token", "token_hash", "key_hash", "token_new", "token_current", "otp_code"];

/// The columns that the manifest calls secret.
pub(crate) fn bound(manifest: &Manifest) -> BTreeSet<(TableName, String)> {
    let Some(identity) = &manifest.identity else { return BTreeSet::new() };
    let users = [UserColumn::PasswordHash, UserColumn::PasswordSalt]
        .into_iter()
        .filter_map(|meaning| identity.columns.get(meaning))
        .map(|column| (identity.users.value.clone(), column.to_owned()));
    let sessions = identity.sessions.iter().flat_map(|sessions| {
        [SessionColumn::TokenHash, SessionColumn::RefreshTokenHash]
            .into_iter()
            .filter_map(|meaning| sessions.columns.get(meaning))
            .map(|column| (sessions.table.value.clone(), column.to_owned()))
    });
    users.chain(sessions).collect()
}

/// Whether the column's name says that it holds a secret.
pub(crate) fn is_secret(table: &TableName, column: &Column) -> bool {
    if matches!(column.kind, Kind::Measure | Kind::Json | Kind::Jsonb) {
        return false;
    }
    // The parent of a refresh token is a token, too.
    if table.schema == "auth" && table.table == "refresh_tokens" && column.name == "parent" {
        return true;
    }
    let name = column.name.as_str();
    name.split('_').any(|word| SECRET_WORDS.contains(&word))
        || SECRET_ENDINGS.iter().any(|ending| {
            name.strip_suffix(ending).is_some_and(|rest| rest.is_empty() || rest.ends_with('_'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::column;

    #[test]
    fn names_tell_secrets() {
        let table = TableName::parse("public.things").unwrap();
        for (name, type_name, expected) in [
            ("password_hash", "text", true),
            ("encrypted_password", "text", true),
            ("password_salt", "text", true),
            ("token", "text", true),
            ("refresh_token", "text", true),
            ("email_change_token_new", "text", true),
            ("key_hash", "text", true),
            ("client_secret", "text", true),
            ("content_hash", "text", false),
            ("token_count", "integer", false),
            ("secret_level", "integer", false),
            ("monkey_hash", "text", false),
            ("email", "text", false),
        ] {
            assert_eq!(is_secret(&table, &column(name, type_name)), expected, "{name}");
        }
        let tokens = TableName::parse("auth.refresh_tokens").unwrap();
        assert!(is_secret(&tokens, &column("parent", "text")));
    }
}
