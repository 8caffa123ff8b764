//! Connections for administration: migrations, seeds, the catalog, roles. Never for a request.

use tokio_postgres::{Client, Error, NoTls};

use crate::address::{Address, AddressHost, Encryption};
use crate::tls;

/// Connects for administration. The connection lives until the client is dropped.
///
/// # Errors
/// What PostgreSQL or the network says.
pub async fn connect(address: &Address) -> Result<Client, Error> {
    let config = address.config();
    let plain =
        matches!(address.host, AddressHost::Folder(_)) || address.encryption == Encryption::Off;
    match tls::client_config() {
        Ok(tls) if !plain => {
            let (client, connection) =
                config.connect(tokio_postgres_rustls::MakeRustlsConnect::new(tls)).await?;
            drive(connection);
            Ok(client)
        }
        _ => {
            let (client, connection) = config.connect(NoTls).await?;
            drive(connection);
            Ok(client)
        }
    }
}

fn drive(connection: impl Future<Output = Result<(), Error>> + Send + 'static) {
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "an administration connection ended");
        }
    });
}
