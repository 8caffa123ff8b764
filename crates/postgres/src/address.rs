//! Where a PostgreSQL server is, and how to log in to one of its databases.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use tokio_postgres::config::Host;

/// The address of one database with the login to use. Its `Debug` hides the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// The folder of a Unix socket, or a host to reach over TCP.
    pub host: AddressHost,
    /// The port; for a Unix socket, the number in the socket file's name.
    pub port: u16,
    /// The login role.
    pub user: String,
    /// The password, where the server asks for one.
    pub password: Option<String>,
    /// The database.
    pub database: String,
    /// Whether the connection is encrypted.
    pub encryption: Encryption,
}

/// A Unix socket's folder or a TCP host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddressHost {
    /// The folder that holds `.s.PGSQL.<port>`.
    Folder(PathBuf),
    /// A host name or an IP address.
    Tcp(String),
}

/// Whether a TCP connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// Never.
    Off,
    /// Where the server offers it (libpq's `prefer`).
    Preferred,
    /// Always; the server's certificate is verified against the machine's authorities.
    Required,
}

/// Why a `DATABASE_URL` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    /// It is no PostgreSQL URL.
    #[error(
        "the database URL cannot be read: {0} (expected postgres://user:password@host:port/database)"
    )]
    Unreadable(String),
    /// It names no host.
    #[error("the database URL names no host")]
    NoHost,
}

impl Address {
    /// The same server and login, another database.
    pub fn with_database(&self, database: &str) -> Self {
        Address { database: database.into(), ..self.clone() }
    }

    /// The same server and database, another login.
    pub fn with_login(&self, user: &str, password: Option<&str>) -> Self {
        Address { user: user.into(), password: password.map(Into::into), ..self.clone() }
    }

    /// The address as a URL that psql and every driver take, password included.
    pub fn url(&self) -> String {
        let login = match &self.password {
            Some(password) => format!("{}:{}", encode(&self.user), encode(password)),
            None => encode(&self.user),
        };
        match &self.host {
            AddressHost::Tcp(host) => {
                let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
                format!("postgresql://{login}@{host}:{}/{}", self.port, encode(&self.database))
            }
            AddressHost::Folder(folder) => format!(
                "postgresql://{login}@/{}?host={}&port={}",
                encode(&self.database),
                encode(&folder.to_string_lossy()),
                self.port
            ),
        }
    }

    pub(crate) fn config(&self) -> tokio_postgres::Config {
        let mut config = tokio_postgres::Config::new();
        match &self.host {
            AddressHost::Folder(folder) => config.host_path(folder),
            AddressHost::Tcp(host) => config.host(host),
        };
        config.port(self.port).user(&self.user).dbname(&self.database);
        if let Some(password) = &self.password {
            config.password(password);
        }
        config.application_name("tenantry");
        config.connect_timeout(std::time::Duration::from_secs(10));
        config.ssl_mode(match self.encryption {
            Encryption::Off => tokio_postgres::config::SslMode::Disable,
            Encryption::Preferred => tokio_postgres::config::SslMode::Prefer,
            Encryption::Required => tokio_postgres::config::SslMode::Require,
        });
        config
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(url: &str) -> Result<Self, AddressError> {
        // libpq's two stricter modes are what `require` already means here.
        let url = url.replace("sslmode=verify-full", "sslmode=require");
        let url = url.replace("sslmode=verify-ca", "sslmode=require");
        let config: tokio_postgres::Config = url
            .parse()
            .map_err(|error: tokio_postgres::Error| AddressError::Unreadable(error.to_string()))?;
        let host = match config.get_hosts().first() {
            Some(Host::Tcp(host)) => AddressHost::Tcp(host.clone()),
            Some(Host::Unix(folder)) => AddressHost::Folder(folder.clone()),
            None => return Err(AddressError::NoHost),
        };
        let user = config.get_user().unwrap_or("postgres").to_owned();
        Ok(Address {
            port: config.get_ports().first().copied().unwrap_or(5432),
            password: config
                .get_password()
                .map(|bytes| String::from_utf8_lossy(bytes).into_owned()),
            database: config.get_dbname().unwrap_or(&user).to_owned(),
            encryption: match (&host, config.get_ssl_mode()) {
                (AddressHost::Folder(_), _) | (_, tokio_postgres::config::SslMode::Disable) => {
                    Encryption::Off
                }
                (_, tokio_postgres::config::SslMode::Require) => Encryption::Required,
                _ => Encryption::Preferred,
            },
            host,
            user,
        })
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}:{} {}@{}", self.host, self.port, self.user, self.database)
    }
}

/// Percent-encodes what is not unreserved in a URL (RFC 3986, 2.3).
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(byte.into())
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_become_addresses_and_back() {
        for url in [
            "postgresql://ann:s%2Fecret@db.example.com:6432/shop",
            "postgresql://ann@[::1]:5432/shop",
            "postgresql://ann@/shop?host=%2Ftmp%2Fa%20b&port=5433",
        ] {
            assert_eq!(url.parse::<Address>().unwrap().url(), url);
        }
        assert!("http://example.com".parse::<Address>().is_err());
        assert!(
            !format!("{:?}", "postgres://a:secret@h/d".parse::<Address>().unwrap())
                .contains("secret")
        );
    }
}
