//! From a manifest's identity and the live columns to the whole binding. Pure.

use tenantry_app::{CatalogFacts, Identity};

use super::function::Binding;
use super::mapping::UsersTable;
use super::{accounts, administration, keys, login_sessions, role_events, sign_in, tenant, users};

/// Everything that the binding of this application consists of. The identity must have passed
/// [`tenantry_app::Manifest::check_against`] with the same facts.
pub(super) fn generate(identity: &Identity, facts: &CatalogFacts) -> Binding {
    let table = UsersTable::new(identity, facts);
    let mut binding = Binding::default();
    users::generate(&table, &mut binding);
    accounts::generate(&table, &mut binding);
    sign_in::generate(&table, &mut binding);
    tenant::generate(&table, &mut binding);
    administration::generate(&table, &mut binding);
    role_events::generate(&table, &mut binding);
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

    const MNFST: &str = "role = \"role\"\ntenant = \"tenant_id\"\n[identity.tenants]\ntable = \"public.tenants\"\nid = \"id\"\nsuspended_at = \"suspended_at\"\n[identity.administration]\ntenant_role = \"head\"\nsystem_role = \"chief\"\ninvites = [\"user\", \"head\"]\n[identity.administrator]\ncolumn_role = \"chief\"\n";

    #[test]
    fn without_roles_only_super_administrators_administer() {
        let alone = "\
    from auth.users as administrator
    cross join auth.users as account
    where administrator.id = bind_administers.actor
    and administrator.is_super_admin
    and account.id = bind_administers.person";
        assert!(body("", "bind_administers").contains(alone));
        assert!(body("", "bind_may_invite").contains("and bind_may_invite.tenant is null"));
        assert_eq!(body("", "bind_administrator_metadata"), "begin\n    return '{}'::jsonb;\nend");
        assert_eq!(body("", "bind_allows_anonymous"), "begin\n    return false;\nend");
    }

    #[test]
    fn roles_administer_their_tenant_or_all() {
        let expected = "\
    and (
        (administrator.is_super_admin or acting.\"role\"::text = 'chief')
        or acting.\"role\"::text = 'head'
            and acting.\"tenant_id\" = person.\"tenant_id\"
            and account.is_super_admin is not true
            and person.\"role\"::text <> 'chief'
    )";
        for name in ["bind_administers", "bind_administered_users"] {
            let found = body(MNFST, name);
            assert!(found.contains(expected), "{found}");
        }
        let expected = "\
    and (
        coalesce(bind_may_invite.role, 'user') in ('user', 'head')
        and exists (select from \"public\".\"tenants\" as tenant where tenant.\"id\" = bind_may_invite.tenant::uuid and tenant.\"suspended_at\" is null)
        and (
            (administrator.is_super_admin or acting.\"role\"::text = 'chief')
            or acting.\"role\"::text = 'head'
            and acting.\"tenant_id\" = bind_may_invite.tenant::uuid
        )
        or bind_may_invite.tenant is null
            and bind_may_invite.role = 'chief'
            and (administrator.is_super_admin or acting.\"role\"::text = 'chief')
    )";
        let found = body(MNFST, "bind_may_invite");
        assert!(found.contains(expected), "{found}");
    }

    #[test]
    fn administrators_hold_what_the_manifest_says() {
        let metadata = body(MNFST, "bind_administrator_metadata");
        assert_eq!(metadata, "begin\n    return jsonb_build_object('role', 'chief');\nend");
        let tables = "approved = \"flag\"\n[identity.roles]\nuser_roles = \"public.user_roles\"\nuser = \"user_id\"\nrole = \"role_id\"\nroles = \"public.roles\"\nrole_key = \"id\"\nrole_name = \"name\"\n[identity.administrator]\nroles_table_role = \"admin\"\n";
        let made = body(tables, "bind_make_administrator");
        for expected in [
            "granted uuid;",
            "set is_super_admin = true,\n        updated_at",
            "set \"flag\" = true",
            "where known.\"name\" = 'admin';",
            "values (bind_make_administrator.person::uuid, granted)",
        ] {
            assert!(made.contains(expected), "{expected}: {made}");
        }
        assert!(
            body(tables, "bind_role_assignment_changed").contains("set is_super_admin = false")
        );
    }

    #[test]
    fn names_find_people_as_their_index_compares_them() {
        for (column, expected) in [
            ("required", "where person.\"required\" = bind_find_user.identifier"),
            ("optional", "where lower(person.\"optional\") = lower(bind_find_user.identifier)"),
        ] {
            let found = body(&format!("username = \"{column}\""), "bind_find_user");
            assert!(found.contains(expected), "{found}");
        }
    }

    #[test]
    fn whoever_is_shut_out_loses_the_login_sessions() {
        let changed = body(MNFST, "bind_app_user_changed");
        let expected = "\
    if new.\"tenant_id\" is distinct from old.\"tenant_id\" then
        perform auth.end_refused_sessions(account.id);";
        assert!(changed.contains(expected), "{changed}");
        let tenant = body(MNFST, "bind_tenant_changed");
        assert!(
            tenant.contains(
                "if new.\"suspended_at\" is not null and old.\"suspended_at\" is null then"
            )
        );
    }
}
