//! The manifest's `[identity]`: tables, columns and roles.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::Reader;
use crate::columns::{BoundColumns, SessionColumn, UserColumn};
use crate::manifest::{
    Administration, Administrator, ApiKeys, Identity, IdentityOptions, PasswordAlgorithm,
    RoleTables, SessionTable, TenantTable,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawIdentity {
    users: Spanned<String>,
    columns: Spanned<BTreeMap<UserColumn, Spanned<String>>>,
    #[serde(default)]
    options: RawOptions,
    roles: Option<RawRoles>,
    sessions: Option<RawSessions>,
    tenants: Option<Spanned<RawTenants>>,
    administration: Option<Spanned<RawAdministration>>,
    administrator: Option<RawAdministrator>,
    api_keys: Option<RawApiKeys>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawOptions {
    #[serde(default)]
    password_algorithm: PasswordAlgorithm,
    provider_email: Option<String>,
    default_role: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRoles {
    user_roles: Spanned<String>,
    user: Spanned<String>,
    role: Spanned<String>,
    roles: Spanned<String>,
    role_key: Spanned<String>,
    role_name: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSessions {
    table: Spanned<String>,
    columns: Spanned<BTreeMap<SessionColumn, Spanned<String>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTenants {
    table: Spanned<String>,
    id: Spanned<String>,
    suspended_at: Option<Spanned<String>>,
    deleted_at: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawApiKeys {
    verify: Spanned<String>,
    prefix: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAdministration {
    tenant_role: Option<Spanned<String>>,
    system_role: Option<Spanned<String>>,
    #[serde(default)]
    invites: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAdministrator {
    roles_table_role: Option<Spanned<String>>,
    column_role: Option<Spanned<String>>,
}

impl Reader<'_> {
    pub(super) fn identity(&mut self, raw: RawIdentity) -> Identity {
        let users = self.table(raw.users);
        let needed = [(UserColumn::Id, "id"), (UserColumn::Email, "email")];
        let columns = self.columns("[identity.columns]", raw.columns, &needed);
        if let (Some(role), None) = (&raw.options.default_role, &raw.roles) {
            let message =
                "`default_role` needs to know the roles tables; add [identity.roles] or remove it";
            self.complain(role, message.into());
        }
        if let Some(tenants) = &raw.tenants
            && columns.get(UserColumn::Tenant).is_none()
        {
            let message =
                "[identity.tenants] needs the users' tenant; add `tenant` to [identity.columns]";
            self.complain(tenants, message.into());
        }
        if columns.get(UserColumn::PasswordSalt).is_some()
            && columns.get(UserColumn::PasswordHash).is_none()
        {
            let line = columns.0[&UserColumn::PasswordSalt].line;
            let message =
                "`password_salt` is the salt of `password_hash`; bind that too or remove it";
            self.complain_at(line, message.into());
        }
        if let Some(administration) = &raw.administration {
            self.check_administration(administration, &columns);
        }
        if let Some(administrator) = &raw.administrator {
            self.check_administrator(administrator, &columns, raw.roles.is_some());
        }
        Identity {
            users,
            columns,
            options: IdentityOptions {
                password_algorithm: raw.options.password_algorithm,
                provider_email: raw.options.provider_email,
                default_role: raw.options.default_role.map(|role| self.lines.locate(role)),
            },
            roles: raw.roles.map(|roles| self.roles(roles)),
            sessions: raw.sessions.map(|sessions| self.sessions(sessions)),
            tenants: raw.tenants.map(|tenants| self.tenants(tenants.into_inner())),
            api_keys: raw.api_keys.map(|keys| self.api_keys(keys)),
            administration: raw
                .administration
                .map(|administration| self.administration(administration.into_inner())),
            administrator: raw
                .administrator
                .map(|administrator| self.administrator(administrator))
                .unwrap_or_default(),
        }
    }

    /// Roles can only be asked for where the manifest says where they are.
    fn check_administration(
        &mut self,
        raw: &Spanned<RawAdministration>,
        columns: &BoundColumns<UserColumn>,
    ) {
        if columns.get(UserColumn::Role).is_none() {
            let message =
                "[identity.administration] needs the users' role; add `role` to [identity.columns]";
            self.complain(raw, message.into());
        }
        if let Some(role) = &raw.get_ref().tenant_role
            && columns.get(UserColumn::Tenant).is_none()
        {
            let message =
                "`tenant_role` needs the users' tenant; add `tenant` to [identity.columns]";
            self.complain(role, message.into());
        }
    }

    fn check_administrator(
        &mut self,
        raw: &RawAdministrator,
        columns: &BoundColumns<UserColumn>,
        has_roles_tables: bool,
    ) {
        if let Some(role) = &raw.roles_table_role
            && !has_roles_tables
        {
            let message = "`roles_table_role` needs to know the roles tables; add [identity.roles] or remove it";
            self.complain(role, message.into());
        }
        if let Some(role) = &raw.column_role
            && columns.get(UserColumn::Role).is_none()
        {
            let message = "`column_role` needs the users' role; add `role` to [identity.columns]";
            self.complain(role, message.into());
        }
    }

    fn administration(&mut self, raw: RawAdministration) -> Administration {
        Administration {
            tenant_role: raw.tenant_role.map(|role| self.lines.locate(role)),
            system_role: raw.system_role.map(|role| self.lines.locate(role)),
            invites: raw.invites.into_iter().map(|role| self.lines.locate(role)).collect(),
        }
    }

    fn administrator(&mut self, raw: RawAdministrator) -> Administrator {
        Administrator {
            roles_table_role: raw.roles_table_role.map(|role| self.lines.locate(role)),
            column_role: raw.column_role.map(|role| self.lines.locate(role)),
        }
    }

    fn roles(&mut self, raw: RawRoles) -> RoleTables {
        RoleTables {
            user_roles: self.table(raw.user_roles),
            user: self.name(raw.user),
            role: self.name(raw.role),
            roles: self.table(raw.roles),
            role_key: self.name(raw.role_key),
            role_name: self.name(raw.role_name),
        }
    }

    fn sessions(&mut self, raw: RawSessions) -> SessionTable {
        let needed = [(SessionColumn::Id, "id"), (SessionColumn::User, "user")];
        SessionTable {
            table: self.table(raw.table),
            columns: self.columns("[identity.sessions.columns]", raw.columns, &needed),
        }
    }

    fn api_keys(&mut self, raw: RawApiKeys) -> ApiKeys {
        let prefix = raw.prefix.get_ref();
        let is_plain = prefix.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        let is_long_enough = (3..=16).contains(&prefix.len()) && prefix.ends_with('_');
        if !is_plain || !is_long_enough || prefix.starts_with("sb_") {
            let message = format!(
                "`prefix` is {prefix:?}; it must be 3 to 16 lower-case letters, digits or _, end in _, and not begin with sb_"
            );
            self.complain(&raw.prefix, message);
        }
        ApiKeys { verify: self.function(raw.verify), prefix: raw.prefix.into_inner() }
    }

    fn tenants(&mut self, raw: RawTenants) -> TenantTable {
        TenantTable {
            table: self.table(raw.table),
            id: self.name(raw.id),
            suspended_at: raw.suspended_at.map(|column| self.name(column)),
            deleted_at: raw.deleted_at.map(|column| self.name(column)),
        }
    }

    fn columns<Meaning: Ord + Copy>(
        &mut self,
        section: &str,
        raw: Spanned<BTreeMap<Meaning, Spanned<String>>>,
        needed: &[(Meaning, &str)],
    ) -> BoundColumns<Meaning> {
        for (meaning, key) in needed {
            if !raw.get_ref().contains_key(meaning) {
                let message = format!("{section} lacks `{key}`; say which column it is");
                self.complain(&raw, message);
            }
        }
        let columns = raw.into_inner().into_iter();
        BoundColumns(columns.map(|(meaning, column)| (meaning, self.name(column))).collect())
    }
}
