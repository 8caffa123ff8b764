//! Finds a person's rows, node by node, in temporary tables that end with the transaction.

use tokio_postgres::{Error, Transaction};

use crate::facts::Facts;
use crate::person::Person;
use crate::plan::{Fate, Plan};
use crate::sql;

const FUNCTIONS: &str = include_str!("../sql/functions.sql");
const DROP_FUNCTIONS: &str = include_str!("../sql/drop_functions.sql");

/// Rows are sought in this order: what is erased is not also kept, and so on.
const FATES: [Fate; 5] = [Fate::Erase, Fate::Keep, Fate::HandOver, Fate::Block, Fate::Forget];

/// Whether the rows that are found are locked, so that nobody adds to them or changes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Locking {
    /// For an erasure. From the users table down: a row that is locked gets no new ones below it. A
    /// row that somebody else has locked is not waited for, because they may wait for a trail.
    Lock,
    /// For an export, whose transaction sees one moment anyway.
    Leave,
}

/// Fills `pg_temp.person_N` for every node, and `pg_temp.person_ids`; answers how many rows each
/// node has.
pub(crate) async fn collect(
    transaction: &Transaction<'_>,
    facts: &Facts,
    plan: &Plan,
    person: &Person,
    locking: Locking,
) -> Result<Vec<u64>, Error> {
    transaction.batch_execute(FUNCTIONS).await?;
    transaction.execute("insert into pg_temp.person_who values ($1)", &[&person.id]).await?;
    let keys = plan.owner_keys();
    transaction
        .execute("insert into pg_temp.person_keys select unnest($1::text[])", &[&keys])
        .await?;
    for (number, node) in plan.nodes.iter().enumerate() {
        let columns = match sql::columns("t", &node.columns) {
            columns if columns.is_empty() => columns,
            columns => format!(", {columns}"),
        };
        let create = format!(
            "create temporary table person_{number} on commit drop as\n\
             select t.tableoid as tenantry_relation, t.ctid as tenantry_place{columns}\n\
             from {} as t\nwhere false",
            sql::table(&node.table)
        );
        transaction.batch_execute(&create).await?;
    }
    let mut counts = vec![0; plan.nodes.len()];
    for (number, node) in plan.nodes.iter().enumerate().take(plan.roots) {
        let statement = statement(plan, number, &sql::is_person(&node.ids[0]), locking);
        counts[number] += transaction.execute(&statement, &[]).await?;
    }
    for fate in FATES {
        // Tables may refer in circles, so it goes on until a round finds nothing.
        while round(transaction, plan, locking, fate, &mut counts).await? > 0 {}
    }
    note_ids(transaction, facts, plan, person).await?;
    Ok(counts)
}

/// Takes away what the end of the transaction would leave in the session.
pub(crate) async fn finish(transaction: &Transaction<'_>) -> Result<(), Error> {
    transaction.batch_execute(DROP_FUNCTIONS).await
}

async fn round(
    transaction: &Transaction<'_>,
    plan: &Plan,
    locking: Locking,
    fate: Fate,
    counts: &mut [u64],
) -> Result<u64, Error> {
    let mut found = 0;
    for (number, node) in plan.nodes.iter().enumerate().filter(|(_, node)| node.fate == fate) {
        for arrival in &node.arrivals {
            let text = statement(plan, number, &sql::reached(arrival), locking);
            let rows = transaction.execute(&text, &[]).await?;
            counts[number] += rows;
            found += rows;
            if rows > 0 {
                // So that the next statement knows whether an index pays.
                transaction.batch_execute(&format!("analyze {}", sql::set(number))).await?;
            }
        }
    }
    Ok(found)
}

/// Adds the rows that fulfil the condition, but for those whose fate is decided.
fn statement(plan: &Plan, number: usize, condition: &str, locking: Locking) -> String {
    let node = &plan.nodes[number];
    let decided = plan.nodes.iter().enumerate().filter(|(other, candidate)| {
        candidate.table == node.table && (candidate.fate < node.fate || *other == number)
    });
    let decided: String =
        decided.map(|(other, _)| format!("\nand not {}", sql::among(other))).collect();
    let columns = match sql::columns("t", &node.columns) {
        columns if columns.is_empty() => columns,
        columns => format!(", {columns}"),
    };
    let lock = if locking == Locking::Lock { "\nfor update of t nowait" } else { "" };
    format!(
        "insert into {}\nselect t.tableoid, t.ctid{columns}\nfrom {} as t\nwhere {condition}{decided}{lock}",
        sql::set(number),
        sql::table(&node.table)
    )
}

/// Ids of rows that stay keep their own name; everything else gets a pseudonym that nothing leads
/// back from. Only what looks like a UUID and is not also the key of somebody else's row is
/// unmistakable. The person's own id is theirs all the same.
async fn note_ids(
    transaction: &Transaction<'_>,
    facts: &Facts,
    plan: &Plan,
    person: &Person,
) -> Result<(), Error> {
    for (number, node) in plan.nodes.iter().enumerate() {
        let pseudonym = match node.fate {
            Fate::Erase => "gen_random_uuid()::text",
            Fate::Keep => "ids.id",
            Fate::HandOver | Fate::Block | Fate::Forget => continue,
        };
        for column in &node.ids {
            let insert = format!(
                "insert into pg_temp.person_ids (id, pseudonym, of_row)\n\
                 select ids.id, {pseudonym}, true\n\
                 from (select distinct lower({}::text) as id from {} as s) as ids\n\
                 where ids.id ~ {}\nand {}\n\
                 on conflict do nothing",
                sql::columns("s", std::slice::from_ref(column)),
                sql::set(number),
                sql::UUID,
                sql::no_others_key(facts, plan, "ids.id")
            );
            transaction.execute(&insert, &[]).await?;
        }
    }
    transaction
        .execute(
            "insert into pg_temp.person_ids (id, pseudonym)
             select address, 'erased-' || gen_random_uuid() || '@erased.invalid'
             from unnest($1::text[]) as address
             on conflict do nothing",
            &[&person.emails],
        )
        .await?;
    transaction
        .execute(
            "insert into pg_temp.person_ids (id, pseudonym)
             values ($1, gen_random_uuid()::text)
             on conflict do nothing",
            &[&person.id],
        )
        .await?;
    Ok(())
}
