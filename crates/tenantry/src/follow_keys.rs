//! Keeps what the program knows of an application's keys as it is in the database.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tenantry_auth::keys::{self, StoredKeys};
use tenantry_caller::{Authenticator, Capability, Seal};
use tenantry_postgres::admin::Listener;
use tenantry_postgres::{Address, quote_identifier};
use tokio::time::timeout;
use tokio_postgres::Client;

use crate::platform::RECONNECT_PAUSE;
use crate::secrets::ANONYMOUS_ROLE;

/// Changes are heard at once; this is for what was not: with the time that reading takes, a key
/// that was revoked is refused within five seconds.
const LOOK: Duration = Duration::from_secs(3);
/// A server that does not answer for so long is connected to anew.
const PATIENCE: Duration = Duration::from_secs(1);
/// Use is noted so often.
const NOTE: Duration = Duration::from_secs(60);

/// An application whose keys are followed.
pub struct FollowedKeys {
    pub app: String,
    /// How requests reach the database: their login may read the keys, too.
    pub address: Address,
    pub seal: Seal,
    pub accepts_shared_secret: bool,
}

impl FollowedKeys {
    /// An authenticator with the keys as they are, now and from now on.
    pub async fn follow(self, client: &Client) -> Result<Authenticator> {
        let app = &self.app;
        let known = StoredKeys::read(client).await.with_context(|| format!("the keys of {app}"))?;
        let ring = known.ring(&self.seal, self.accepts_shared_secret)?;
        let authenticator = Authenticator::with_keys(ring, Some(ANONYMOUS_ROLE.into()));
        let following = Following {
            keys: self,
            authenticator: authenticator.clone(),
            known,
            noted: Instant::now(),
        };
        tokio::spawn(following.run());
        Ok(authenticator)
    }
}

struct Following {
    keys: FollowedKeys,
    authenticator: Authenticator,
    known: StoredKeys,
    noted: Instant,
}

impl Following {
    async fn run(mut self) {
        loop {
            if let Err(error) = self.listen().await {
                tracing::warn!(app = self.keys.app, %error, "the keys are not followed at this moment");
            }
            tokio::time::sleep(RECONNECT_PAUSE).await;
        }
    }

    /// Reads after every notification and every few seconds, until the connection fails.
    async fn listen(&mut self) -> Result<()> {
        let connecting = Listener::connect(&self.keys.address, keys::CHANNEL);
        let mut listener = timeout(PATIENCE, connecting).await??;
        let role = quote_identifier(Capability::Auth.role());
        listener.client().batch_execute(&format!("set role {role}")).await?;
        loop {
            timeout(PATIENCE, self.read(listener.client())).await??;
            if let Ok(said) = timeout(LOOK, listener.notified()).await {
                said.context("the connection ended")?;
            }
        }
    }

    async fn read(&mut self, client: &Client) -> Result<()> {
        if self.noted.elapsed() >= NOTE {
            self.noted = Instant::now();
            let used = self.authenticator.keys().take_used();
            if !used.is_empty() {
                keys::note_use(client, &used).await?;
            }
        }
        let found = StoredKeys::read(client).await?;
        if found != self.known {
            let ring = found.ring(&self.keys.seal, self.keys.accepts_shared_secret)?;
            self.authenticator.replace_keys(ring);
            self.known = found;
            tracing::info!(app = self.keys.app, "the keys were read again");
        }
        Ok(())
    }
}
