//! Who is meant.

use std::collections::BTreeSet;

use tenantry_postgres::quote_identifier;
use tokio_postgres::Transaction;

use crate::PersonError;
use crate::rules::{Root, Rules};
use crate::sql;

/// A person as the users tables know them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    /// The id, in lower case.
    pub id: String,
    /// Every e-mail address of theirs, in lower case.
    pub emails: Vec<String>,
}

/// Finds who has this id, e-mail address, username or telephone number; `None` where nobody has.
pub(crate) async fn find(
    transaction: &Transaction<'_>,
    rules: &Rules,
    user: &str,
) -> Result<Option<Person>, PersonError> {
    let mut ids = BTreeSet::new();
    for root in &rules.roots {
        let named =
            root.names.iter().chain([&root.id]).map(|column| {
                format!("lower(t.{}::text) = lower($1::text)", quote_identifier(column))
            });
        let statement = format!(
            "select lower(t.{}::text) from {} as t where {}",
            quote_identifier(&root.id),
            sql::table(&root.table),
            sql::any(named)
        );
        let rows = transaction.query(&statement, &[&user]).await?;
        ids.extend(rows.iter().map(|row| row.get::<_, String>(0)));
    }
    let mut ids = ids.into_iter();
    match (ids.next(), ids.next()) {
        (None, _) => Ok(None),
        (Some(first), Some(second)) => {
            Err(PersonError::Ambiguous { user: user.into(), first, second })
        }
        (Some(id), None) => {
            let emails = emails(transaction, rules, &id).await?;
            Ok(Some(Person { id, emails }))
        }
    }
}

/// Every address that the users tables and the identities have of this person.
async fn emails(
    transaction: &Transaction<'_>,
    rules: &Rules,
    id: &str,
) -> Result<Vec<String>, PersonError> {
    let identities = Root {
        table: crate::rules::auth_table("identities"),
        id: "user_id".into(),
        names: Vec::new(),
        emails: vec!["email".into()],
    };
    let mut found = BTreeSet::new();
    for root in rules.roots.iter().chain([&identities]) {
        for column in &root.emails {
            let statement = format!(
                "select lower(t.{email}::text) from {} as t where lower(t.{}::text) = $1::text and t.{email}::text <> ''",
                sql::table(&root.table),
                quote_identifier(&root.id),
                email = quote_identifier(column),
            );
            let rows = transaction.query(&statement, &[&id]).await?;
            found.extend(rows.iter().map(|row| row.get::<_, String>(0)));
        }
    }
    Ok(found.into_iter().collect())
}
