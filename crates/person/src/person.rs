//! Who is meant.

use std::collections::BTreeSet;

use tenantry_postgres::quote_identifier;
use tokio_postgres::Transaction;
use uuid::Uuid;

use crate::PersonError;
use crate::rules::{Root, Rules, auth_table};
use crate::sql;

/// Whom an export or an erasure is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who<'a> {
    /// The person with this id, and nobody else.
    Id(&'a str),
    /// Whoever an operator means: by id, or, where nobody has such an id, by e-mail address, username
    /// or telephone number. What reads as a UUID is never a name, because people choose their names.
    Called(&'a str),
}

/// A person as the users tables know them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    /// The id, in lower case.
    pub id: String,
    /// Every e-mail address that is theirs alone, in lower case.
    pub emails: Vec<String>,
}

impl<'a> Who<'a> {
    /// What was asked for.
    pub(crate) fn text(self) -> &'a str {
        match self {
            Who::Id(text) | Who::Called(text) => text,
        }
    }

    /// Whether it can be something else than an id.
    fn can_be_a_name(self) -> bool {
        matches!(self, Who::Called(text) if Uuid::try_parse(text).is_err())
    }
}

/// Finds who is meant; `None` where nobody is.
pub(crate) async fn find(
    transaction: &Transaction<'_>,
    rules: &Rules,
    who: Who<'_>,
) -> Result<Option<Person>, PersonError> {
    let by_id = |root: &Root| vec![root.id.clone()];
    let mut ids = ids(transaction, rules, who.text(), by_id).await?;
    if ids.is_empty() && who.can_be_a_name() {
        ids = self::ids(transaction, rules, who.text(), |root| root.names.clone()).await?;
    }
    let mut ids = ids.into_iter();
    match (ids.next(), ids.next()) {
        (None, _) => Ok(None),
        (Some(first), Some(second)) => {
            Err(PersonError::Ambiguous { user: who.text().into(), first, second })
        }
        (Some(id), None) => {
            let emails = emails(transaction, rules, &id).await?;
            Ok(Some(Person { id, emails }))
        }
    }
}

/// The ids of those who have this text in one of the columns.
async fn ids(
    transaction: &Transaction<'_>,
    rules: &Rules,
    text: &str,
    columns: impl Fn(&Root) -> Vec<String>,
) -> Result<BTreeSet<String>, PersonError> {
    let mut ids = BTreeSet::new();
    for root in &rules.roots {
        let named = columns(root).into_iter().map(|column| {
            format!("lower(t.{}::text) = lower($1::text)", quote_identifier(&column))
        });
        let statement = format!(
            "select lower(t.{}::text)\nfrom {} as t\nwhere $1::text is not null\nand {}",
            quote_identifier(&root.id),
            sql::table(&root.table),
            sql::any(named)
        );
        let rows = transaction.query(&statement, &[&text]).await?;
        ids.extend(rows.iter().map(|row| row.get::<_, String>(0)));
    }
    Ok(ids)
}

/// The addresses of the users tables, and those that are only claimed, where no other account has
/// or claims them: a change that was not confirmed, and what a provider says.
async fn emails(
    transaction: &Transaction<'_>,
    rules: &Rules,
    id: &str,
) -> Result<Vec<String>, PersonError> {
    let identities = Root {
        table: auth_table("identities"),
        id: "user_id".into(),
        names: Vec::new(),
        emails: Vec::new(),
        claims: vec!["email".into()],
    };
    let roots: Vec<&Root> = rules.roots.iter().chain([&identities]).collect();
    let (mut own, mut claimed) = (BTreeSet::new(), BTreeSet::new());
    for root in &roots {
        own.extend(addresses(transaction, root, &root.emails, id).await?);
        claimed.extend(addresses(transaction, root, &root.claims, id).await?);
    }
    let claimed: Vec<&String> = claimed.difference(&own).collect();
    let of_nobody_else: Vec<String> = roots
        .iter()
        .flat_map(|root| root.emails.iter().chain(&root.claims).map(move |column| (root, column)))
        .map(|(root, column)| {
            format!(
                "not exists (select from {} as t where lower(t.{}::text) = address and lower(t.{}::text) <> $2::text)",
                sql::table(&root.table),
                quote_identifier(column),
                quote_identifier(&root.id),
            )
        })
        .collect();
    let statement = format!(
        "select address\nfrom unnest($1::text[]) as address\nwhere {}",
        of_nobody_else.join("\nand ")
    );
    let rows = transaction.query(&statement, &[&claimed, &id]).await?;
    let claimed: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    own.extend(claimed);
    Ok(own.into_iter().collect())
}

/// What the columns of a table say about this person.
async fn addresses(
    transaction: &Transaction<'_>,
    root: &Root,
    columns: &[String],
    id: &str,
) -> Result<Vec<String>, PersonError> {
    let mut found = Vec::new();
    for column in columns {
        let statement = format!(
            "select lower(t.{email}::text)\nfrom {} as t\nwhere lower(t.{}::text) = $1::text\nand t.{email}::text <> ''",
            sql::table(&root.table),
            quote_identifier(&root.id),
            email = quote_identifier(column),
        );
        let rows = transaction.query(&statement, &[&id]).await?;
        found.extend(rows.iter().map(|row| row.get::<_, String>(0)));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reads_as_an_id_is_no_name() {
        for (who, expected) in [
            (Who::Called("ann"), true),
            (Who::Called("ann@example.com"), true),
            (Who::Called("7D444840-9DC0-11D1-B245-5FFDCE74FAD2"), false),
            (Who::Id("ann"), false),
        ] {
            assert_eq!(who.can_be_a_name(), expected, "{who:?}");
        }
    }
}
