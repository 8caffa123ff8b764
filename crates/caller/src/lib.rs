//! Who is asking: the only place where a [`Caller`] is made.
//!
//! A caller is a database role with the claims that PostgreSQL's row security will see. It comes
//! out of a verified token ([`Authenticator::identify`]) or names a capability that works without
//! a person ([`Caller::capability`]). Whoever holds a `Caller` has passed authentication; nothing
//! else can build one.
//!
//! This room knows tokens and keys. It may never know HTTP routes, SQL or an application's name.

mod authenticator;
mod cache;
mod caller;
mod error;
mod key;
mod role_claim;
mod seal;

pub use authenticator::{AccessClaims, Authenticator};
pub use caller::{Caller, Capability};
pub use error::TokenError;
pub use key::{JwtSecret, KeyError, TokenKeys};
pub use role_claim::{RoleClaim, RoleClaimError};
pub use seal::{Seal, SealError};
