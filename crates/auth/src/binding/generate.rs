//! From a manifest's identity and the live columns to the whole binding. Pure.

use tenantry_app::{CatalogFacts, Identity};

use super::function::Binding;
use super::mapping::UsersTable;
use super::{keys, login_sessions, sign_in, tenant, users};

/// Everything that the binding of this application consists of. The identity must have passed
/// [`tenantry_app::Manifest::check_against`] with the same facts.
pub(super) fn generate(identity: &Identity, facts: &CatalogFacts) -> Binding {
    let table = UsersTable::new(identity, facts);
    let mut binding = Binding::default();
    users::generate(&table, &mut binding);
    sign_in::generate(&table, &mut binding);
    tenant::generate(&table, &mut binding);
    keys::generate(identity, &mut binding);
    if let Some(sessions) = &identity.sessions {
        login_sessions::generate(sessions, facts, &mut binding);
    }
    binding
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::binding::test_app::{facts, manifest};

    fn bodies(columns: &str) -> Vec<(&'static str, String)> {
        let manifest = manifest(columns);
        let identity = manifest.identity.as_ref().unwrap();
        let binding = generate(identity, &facts());
        binding.functions.into_iter().map(|function| (function.name, function.body)).collect()
    }

    fn body(columns: &str, name: &str) -> String {
        bodies(columns).into_iter().find(|(found, _)| *found == name).unwrap().1
    }

    #[test]
    fn what_an_application_does_not_bind_speaks_against_nobody() {
        let state = body("", "bind_sign_in_state");
        let expected = "    select
        true,
        person.\"id\" is not null,
        coalesce(lockout.locked_until > now(), false),
        lockout.locked_until,
        true
    from";
        assert!(state.contains(expected), "{state}");
        assert_eq!(body("", "tenant_id"), "begin\n    return null;\nend");
        assert!(!body("", "bind_sign_in_failed").contains("update \"public\""));
    }

    #[test]
    fn a_bound_tenant_must_be_open() {
        let columns = "tenant = \"tenant_id\"\n[identity.tenants]\ntable = \"public.tenants\"\nid = \"id\"\nsuspended_at = \"suspended_at\"\n";
        let expected = "\
begin
    return (
        select person.\"tenant_id\"::uuid
        from \"public\".\"users\" as person
        join \"public\".\"tenants\" as tenant
            on tenant.\"id\" = person.\"tenant_id\"
            and tenant.\"suspended_at\" is null
        where person.\"id\" = auth.uid()::uuid
    );
end";
        assert_eq!(body(columns, "tenant_id"), expected);
        assert!(body(columns, "bind_sign_in_state").contains(
            "person.\"tenant_id\" is null or tenant.\"id\" is not null and tenant.\"suspended_at\" is null"
        ));
    }

    #[test]
    fn names_are_quoted_wherever_they_stand() {
        let columns = "name = \"a name; drop table\"";
        for (name, body) in bodies(columns) {
            let bare = body.replace("\"a name; drop table\"", "");
            assert!(!bare.contains("a name; drop table"), "{name}: {body}");
        }
    }

    #[test]
    fn keys_are_looked_up_where_the_application_keeps_them() {
        assert!(body("", "bind_verify_key").contains("from auth.personal_keys as held"));
        let keys = "[identity.api_keys]\nverify = \"public.verify\"\nprefix = \"small_\"\n";
        let expected = "\
begin
    return query
    select held.id, held.user_id, held.scopes
    from \"public\".\"verify\"(key) as held;
end";
        assert_eq!(body(keys, "bind_verify_key"), expected);
    }

    #[test]
    fn every_trigger_has_its_function() {
        let manifest = manifest("");
        let binding = generate(manifest.identity.as_ref().unwrap(), &facts());
        for trigger in &binding.triggers {
            assert!(binding.functions.iter().any(|function| function.name == trigger.function));
        }
        assert_eq!(binding.triggers.len(), 6);
        assert_eq!(binding.signature().len(), binding.functions.len() + binding.triggers.len());
    }
}
