use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use crate::Located;

/// What a column of the users table means to the identity binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserColumn {
    /// The key; equal to the account's id.
    Id,
    /// The e-mail address.
    Email,
    /// The display name.
    Name,
    /// A unique short name.
    Username,
    /// The given name.
    FirstName,
    /// The family name.
    LastName,
    /// The telephone number.
    Phone,
    /// The password's hash: a PHC string or bcrypt, `!` where there is none.
    PasswordHash,
    /// The salt part of the hash.
    PasswordSalt,
    /// Boolean: the e-mail address is confirmed.
    Verified,
    /// Boolean: sign-in is refused until it is true.
    Approved,
    /// Boolean: sign-in is refused, and login sessions end, when it is false.
    Active,
    /// Boolean: too many wrong passwords.
    Locked,
    /// How many wrong passwords came in a row.
    FailedAttempts,
    /// When the user last signed in.
    LastSignIn,
    /// Who vouches for the identity.
    Provider,
    /// The application's own role of the user.
    Role,
    /// The tenant that the user belongs to.
    Tenant,
    /// When the user was deleted while the row stayed.
    DeletedAt,
    /// When the user agreed to the processing of personal data. A sign-up fills it whose metadata
    /// say `gdpr_consent: true`; after that only the application does.
    #[serde(rename = "consent")]
    ConsentAt,
}

/// What a column of the application's own table of login sessions means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionColumn {
    /// The key; equal to the login session's id.
    Id,
    /// Whose session it is.
    User,
    /// SHA-256 of the newest refresh token, in hex.
    TokenHash,
    /// The same hash, where the table has a second column for it.
    RefreshTokenHash,
    /// The client's address.
    IpAddress,
    /// The client's `user-agent`.
    UserAgent,
    /// When the session began.
    CreatedAt,
    /// When it ends unless it is used.
    ExpiresAt,
    /// When it was last used.
    LastActivity,
    /// Boolean: false ends it.
    Active,
}

/// The kinds of types that a bound column may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Key,
    Text,
    TextOrAddress,
    Boolean,
    Integer,
    Time,
    Any,
}

impl Kind {
    /// Whether a column of this type can hold it; types as `format_type` prints them.
    pub(crate) fn admits(self, type_name: &str) -> bool {
        let text = matches!(
            type_name,
            "text" | "character varying" | "character" | "extensions.citext" | "citext"
        );
        match self {
            Kind::Key => text || type_name == "uuid",
            Kind::Text => text,
            Kind::TextOrAddress => text || type_name == "inet",
            Kind::Boolean => type_name == "boolean",
            Kind::Integer => matches!(type_name, "smallint" | "integer" | "bigint"),
            Kind::Time => type_name == "timestamp with time zone",
            Kind::Any => true,
        }
    }

    /// What to tell somebody whose column has another type.
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Kind::Key => "uuid or text",
            Kind::Text => "text",
            Kind::TextOrAddress => "text or inet",
            Kind::Boolean => "boolean",
            Kind::Integer => "an integer",
            Kind::Time => "timestamp with time zone",
            Kind::Any => "anything",
        }
    }
}

/// A meaning that a column can have in a binding.
pub(crate) trait Meaning: Copy + Ord + fmt::Debug {
    fn kind(self) -> Kind;
}

impl Meaning for UserColumn {
    fn kind(self) -> Kind {
        match self {
            UserColumn::Id => Kind::Key,
            UserColumn::Email
            | UserColumn::Name
            | UserColumn::Username
            | UserColumn::FirstName
            | UserColumn::LastName
            | UserColumn::Phone
            | UserColumn::PasswordHash
            | UserColumn::PasswordSalt
            | UserColumn::Provider => Kind::Text,
            UserColumn::Verified
            | UserColumn::Approved
            | UserColumn::Active
            | UserColumn::Locked => Kind::Boolean,
            UserColumn::FailedAttempts => Kind::Integer,
            UserColumn::LastSignIn | UserColumn::DeletedAt | UserColumn::ConsentAt => Kind::Time,
            UserColumn::Tenant => Kind::Key,
            UserColumn::Role => Kind::Any,
        }
    }
}

impl Meaning for SessionColumn {
    fn kind(self) -> Kind {
        match self {
            SessionColumn::Id | SessionColumn::User => Kind::Key,
            SessionColumn::TokenHash
            | SessionColumn::RefreshTokenHash
            | SessionColumn::UserAgent => Kind::Text,
            SessionColumn::IpAddress => Kind::TextOrAddress,
            SessionColumn::CreatedAt | SessionColumn::ExpiresAt | SessionColumn::LastActivity => {
                Kind::Time
            }
            SessionColumn::Active => Kind::Boolean,
        }
    }
}

/// Which column has which meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoundColumns<Meaning: Ord>(pub(crate) BTreeMap<Meaning, Located<String>>);

impl<Meaning: Ord + Copy> BoundColumns<Meaning> {
    /// The column with this meaning, where one is bound.
    pub fn get(&self, meaning: Meaning) -> Option<&str> {
        self.0.get(&meaning).map(|column| column.value.as_str())
    }

    /// Every bound column with its line in the manifest, in the order of the meanings.
    pub fn iter(&self) -> impl Iterator<Item = (Meaning, &Located<String>)> {
        self.0.iter().map(|(meaning, column)| (*meaning, column))
    }
}
