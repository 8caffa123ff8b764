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

/// Listens on `channel`, and calls `notified` with a client of the same database for every
/// notification, once for those that came while it was busy. Ends when the connection does.
///
/// # Errors
/// What PostgreSQL or the network says.
pub async fn listen(
    address: &Address,
    channel: &str,
    mut notified: impl AsyncFnMut(&Client),
) -> Result<(), Error> {
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    let config = address.config();
    let plain = matches!(address.host, AddressHost::Folder(_)) || address.encryption == Encryption::Off;
    let client = match tls::client_config() {
        Ok(tls) if !plain => {
            let (client, connection) = config.connect(tokio_postgres_rustls::MakeRustlsConnect::new(tls)).await?;
            forward(connection, sender);
            client
        }
        _ => {
            let (client, connection) = config.connect(NoTls).await?;
            forward(connection, sender);
            client
        }
    };
    client.batch_execute(&format!("listen {}", crate::quote_identifier(channel))).await?;
    while receiver.recv().await.is_some() {
        while receiver.try_recv().is_ok() {}
        notified(&client).await;
    }
    Ok(())
}

fn forward<S, T>(
    mut connection: tokio_postgres::Connection<S, T>,
    sender: tokio::sync::mpsc::UnboundedSender<()>,
) where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    tokio::spawn(async move {
        while let Some(Ok(message)) = std::future::poll_fn(|context| connection.poll_message(context)).await {
            if matches!(message, tokio_postgres::AsyncMessage::Notification(_)) && sender.send(()).is_err() {
                return;
            }
        }
    });
}
