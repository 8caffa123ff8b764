//! Which value of an account a column of the users table holds, as SQL.

use tenantry_app::{CatalogFacts, ColumnFacts, Identity, UserColumn};
use tenantry_postgres::{quote_identifier, quote_literal};

use super::function::quote_table;

/// A ban that lasts longer than this has no end: the account is inactive. A shorter one stays
/// with the account, because nobody would switch the application's column back when it ends.
const WITHOUT_END: &str = "interval '50 years'";

/// How an account without an end to its ban is written: a time that every client can parse.
pub(super) const BANNED_FOREVER: &str = "timestamptz '9999-12-31 00:00:00+00'";

/// What stands in a column that must hold a password and has none. No password matches it.
pub(super) const NO_PASSWORD: &str = "'!'";

/// The application's users table, ready to be written about.
pub(super) struct UsersTable<'a> {
    pub identity: &'a Identity,
    facts: &'a CatalogFacts,
    /// The table's name, quoted.
    pub name: String,
}

impl<'a> UsersTable<'a> {
    pub(super) fn new(identity: &'a Identity, facts: &'a CatalogFacts) -> Self {
        UsersTable { identity, facts, name: quote_table(&identity.users.value) }
    }

    /// The column's name, quoted, where one is bound.
    pub(super) fn column(&self, meaning: UserColumn) -> Option<String> {
        self.identity.columns.get(meaning).map(quote_identifier)
    }

    /// The key's name, quoted.
    pub(super) fn key(&self) -> String {
        self.column(UserColumn::Id).expect("a validated manifest binds the users' id")
    }

    /// The facts of a bound column.
    pub(super) fn facts(&self, meaning: UserColumn) -> Option<&ColumnFacts> {
        let column = self.identity.columns.get(meaning)?;
        self.facts.column(&self.identity.users.value, column)
    }

    /// The facts of any column of any bound table.
    pub(super) fn type_of(&self, table: &tenantry_app::TableName, column: &str) -> String {
        self.facts.column(table, column).map_or("text".into(), |facts| facts.type_name.clone())
    }

    /// The key's type.
    pub(super) fn key_type(&self) -> &str {
        self.facts(UserColumn::Id).map_or("text", |facts| facts.type_name.as_str())
    }

    /// An account's id as the key of the users table.
    pub(super) fn as_key(&self, id: &str) -> String {
        format!("{id}::{}", self.key_type())
    }

    /// What the provider column says of e-mail.
    pub(super) fn provider_email(&self) -> String {
        quote_literal(self.identity.options.provider_email.as_deref().unwrap_or("email"))
    }

    /// The bound columns whose value follows from the account, in order.
    pub(super) fn mapped(&self) -> Vec<UserColumn> {
        let bound = self.identity.columns.iter().map(|(meaning, _)| meaning);
        bound.filter(|meaning| self.value(*meaning, "account").is_some()).collect()
    }

    /// The columns of a new row that have a value from the beginning, with it.
    pub(super) fn filled(&self, row: &str) -> Vec<(String, String)> {
        let bound = self.identity.columns.iter().map(|(meaning, _)| meaning);
        bound
            .filter_map(|meaning| Some((self.column(meaning)?, self.initial_value(meaning, row)?)))
            .collect()
    }

    /// The value that the account in `row` gives the column; `None` for what only the application
    /// knows. It may be null where the account says nothing.
    pub(super) fn value(&self, meaning: UserColumn, row: &str) -> Option<String> {
        let facts = self.facts(meaning)?;
        let from_user = |key: &str| {
            format!(
                r"nullif(regexp_replace({row}.raw_user_meta_data ->> '{key}', '^\s+|\s+$', '', 'g'), '')"
            )
        };
        let from_app = |key: &str| {
            format!("nullif({row}.raw_app_meta_data ->> '{key}', '')::{}", facts.type_name)
        };
        let value = match meaning {
            UserColumn::Id => format!("{row}.id::{}", facts.type_name),
            UserColumn::Email => format!("{row}.email"),
            UserColumn::Name => {
                let either = format!("coalesce({}, {})", from_user("name"), from_user("full_name"));
                cut(facts, &either)
            }
            UserColumn::Username => cut(facts, &from_user("username")),
            UserColumn::FirstName => {
                let either =
                    format!("coalesce({}, {})", from_user("first_name"), from_user("given_name"));
                cut(facts, &either)
            }
            UserColumn::LastName => {
                let either =
                    format!("coalesce({}, {})", from_user("last_name"), from_user("family_name"));
                cut(facts, &either)
            }
            UserColumn::Phone => format!("nullif({row}.phone, '')"),
            UserColumn::PasswordHash => format!("nullif({row}.encrypted_password, '')"),
            UserColumn::PasswordSalt => salt(&format!("{row}.encrypted_password")),
            UserColumn::Verified => format!("({row}.email_confirmed_at is not null)"),
            UserColumn::Active => {
                format!("coalesce({row}.banned_until <= now() + {WITHOUT_END}, true)")
            }
            UserColumn::LastSignIn => format!("{row}.last_sign_in_at"),
            UserColumn::Provider => {
                // Clients know some providers by the name of their protocol (`linkedin_oidc`); to
                // an application it is the provider that counts.
                let provider = format!(
                    "regexp_replace(coalesce(nullif({row}.raw_app_meta_data ->> 'provider', ''), 'email'), \
                     '_oidc$', '')"
                );
                let email = self.provider_email();
                cut(
                    facts,
                    &format!("case {provider} when 'email' then {email} else {provider} end"),
                )
            }
            UserColumn::Role => from_app("role"),
            UserColumn::Tenant => from_app("tenant_id"),
            UserColumn::DeletedAt => format!("{row}.deleted_at"),
            UserColumn::Approved
            | UserColumn::Locked
            | UserColumn::FailedAttempts
            | UserColumn::ConsentAt => return None,
        };
        Some(value)
    }

    /// The value that a new row gets: as [`UsersTable::value`], with something for what the
    /// account leaves open.
    pub(super) fn initial_value(&self, meaning: UserColumn, row: &str) -> Option<String> {
        let facts = self.facts(meaning)?;
        if meaning == UserColumn::ConsentAt {
            return Some(consent(row));
        }
        let value = self.value(meaning, row)?;
        let before_at = cut(facts, &format!("split_part({row}.email, '@', 1)"));
        let value = match meaning {
            UserColumn::Name => format!("coalesce({value}, {before_at})"),
            UserColumn::Username => {
                format!("coalesce({value}, {})", self.free_username(facts, row))
            }
            UserColumn::Phone => {
                format!("coalesce({value}, nullif({row}.raw_user_meta_data ->> 'phone', ''))")
            }
            _ => value,
        };
        Some(match (meaning, &facts.default) {
            (UserColumn::PasswordHash | UserColumn::PasswordSalt, _) => {
                self.or_no_password(facts, &value)
            }
            (UserColumn::Id | UserColumn::Email | UserColumn::Verified | UserColumn::Active, _) => {
                value
            }
            (_, Some(default)) => format!("coalesce({value}, {default})"),
            (
                UserColumn::Name | UserColumn::FirstName | UserColumn::LastName | UserColumn::Phone,
                None,
            ) if facts.not_null => {
                format!("coalesce({value}, '')")
            }
            _ => value,
        })
    }

    /// The value that a changed account gives an existing row.
    pub(super) fn changed_value(&self, meaning: UserColumn, row: &str) -> Option<String> {
        let facts = self.facts(meaning)?;
        let value = self.value(meaning, row)?;
        Some(match meaning {
            UserColumn::PasswordHash | UserColumn::PasswordSalt => {
                self.or_no_password(facts, &value)
            }
            _ => value,
        })
    }

    /// Whether a null of the account leaves the row's value alone instead of emptying it.
    pub(super) fn keeps_on_null(&self, meaning: UserColumn) -> bool {
        match meaning {
            UserColumn::Name | UserColumn::Username | UserColumn::Role => true,
            UserColumn::Verified
            | UserColumn::Active
            | UserColumn::Provider
            | UserColumn::PasswordHash
            | UserColumn::PasswordSalt => false,
            _ => self.facts(meaning).is_some_and(|facts| facts.not_null),
        }
    }

    fn or_no_password(&self, facts: &ColumnFacts, value: &str) -> String {
        if facts.not_null { format!("coalesce({value}, {NO_PASSWORD})") } else { value.to_owned() }
    }

    /// The part before the @, with a piece of the id behind it where somebody has that name.
    fn free_username(&self, facts: &ColumnFacts, row: &str) -> String {
        let column = self.column(UserColumn::Username).unwrap_or_default();
        let name = &self.name;
        let room = facts.max_length.unwrap_or(255).saturating_sub(13);
        let short = format!("left(split_part({row}.email, '@', 1), {room})");
        format!(
            "case when exists (select from {name} as taken where taken.{column} = {short}) \
             then {short} || '_' || right({row}.id::text, 12) else {short} end"
        )
    }
}

/// Consent is explicit: the sign-up's metadata say so in as many words, or there is none.
fn consent(row: &str) -> String {
    format!("case when {row}.raw_user_meta_data -> 'gdpr_consent' = 'true' then now() end")
}

/// At most as many characters as the column holds.
pub(super) fn cut(facts: &ColumnFacts, value: &str) -> String {
    match facts.max_length {
        Some(length) => format!("left({value}, {length})"),
        None => value.to_owned(),
    }
}

/// The salt part of a PHC string or of bcrypt's 22 characters.
fn salt(hash: &str) -> String {
    format!(
        "case when {hash} like '$argon2%' then split_part(regexp_replace({hash}, '\\$v=[0-9]+', ''), '$', 4) \
         when {hash} ~ '^\\$2[abxy]\\$' then substr({hash}, 8, 22) end"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::binding::test_app::{facts, manifest};

    fn value(column: &str, meaning: UserColumn, row: &str) -> Option<String> {
        let manifest = manifest(column);
        let facts = facts();
        let identity = manifest.identity.as_ref()?;
        UsersTable::new(identity, &facts).initial_value(meaning, row)
    }

    #[test]
    fn accounts_give_new_rows_their_values() {
        let table = [
            ("", UserColumn::Id, Some("a.id::uuid")),
            (
                "verified = \"flag\"",
                UserColumn::Verified,
                Some("(a.email_confirmed_at is not null)"),
            ),
            (
                "active = \"flag\"",
                UserColumn::Active,
                Some("coalesce(a.banned_until <= now() + interval '50 years', true)"),
            ),
            (
                "password_hash = \"required\"",
                UserColumn::PasswordHash,
                Some("coalesce(nullif(a.encrypted_password, ''), '!')"),
            ),
            (
                "password_hash = \"optional\"",
                UserColumn::PasswordHash,
                Some("nullif(a.encrypted_password, '')"),
            ),
            ("username = \"optional\"", UserColumn::FirstName, None),
            (
                "role = \"role\"",
                UserColumn::Role,
                Some(
                    "coalesce(nullif(a.raw_app_meta_data ->> 'role', '')::public.user_role, \
                     'user'::public.user_role)",
                ),
            ),
            (
                "first_name = \"optional\"",
                UserColumn::FirstName,
                Some(
                    r"left(coalesce(nullif(regexp_replace(a.raw_user_meta_data ->> 'first_name', '^\s+|\s+$', '', 'g'), ''), nullif(regexp_replace(a.raw_user_meta_data ->> 'given_name', '^\s+|\s+$', '', 'g'), '')), 20)",
                ),
            ),
            ("approved = \"flag\"", UserColumn::Approved, None),
            (
                "consent = \"consented_at\"",
                UserColumn::ConsentAt,
                Some("case when a.raw_user_meta_data -> 'gdpr_consent' = 'true' then now() end"),
            ),
        ];
        for (column, meaning, expected) in table {
            assert_eq!(value(column, meaning, "a").as_deref(), expected, "{column}");
        }
    }
}
