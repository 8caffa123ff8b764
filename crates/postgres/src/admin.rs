//! Connections for administration: migrations, seeds, the catalog, roles. Never for a request.

use std::future::poll_fn;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio_postgres::{AsyncMessage, Client, Connection, Error, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::address::{Address, AddressHost, Encryption};
use crate::tls;

/// Connects for administration. The connection lives until the client is dropped.
///
/// # Errors
/// What PostgreSQL or the network says.
pub async fn connect(address: &Address) -> Result<Client, Error> {
    let config = address.config();
    match tls_for(address) {
        Some(tls) => {
            let (client, connection) = config.connect(tls).await?;
            drive(connection);
            Ok(client)
        }
        None => {
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

/// Hears the notifications of its channels.
pub struct Listener {
    client: Client,
    notifications: mpsc::UnboundedReceiver<Notification>,
}

/// What somebody said with `notify`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// On which channel.
    pub channel: String,
    /// What, or nothing.
    pub payload: String,
}

impl Listener {
    /// Connects and listens on `channel`.
    ///
    /// # Errors
    /// What PostgreSQL or the network says.
    pub async fn connect(address: &Address, channel: &str) -> Result<Self, Error> {
        let (sender, notifications) = mpsc::unbounded_channel();
        let config = address.config();
        let client = match tls_for(address) {
            Some(tls) => {
                let (client, connection) = config.connect(tls).await?;
                forward(connection, sender);
                client
            }
            None => {
                let (client, connection) = config.connect(NoTls).await?;
                forward(connection, sender);
                client
            }
        };
        let listener = Listener { client, notifications };
        listener.also(channel).await?;
        Ok(listener)
    }

    /// Listens on another channel, too.
    ///
    /// # Errors
    /// What PostgreSQL or the network says.
    pub async fn also(&self, channel: &str) -> Result<(), Error> {
        self.client.batch_execute(&format!("listen {}", crate::quote_identifier(channel))).await
    }

    /// Waits for a notification; with it come those that were said meanwhile. `None` when the
    /// connection ended.
    pub async fn heard(&mut self) -> Option<Vec<Notification>> {
        let mut said = vec![self.notifications.recv().await?];
        while let Ok(more) = self.notifications.try_recv() {
            said.push(more);
        }
        Some(said)
    }

    /// The same, for who listens on one channel only: what they say.
    pub async fn notified(&mut self) -> Option<Vec<String>> {
        let heard = self.heard().await?;
        Some(heard.into_iter().map(|notification| notification.payload).collect())
    }

    /// The connection, for looking at what the notification was about.
    pub fn client(&self) -> &Client {
        &self.client
    }
}

fn forward<S, T>(mut connection: Connection<S, T>, sender: mpsc::UnboundedSender<Notification>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    tokio::spawn(async move {
        while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
            let AsyncMessage::Notification(notification) = message else { continue };
            let heard = Notification {
                channel: notification.channel().to_owned(),
                payload: notification.payload().to_owned(),
            };
            if sender.send(heard).is_err() {
                return;
            }
        }
    });
}

/// TLS, for an address that may need it.
fn tls_for(address: &Address) -> Option<MakeRustlsConnect> {
    let plain =
        matches!(address.host, AddressHost::Folder(_)) || address.encryption == Encryption::Off;
    if plain {
        return None;
    }
    tls::client_config().ok().map(MakeRustlsConnect::new)
}
