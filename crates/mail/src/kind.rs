use std::fmt;

/// What a mail is about; its name is the one of its templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MailKind {
    /// Confirm the address of a new account.
    Confirmation,
    /// Somebody invites.
    Invite,
    /// Choose a new password.
    Recovery,
    /// Sign in by link or code.
    MagicLink,
    /// Confirm the change of an address; both the old and the new one get it.
    EmailChange,
    /// A code that confirms who is asking.
    Reauthentication,
    /// Notice: the password was changed.
    PasswordChanged,
    /// Notice: the address was changed.
    EmailChanged,
    /// Notice: too many wrong passwords.
    AccountLocked,
    /// Notice: a second factor was added.
    FactorAdded,
    /// Notice: a second factor was removed.
    FactorRemoved,
    /// Notice: another way to sign in was linked.
    IdentityLinked,
    /// Notice: something that the person should look at.
    SecurityAlert,
    /// To those who run the application: something happened that they should know of.
    SecurityEvent,
}

impl MailKind {
    /// Every kind.
    pub const ALL: [MailKind; 14] = [
        MailKind::Confirmation,
        MailKind::Invite,
        MailKind::Recovery,
        MailKind::MagicLink,
        MailKind::EmailChange,
        MailKind::Reauthentication,
        MailKind::PasswordChanged,
        MailKind::EmailChanged,
        MailKind::AccountLocked,
        MailKind::FactorAdded,
        MailKind::FactorRemoved,
        MailKind::IdentityLinked,
        MailKind::SecurityAlert,
        MailKind::SecurityEvent,
    ];

    /// The name in the table, of the template files and of an application's stored templates.
    pub fn name(self) -> &'static str {
        match self {
            MailKind::Confirmation => "confirmation",
            MailKind::Invite => "invite",
            MailKind::Recovery => "recovery",
            MailKind::MagicLink => "magic_link",
            MailKind::EmailChange => "email_change",
            MailKind::Reauthentication => "reauthentication",
            MailKind::PasswordChanged => "password_changed",
            MailKind::EmailChanged => "email_changed",
            MailKind::AccountLocked => "account_locked",
            MailKind::FactorAdded => "factor_added",
            MailKind::FactorRemoved => "factor_removed",
            MailKind::IdentityLinked => "identity_linked",
            MailKind::SecurityAlert => "security_alert",
            MailKind::SecurityEvent => "security_event",
        }
    }

    /// The kind with this name.
    pub fn named(name: &str) -> Option<MailKind> {
        MailKind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for MailKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_name() {
        for kind in MailKind::ALL {
            assert_eq!(MailKind::named(kind.name()), Some(kind));
            assert_eq!(MailKind::ALL[kind as usize], kind);
        }
        assert_eq!(MailKind::named("recover"), None);
    }
}
