//! Does what a signed-in person asks about themselves, with the rights of the application's owner:
//! the one thing that a request sets off which no caller could do.

use std::sync::Arc;
use std::time::Duration;

use tenantry_app::App;
use tenantry_auth::{Answer, PersonRights, PersonRightsError};
use tenantry_person::{Choices, Outcome, PersonError, Who};
use tenantry_postgres::{Address, admin};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_postgres::Client;

use crate::erasures::Erasures;

/// How long a request waits for its turn.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// How long a statement of an erasure may take when nobody watches it.
const LONGEST_STATEMENT: Duration = Duration::from_secs(60);

/// One application's.
pub struct OwnersRights {
    doer: Arc<Doer>,
    /// One at a time: each reads a good part of the database.
    turn: Arc<Semaphore>,
}

struct Doer {
    app: App,
    address: Address,
    erasures: Erasures,
}

impl OwnersRights {
    /// `address` is an administrator's, `erasures` where the home remembers them.
    pub fn new(app: App, address: Address, erasures: Erasures) -> Self {
        OwnersRights {
            doer: Arc::new(Doer { app, address, erasures }),
            turn: Arc::new(Semaphore::new(1)),
        }
    }
}

impl PersonRights for OwnersRights {
    fn export(&self, user_id: String) -> Answer<Vec<u8>> {
        let doer = self.doer.clone();
        let work = async move { doer.export(&user_id).await };
        Box::pin(in_turn(self.turn.clone(), LONGEST_WAIT, work))
    }

    fn erase(&self, user_id: String) -> Answer<()> {
        let doer = self.doer.clone();
        let work = async move { doer.erase(&user_id).await };
        Box::pin(in_turn(self.turn.clone(), LONGEST_WAIT, work))
    }
}

impl Doer {
    async fn export(&self, user_id: &str) -> Result<Vec<u8>, PersonRightsError> {
        let mut client = self.connect().await?;
        let mut document = Vec::new();
        let who = Who::Id(user_id);
        tenantry_person::export(&mut client, &self.app, who, &mut document, &|_, _| {})
            .await
            .map_err(refusal)?;
        Ok(document)
    }

    async fn erase(&self, user_id: &str) -> Result<(), PersonRightsError> {
        let mut client = self.connect().await?;
        let journal = &self.erasures.journal;
        tenantry_person::settle(&mut client, &self.app, journal).await.map_err(refusal)?;
        let choices = Choices { statement_timeout: Some(LONGEST_STATEMENT), ..Choices::default() };
        let outcome =
            tenantry_person::erase(&mut client, &self.app, Who::Id(user_id), &choices).await;
        let (erasure, addresses) = match outcome.map_err(refusal)? {
            Outcome::Done { erasure, addresses } => (erasure, addresses),
            Outcome::DoneBefore(erasure) => (erasure, Vec::new()),
        };
        self.erasures.remember(erasure, addresses).await.map_err(failed)
    }

    async fn connect(&self) -> Result<Client, PersonRightsError> {
        admin::connect(&self.address).await.map_err(failed)
    }
}

/// Does the work when its turn comes. It goes on, and keeps its turn, when nobody waits for it any
/// more: PostgreSQL does not hear that a client hung up.
async fn in_turn<T: Send + 'static>(
    turn: Arc<Semaphore>,
    longest_wait: Duration,
    work: impl Future<Output = Result<T, PersonRightsError>> + Send + 'static,
) -> Result<T, PersonRightsError> {
    let permit = match timeout(longest_wait, turn.acquire_owned()).await {
        Ok(permit) => permit.map_err(failed)?,
        Err(_) => return Err(PersonRightsError::Busy),
    };
    let done = tokio::spawn(async move {
        let _permit = permit;
        work.await
    });
    done.await.map_err(failed)?
}

fn failed(error: impl std::fmt::Display) -> PersonRightsError {
    PersonRightsError::Failed(error.to_string())
}

fn refusal(error: PersonError) -> PersonRightsError {
    match error {
        PersonError::Busy => PersonRightsError::Busy,
        PersonError::Refused { message, hint } => PersonRightsError::Refused(
            hint.map_or(message.clone(), |hint| format!("{message}. {hint}")),
        ),
        PersonError::Blocked { .. } => PersonRightsError::Refused(
            "You own data that others work with; an administrator has to hand it over first".into(),
        ),
        other => failed(other),
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn work_keeps_its_turn_when_nobody_waits_for_it() {
        let turn = Arc::new(Semaphore::new(1));
        let wait = Duration::from_millis(20);
        let (end, ended) = oneshot::channel::<()>();
        let (tell, told) = oneshot::channel::<()>();
        let work = async move {
            let _ = ended.await;
            let _ = tell.send(());
            Ok(())
        };
        // The client hangs up.
        assert!(timeout(wait, in_turn(turn.clone(), wait, work)).await.is_err());
        let second = in_turn(turn.clone(), wait, async { Ok(()) }).await;
        assert!(matches!(second, Err(PersonRightsError::Busy)), "{second:?}");
        end.send(()).unwrap();
        told.await.unwrap();
        in_turn(turn, Duration::from_secs(5), async { Ok(()) }).await.unwrap();
    }
}
