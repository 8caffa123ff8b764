//! Rows that came while there was no binding: accounts without a person and people without an
//! account get the other half.

use tenantry_app::{Identity, UserColumn};
use tenantry_postgres::quote_identifier;
use tokio_postgres::Client;

use super::BindingError;
use super::function::quote_table;

/// Completes both sides. One that cannot be completed (an application's rule may refuse it) is
/// left as it is and logged, because it must not keep everybody else out.
pub(super) async fn reconcile(client: &Client, identity: &Identity) -> Result<(), BindingError> {
    let people = quote_table(&identity.users.value);
    let key = quote_identifier(identity.columns.get(UserColumn::Id).unwrap_or("id"));
    let accounts_alone = format!(
        "select account.id::text
        from auth.users as account
        where not exists (select from {people} as person where person.{key}::text = account.id::text)"
    );
    let people_alone = format!(
        "select person.{key}::text
        from {people} as person
        where not exists (select from auth.users as account where account.id::text = person.{key}::text)"
    );
    complete(client, &accounts_alone, "select auth.bind_create_user($1::text::uuid)").await?;
    complete(client, &people_alone, "select auth.bind_create_account($1::text)").await
}

async fn complete(client: &Client, alone: &str, create: &str) -> Result<(), BindingError> {
    let rows = client.query(alone, &[]).await?;
    let create = client.prepare(create).await?;
    for row in rows {
        let id: String = row.get(0);
        if let Err(error) = client.execute(&create, &[&id]).await {
            if error.as_db_error().is_none() {
                return Err(error.into());
            }
            tracing::warn!(user = id, error = %BindingError::from(error), "half a user stays half");
        }
    }
    Ok(())
}
