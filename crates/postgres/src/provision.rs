//! Roles and databases: who may log in where, and as whom.

use tokio_postgres::{Client, Error};

use crate::identifier::{quote_identifier, quote_literal};

/// Roles that all applications of a server share.
const CLUSTER_ROLES: &str = include_str!("../sql/cluster_roles.sql");
/// Extensions live in a schema of their own, where Supabase's migrations look for them.
const EXTENSIONS_SCHEMA: &str = "\
create schema if not exists extensions;
grant usage on schema extensions to public";
/// Extensions that every application's database has, where the server can provide them.
const EXTENSIONS: [&str; 2] = ["vector", "pg_trgm"];

/// The oldest server that tenantry works with.
const OLDEST_SERVER: i32 = 150_000;
/// The first server whose role memberships say themselves whether they inherit.
const MEMBERSHIP_OPTIONS: i32 = 160_000;

/// Why a server cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum ProvisionError {
    /// The server is too old.
    #[error("this server is PostgreSQL {0}; tenantry needs 15 or later")]
    TooOld(String),
    /// The login may not make roles or databases.
    #[error(
        "the login {0} may not do what setting up needs ({1}); give DATABASE_URL a superuser, or a role with \
         CREATEROLE, CREATEDB and BYPASSRLS"
    )]
    Forbidden(String, String),
    /// Anything else that PostgreSQL said.
    #[error("{}", describe(.0))]
    Database(#[from] Error),
}

/// The logins of one application and the passwords they get when they are made.
#[derive(Debug, Clone)]
pub struct AppRoles<'a> {
    /// The application's name, which is also its database's.
    pub app: &'a str,
    /// `<app>_owner`'s password.
    pub owner_password: &'a str,
    /// `<app>_server`'s password.
    pub server_password: &'a str,
    /// `<app>_analyst`'s password.
    pub analyst_password: &'a str,
}

/// The message of an error from tokio-postgres with what PostgreSQL added to it.
pub fn describe(error: &Error) -> String {
    match error.as_db_error() {
        Some(error) => {
            let detail = error.detail().map(|detail| format!("; {detail}")).unwrap_or_default();
            format!("{} ({}){detail}", error.message(), error.code().code())
        }
        None => match std::error::Error::source(error) {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        },
    }
}

/// Makes the roles that every application shares. Safe to repeat.
///
/// # Errors
/// [`ProvisionError::TooOld`], [`ProvisionError::Forbidden`] or what PostgreSQL says.
pub async fn provision_cluster(client: &Client) -> Result<(), ProvisionError> {
    let version = server_version(client).await?;
    if version < OLDEST_SERVER {
        let shown: String = client.query_one("show server_version", &[]).await?.get(0);
        return Err(ProvisionError::TooOld(shown));
    }
    allowed(client, client.batch_execute(CLUSTER_ROLES).await).await
}

/// Sets the superuser's password, for drivers that come by loopback.
///
/// # Errors
/// What PostgreSQL says.
pub async fn ensure_superuser_password(
    client: &Client,
    user: &str,
    password: &str,
) -> Result<(), ProvisionError> {
    let missing = client
        .query_opt("select from pg_authid where rolname = $1 and rolpassword is null", &[&user])
        .await?;
    if missing.is_some() {
        set_password(client, user, password).await?;
    }
    Ok(())
}

/// Makes one application's logins and its database. Safe to repeat; says whether the database is new.
///
/// The database is closed to everybody but its own logins.
///
/// # Errors
/// [`ProvisionError::Forbidden`] or what PostgreSQL says.
pub async fn provision_app(client: &Client, roles: &AppRoles<'_>) -> Result<bool, ProvisionError> {
    let logins = [
        (format!("{}_owner", roles.app), "inherit bypassrls", roles.owner_password),
        (format!("{}_server", roles.app), "noinherit", roles.server_password),
        (format!("{}_analyst", roles.app), "inherit bypassrls", roles.analyst_password),
    ];
    for (name, attributes, password) in &logins {
        if !role_exists(client, name).await? {
            let create = format!("create role {} login {attributes}", quote_identifier(name));
            allowed(client, client.batch_execute(&create).await).await?;
            set_password(client, name, password).await?;
        }
    }
    let [owner, server, analyst] = logins.map(|(name, _, _)| quote_identifier(&name));
    // Members do not inherit: a login has a caller's rights only after it became that caller.
    let options = if server_version(client).await? >= MEMBERSHIP_OPTIONS {
        " with inherit false, set true"
    } else {
        ""
    };
    grant_missing(
        client,
        &[
            "anon",
            "authenticated",
            "service_role",
            "tenantry_auth",
            "tenantry_mail",
            "supabase_auth_admin",
        ],
        &server,
        options,
    )
    .await?;
    grant_missing(client, &["anon", "authenticated", "service_role"], &owner, options).await?;

    let database = quote_identifier(roles.app);
    let exists = client
        .query_opt("select from pg_database where datname = $1", &[&roles.app])
        .await?
        .is_some();
    if !exists {
        let create =
            format!("create database {database} owner {owner} encoding 'UTF8' template template0");
        allowed(client, client.batch_execute(&create).await).await?;
    }
    let closing = format!(
        "revoke all on database {database} from public;
         grant connect on database {database} to {owner}, {server}, {analyst};
         alter database {database} set search_path = \"$user\", public, extensions;
         alter database {database} set timezone = 'UTC'"
    );
    if !exists {
        client.batch_execute(&closing).await?;
    }
    Ok(!exists)
}

/// Makes the extensions of an application's database; `client` is connected to it. Safe to repeat.
/// Answers the names of those that the server does not have.
///
/// # Errors
/// What PostgreSQL says.
pub async fn provision_extensions(client: &Client) -> Result<Vec<&'static str>, ProvisionError> {
    client.batch_execute(EXTENSIONS_SCHEMA).await?;
    let mut missing = Vec::new();
    for name in EXTENSIONS {
        let available = client
            .query_opt("select from pg_available_extensions where name = $1", &[&name])
            .await?;
        if available.is_none() {
            missing.push(name);
            continue;
        }
        let create = format!(
            "create extension if not exists {} with schema extensions",
            quote_identifier(name)
        );
        allowed(client, client.batch_execute(&create).await).await?;
    }
    Ok(missing)
}

async fn server_version(client: &Client) -> Result<i32, Error> {
    let text: String = client.query_one("show server_version_num", &[]).await?.get(0);
    Ok(text.parse().unwrap_or(0))
}

async fn role_exists(client: &Client, name: &str) -> Result<bool, Error> {
    Ok(client.query_opt("select from pg_roles where rolname = $1", &[&name]).await?.is_some())
}

/// Sets a login's password.
///
/// # Errors
/// What PostgreSQL says.
pub async fn set_password(
    client: &Client,
    role: &str,
    password: &str,
) -> Result<(), ProvisionError> {
    let sql = format!("alter role {} password {}", quote_identifier(role), quote_literal(password));
    Ok(client.batch_execute(&sql).await?)
}

/// Grants memberships that are not there yet; granting again would only say so in a notice.
async fn grant_missing(
    client: &Client,
    roles: &[&str],
    quoted_member: &str,
    options: &str,
) -> Result<(), ProvisionError> {
    for role in roles {
        let present = client
            .query_opt(
                "select
                 from pg_auth_members
                 where roleid = $1::text::regrole
                   and member = $2::text::regrole",
                &[role, &quoted_member],
            )
            .await?;
        if present.is_none() {
            let grant = format!("grant {} to {quoted_member}{options}", quote_identifier(role));
            allowed(client, client.batch_execute(&grant).await).await?;
        }
    }
    Ok(())
}

/// Turns "permission denied" into advice.
async fn allowed(client: &Client, outcome: Result<(), Error>) -> Result<(), ProvisionError> {
    match outcome {
        Err(error) if error.code().is_some_and(|code| code.code() == "42501") => {
            let login: String = client.query_one("select current_user::text", &[]).await?.get(0);
            Err(ProvisionError::Forbidden(login, describe(&error)))
        }
        outcome => Ok(outcome?),
    }
}
