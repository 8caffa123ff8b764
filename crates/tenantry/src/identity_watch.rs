//! Keeps the program and a database of one mind about its people: tokens of login sessions that
//! ended are refused here too, what expired is swept, and security events are in the log.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tenantry_auth::alerts::{SecurityAlerts, is_routine};
use tenantry_caller::{Capability, EndedSessions};
use tenantry_postgres::admin::{Listener, Notification};
use tenantry_postgres::{Address, quote_identifier};
use tokio::time::timeout;
use tokio_postgres::Client;

use crate::platform::RECONNECT_PAUSE;

/// Where the database says that a login session ended (`auth.remember_ended_session`).
const SESSIONS: &str = "tenantry_sessions";
/// Where the database announces a security event (`auth.note_event`): its action and its row's id.
const SECURITY: &str = "tenantry_security";

/// Ends are heard at once; this is for what was not, so that with the time that reading takes a
/// token is refused within five seconds.
const LOOK: Duration = Duration::from_secs(3);
/// A server that does not answer for so long is connected to anew.
const PATIENCE: Duration = Duration::from_secs(1);
const SWEEP: Duration = Duration::from_secs(60);
/// While it runs, no end is heard.
const SWEEP_PATIENCE: Duration = Duration::from_secs(2);
/// A transaction may commit so long after it noted the time.
const OVERLAP_SECONDS: f64 = 60.0;

const ENDED: &str = "\
select ended.session_id::text
from auth.ended_sessions as ended
where ended.ended_at > clock_timestamp() - make_interval(secs => $1)";

/// One program at a time sweeps; the others find nothing left to do.
const TRY_SWEEP: &str = "\
select auth.sweep()
where pg_try_advisory_xact_lock(hashtext('tenantry sweep'))";

/// One application whose people are watched.
pub struct IdentityWatch {
    pub app: String,
    /// How requests reach the database.
    pub address: Address,
    /// The login sessions whose tokens are refused.
    pub ended: EndedSessions,
    /// How long an access token is valid.
    pub token_seconds: i64,
    /// Who is told of security events.
    pub alerts: SecurityAlerts,
}

impl IdentityWatch {
    /// Watches for as long as the program runs, after reading what is.
    pub async fn follow(self, client: &Client) -> Result<()> {
        let all = self.token_seconds as f64 + OVERLAP_SECONDS;
        let app = &self.app;
        self.read(client, all).await.with_context(|| format!("the login sessions of {app}"))?;
        tokio::spawn(async move {
            loop {
                if let Err(error) = self.listen().await {
                    tracing::warn!(app = self.app, %error, "login sessions are not watched at this moment");
                }
                tokio::time::sleep(RECONNECT_PAUSE).await;
            }
        });
        Ok(())
    }

    /// Reads after every notification and every few seconds, until the connection fails.
    async fn listen(&self) -> Result<()> {
        let connecting = Listener::connect(&self.address, SESSIONS);
        let mut listener = timeout(PATIENCE, connecting).await??;
        let role = quote_identifier(Capability::Auth.role());
        let become_role = format!("set role {role}; set lock_timeout = '500ms'");
        timeout(PATIENCE, listener.client().batch_execute(&become_role)).await??;
        timeout(PATIENCE, listener.also(SECURITY)).await??;
        // What ended while nobody listened.
        let all = self.token_seconds as f64 + OVERLAP_SECONDS;
        timeout(PATIENCE, self.read(listener.client(), all)).await??;
        let mut swept = Instant::now();
        loop {
            match timeout(LOOK, listener.heard()).await {
                Ok(heard) => {
                    let heard = heard.context("the connection ended")?;
                    self.note(listener.client(), &heard).await?;
                }
                Err(_) => {
                    timeout(PATIENCE, self.read(listener.client(), OVERLAP_SECONDS)).await??
                }
            }
            if swept.elapsed() >= SWEEP {
                swept = Instant::now();
                self.sweep(listener.client()).await?;
                self.ended.forget(self.token_seconds + OVERLAP_SECONDS as i64);
            }
        }
    }

    /// Somebody may hold what is to be swept; then it is swept the next time.
    async fn sweep(&self, client: &Client) -> Result<()> {
        match timeout(SWEEP_PATIENCE, client.execute(TRY_SWEEP, &[])).await? {
            Err(error) if error.as_db_error().is_none() => Err(error.into()),
            Err(error) => {
                tracing::warn!(app = self.app, %error, "what expired is not swept");
                Ok(())
            }
            Ok(_) => Ok(()),
        }
    }

    async fn note(&self, client: &Client, heard: &[Notification]) -> Result<()> {
        let app = &*self.app;
        let on = |channel: &'static str| heard.iter().filter(move |said| said.channel == channel);
        self.ended.add(on(SESSIONS).map(|said| said.payload.as_str()));
        for said in on(SECURITY) {
            let (action, entry) = said.payload.split_once(' ').unwrap_or((&said.payload, ""));
            if is_routine(action) {
                tracing::info!(target: "security", app, action, entry, "security event");
                continue;
            }
            tracing::warn!(target: "security", app, action, entry, "security event");
            timeout(PATIENCE, self.alerts.tell(client, entry)).await??;
        }
        Ok(())
    }

    async fn read(&self, client: &Client, seconds: f64) -> Result<()> {
        let rows = client.query(ENDED, &[&seconds]).await?;
        let ids: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        self.ended.add(ids.iter().map(String::as_str));
        Ok(())
    }
}
