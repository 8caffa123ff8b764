//! Does what a signed-in person asks about themselves, with the rights of the application's owner:
//! the one thing that a request sets off which no caller could do.

use std::sync::Arc;

use tenantry_app::App;
use tenantry_auth::{Answer, PersonRights, PersonRightsError};
use tenantry_person::{Choices, Journal, Outcome, PersonError, Who};
use tenantry_postgres::{Address, admin};
use tokio::sync::Semaphore;
use tokio_postgres::Client;

/// One application's.
pub struct OwnersRights {
    doer: Arc<Doer>,
}

struct Doer {
    app: App,
    address: Address,
    journal: Journal,
    /// One at a time: each reads a good part of the database.
    turn: Semaphore,
}

impl OwnersRights {
    /// `address` is an administrator's, `journal` where erasures are remembered.
    pub fn new(app: App, address: Address, journal: Journal) -> Self {
        OwnersRights { doer: Arc::new(Doer { app, address, journal, turn: Semaphore::new(1) }) }
    }
}

impl PersonRights for OwnersRights {
    fn export(&self, user_id: String) -> Answer<Vec<u8>> {
        let doer = self.doer.clone();
        Box::pin(async move {
            let _turn = doer.turn.acquire().await.map_err(failed)?;
            let mut client = doer.connect().await?;
            let mut document = Vec::new();
            tenantry_person::export(
                &mut client,
                &doer.app,
                Who::Id(&user_id),
                &mut document,
                &|_, _| {},
            )
            .await
            .map_err(refusal)?;
            Ok(document)
        })
    }

    fn erase(&self, user_id: String) -> Answer<()> {
        let doer = self.doer.clone();
        Box::pin(async move {
            let _turn = doer.turn.acquire().await.map_err(failed)?;
            let mut client = doer.connect().await?;
            tenantry_person::settle(&mut client, &doer.app, &doer.journal)
                .await
                .map_err(refusal)?;
            let choices = Choices::default();
            let outcome =
                tenantry_person::erase(&mut client, &doer.app, Who::Id(&user_id), &choices).await;
            let (Outcome::Done(erasure) | Outcome::DoneBefore(erasure)) =
                outcome.map_err(refusal)?;
            doer.journal.append(&erasure).map_err(failed)
        })
    }
}

impl Doer {
    async fn connect(&self) -> Result<Client, PersonRightsError> {
        admin::connect(&self.address).await.map_err(failed)
    }
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
