use std::sync::Arc;

/// Who asks for something, as PostgreSQL will see it: a role and the claims of a verified token.
///
/// Only this crate makes one, so a function that takes a `Caller` runs after authentication.
#[derive(Debug, Clone)]
pub struct Caller {
    role: Arc<str>,
    claims: Arc<str>,
    user_id: Arc<str>,
    session_id: Option<Arc<str>>,
}

/// Work that has no person behind it, such as a sign-in: it runs as a role of its own that holds
/// exactly the rights which that work needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capability {
    /// Accounts, login sessions and tokens: the tables of the schema `auth`.
    Auth,
    /// Mail that waits to be sent: the table `auth.mails`.
    Mail,
    /// The application's own function that changes access tokens; Supabase's name for its role,
    /// because such functions come with grants to it.
    AccessTokenHook,
}

impl Capability {
    /// The database role of this capability. It cannot log in.
    pub fn role(self) -> &'static str {
        match self {
            Capability::Auth => "tenantry_auth",
            Capability::Mail => "tenantry_mail",
            Capability::AccessTokenHook => "supabase_auth_admin",
        }
    }
}

impl Caller {
    /// A caller from claims that were verified. `claims` is their JSON text, `user_id` the subject
    /// or the empty string.
    pub(crate) fn verified(
        role: &str,
        claims: &str,
        user_id: &str,
        session_id: Option<&str>,
    ) -> Self {
        Caller {
            role: role.into(),
            claims: claims.into(),
            user_id: user_id.into(),
            session_id: session_id.map(Into::into),
        }
    }

    /// The caller for work without a person. It holds no claims, so policies that ask for a user
    /// answer "nobody".
    pub fn capability(capability: Capability) -> Self {
        Caller::verified(capability.role(), "", "", None)
    }

    /// The database role that statements run as.
    pub fn role(&self) -> &str {
        &self.role
    }

    /// The verified claims as JSON text, as `request.jwt.claims` will hold them; empty where there
    /// are none.
    pub fn claims(&self) -> &str {
        &self.claims
    }

    /// The user's id as text (the claim `sub`), or the empty string.
    pub fn user_id(&self) -> &str {
        &self.user_id
    }

    /// The login session that the token belongs to (the claim `session_id`).
    pub fn session_id(&self) -> Option<&str> {
        self.session_id.as_deref()
    }
}
