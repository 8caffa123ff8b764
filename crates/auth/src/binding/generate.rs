//! From a manifest's identity and the live columns to the whole binding. Pure.

use tenantry_app::{CatalogFacts, Identity};

use super::function::Binding;
use super::mapping::UsersTable;
use super::{login_sessions, sign_in, tenant, users};

/// Everything that the binding of this application consists of. The identity must have passed
/// [`tenantry_app::Manifest::check_against`] with the same facts.
pub(super) fn generate(identity: &Identity, facts: &CatalogFacts) -> Binding {
    let table = UsersTable::new(identity, facts);
    let mut binding = Binding::default();
    users::generate(&table, &mut binding);
    sign_in::generate(&table, &mut binding);
    tenant::generate(&table, &mut binding);
    if let Some(sessions) = &identity.sessions {
        login_sessions::generate(sessions, facts, &mut binding);
    }
    binding
}
