//! Keys of people's programs, looked up in the database: in the application's own table where the
//! manifest binds one, else in `auth.personal_keys`.

use std::sync::Arc;

use serde_json::{Map, Value};
use tenantry_caller::{LookUp, LookUpError, PersonalKeyStore};
use tenantry_postgres::{Database, Statement};

use crate::AuthError;
use crate::store::Store;

const PERSONAL_KEY: &str = include_str!("../sql/personal_key.sql");

/// The longest key that is looked up, in bytes.
const LONGEST_KEY: usize = 256;

/// The keys of people in one application's database.
pub fn personal_keys(database: Database) -> Arc<dyn PersonalKeyStore> {
    Arc::new(PersonalKeys { store: Store::new(database) })
}

struct PersonalKeys {
    store: Store,
}

impl PersonalKeys {
    async fn claims(&self, key: &str) -> Result<Option<Map<String, Value>>, AuthError> {
        if key.len() > LONGEST_KEY || key.contains('\0') {
            return Ok(None);
        }
        let statement = Statement::new(PERSONAL_KEY).bind(key.to_owned());
        let rows = self.store.write_unasked(vec![statement]).await?;
        let claims = rows.first().and_then(|rows| rows.first()).and_then(|row| row.bytes(0));
        let claims = claims.map(|claims| serde_json::from_slice(&claims)).transpose();
        claims.map_err(|_| AuthError::Unexpected("claims of another shape"))
    }
}

impl PersonalKeyStore for PersonalKeys {
    fn look_up<'a>(&'a self, key: &'a str) -> LookUp<'a> {
        Box::pin(async move {
            self.claims(key).await.map_err(|error| {
                tracing::error!(%error, "a key could not be looked up");
                LookUpError
            })
        })
    }
}
