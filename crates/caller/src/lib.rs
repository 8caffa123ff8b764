//! Who is asking: the only place where a [`Caller`] is made.
//!
//! A caller is a database role with the claims that PostgreSQL's row security will see. It comes
//! out of a verified token or key ([`Authenticator::identify`]) or names a capability that works
//! without a person ([`Caller::capability`]). Whoever holds a `Caller` has passed authentication;
//! nothing else can build one.
//!
//! This room knows tokens and keys. It may never know HTTP routes, SQL or an application's name.

mod authenticator;
mod cache;
mod caller;
mod ended_sessions;
mod error;
mod key;
mod key_ring;
mod opaque_key;
mod personal_key;
mod role_claim;
mod seal;
mod signing_key;
mod verify;

pub use authenticator::{AccessClaims, Authenticator, Credentials};
pub use caller::{Caller, Capability};
pub use ended_sessions::EndedSessions;
pub use error::TokenError;
pub use key::{JwtSecret, KeyError, TokenKeys};
pub use key_ring::KeyRing;
pub use opaque_key::{KeyText, OpaqueKey, OpaqueKind};
pub use personal_key::{LookUp, LookUpError, PersonalKeyStore};
pub use role_claim::{RoleClaim, RoleClaimError};
pub use seal::{Seal, SealError};
pub use signing_key::{PrivateKeyText, PublicKey, SigningKey};
