//! Audit trails: that something happened stays, what and from where it was goes. They refuse
//! changes by triggers, which rest while this transaction redacts.

use tenantry_app::TableName;
use tenantry_postgres::{quote_identifier, quote_literal};

use super::Work;
use crate::PersonError;
use crate::counts::{Counts, Deed};
use crate::facts::{Column, Kind, Table};
use crate::plan::{Actor, Trail};
use crate::sql;

const TRIGGERS: &str = include_str!("../../sql/trail_triggers.sql");

/// The statements that switch the triggers on again.
pub(super) struct Resting(Vec<String>);

impl Work<'_> {
    /// Switches off what guards the trails. Others can read, and write again after this transaction.
    pub(super) async fn open_trails(&self) -> Result<Resting, PersonError> {
        let mut again = Vec::new();
        for trail in &self.plan.trails {
            let name = [&trail.table.schema, &trail.table.table];
            for row in self.transaction.query(TRIGGERS, &[name[0], name[1]]).await? {
                let table = sql::table(&TableName { schema: row.get(0), table: row.get(1) });
                let trigger = quote_identifier(row.get(2));
                let enable: &str = row.get(3);
                let rest = format!("alter table {table} disable trigger {trigger}");
                self.transaction.batch_execute(&rest).await?;
                again.push(format!("alter table {table} {enable} trigger {trigger}"));
            }
        }
        Ok(Resting(again))
    }

    /// Switches it on again, as it was.
    pub(super) async fn close_trails(&self, resting: Resting) -> Result<(), PersonError> {
        for enable in resting.0 {
            self.transaction.batch_execute(&enable).await?;
        }
        Ok(())
    }

    /// A trail also tells of rows that were deleted earlier. Where it quotes one that refers to the
    /// person's rows, that row was theirs, too, and so is what the trail says about it.
    pub(super) async fn find_former_rows(&self) -> Result<(), PersonError> {
        for trail in &self.plan.trails {
            let Some(table) = self.facts.table(&trail.table) else { continue };
            let owned = sql::any(trail.documents.iter().map(|column| sql::owns(column)));
            for subject in columns(table, &trail.subjects) {
                let quoted = quote_identifier(&subject.name);
                let find = format!(
                    "insert into pg_temp.person_ids (id, pseudonym)\n\
                     select former.id, gen_random_uuid()::text\n\
                     from (select distinct lower(t.{quoted}::text) as id from {} as t where {owned}) as former\n\
                     where former.id ~ {}\nand {}\n\
                     on conflict do nothing",
                    sql::table(&trail.table),
                    sql::UUID,
                    sql::nowhere(self.facts, "former.id"),
                );
                while self.transaction.execute(&find, &[]).await? > 0 {}
            }
        }
        Ok(())
    }

    /// What the person did themselves: by whom, from where and with which values goes.
    pub(super) async fn redact_own_entries(&self, counts: &mut Counts) -> Result<(), PersonError> {
        self.transaction
            .batch_execute(
                "create temporary table person_entries (
                     relation oid not null,
                     place tid not null
                 ) on commit drop",
            )
            .await?;
        for trail in &self.plan.trails {
            let Some(table) = self.facts.table(&trail.table) else { continue };
            let Some(acted) = sql::acted(trail) else { continue };
            let mut assignments: Vec<String> = columns(table, &trail.origin)
                .map(|column| format!("{} = {}", quote_identifier(&column.name), nothing(column)))
                .collect();
            assignments.extend(
                columns(table, &trail.documents).map(|column| marker(column, &trail.own_keys)),
            );
            if let Some(Actor::Column(name)) = &trail.actor
                && let Some(column) = table.column(name)
            {
                let value =
                    if column.not_null { sql::pseudonym(column) } else { "null".to_owned() };
                assignments.push(format!("{} = {value}", quote_identifier(name)));
            }
            // The new place of each entry is noted, so that none is counted twice.
            let redact = format!(
                "with redacted as (\n\
                 update {} as t\nset {}\nwhere {acted}\nreturning t.tableoid, t.ctid\n)\n\
                 insert into pg_temp.person_entries\nselect * from redacted",
                sql::table(&trail.table),
                assignments.join(",\n    ")
            );
            let rows = self.transaction.execute(&redact, &[]).await?;
            counts.add(&trail.table, Deed::Redacted, rows);
        }
        Ok(())
    }

    /// What others did with the person's rows, the deletion just now included: the values go; the
    /// origin goes unless it is somebody else's.
    pub(super) async fn redact_entries_about(
        &self,
        counts: &mut Counts,
    ) -> Result<(), PersonError> {
        for (number, trail) in self.plan.trails.iter().enumerate() {
            let Some(table) = self.facts.table(&trail.table) else { continue };
            let about = format!("pg_temp.person_about_{number}");
            let subjects: Vec<&Column> = columns(table, &trail.subjects).collect();
            let named = subjects.iter().map(|column| sql::names_person(column));
            let owned = trail.documents.iter().map(|column| sql::owns(column));
            let quoted = trail.documents.iter().map(|column| {
                format!("pg_temp.person_quoted(t.{}::text)", quote_identifier(column))
            });
            let whole = sql::any(named.clone().chain(owned));
            let create = format!(
                "create temporary table person_about_{number} (relation oid, place tid, whole boolean) on commit drop"
            );
            self.transaction.batch_execute(&create).await?;
            let find = format!(
                "insert into {about}\n\
                 select t.tableoid, t.ctid, coalesce({whole}, false)\nfrom {} as t\nwhere {}",
                sql::table(&trail.table),
                sql::any(named.chain(quoted)),
            );
            self.transaction.execute(&find, &[]).await?;
            let fresh = format!(
                "select count(*) from {about} as a\n\
                 where (a.relation, a.place) not in (select e.relation, e.place from pg_temp.person_entries as e)"
            );
            let rows: i64 = self.transaction.query_one(&fresh, &[]).await?.get(0);
            counts.add(&trail.table, Deed::Redacted, u64::try_from(rows).unwrap_or(0));
            for (whole, assignments) in
                [(true, about_them(trail, table)), (false, mentioning(trail, table))]
            {
                if assignments.is_empty() {
                    continue;
                }
                let redact = format!(
                    "update {} as t\nset {}\nwhere (t.tableoid, t.ctid) in (select a.relation, a.place from {about} as a where a.whole = {whole})",
                    sql::table(&trail.table),
                    assignments.join(",\n    ")
                );
                self.transaction.execute(&redact, &[]).await?;
            }
        }
        Ok(())
    }
}

/// For entries about the person's rows.
fn about_them(trail: &Trail, table: &Table) -> Vec<String> {
    let subjects = columns(table, &trail.subjects).map(|column| {
        let quoted = quote_identifier(&column.name);
        format!("{quoted} = coalesce({}, t.{quoted})", sql::pseudonym(column))
    });
    let documents =
        columns(table, &trail.documents).map(|column| marker(column, &trail.other_keys));
    let origin = columns(table, &trail.origin).filter_map(|column| {
        let Some(Actor::Column(actor)) = &trail.actor else { return None };
        let quoted = quote_identifier(&column.name);
        let actor = quote_identifier(actor);
        let nothing = nothing(column);
        Some(format!("{quoted} = case when t.{actor} is null then {nothing} else t.{quoted} end"))
    });
    subjects.chain(documents).chain(origin).collect()
}

/// For entries about others that quote the person.
fn mentioning(trail: &Trail, table: &Table) -> Vec<String> {
    columns(table, &trail.documents)
        .map(|column| {
            let (quoted, type_name) = (quote_identifier(&column.name), &column.type_name);
            format!("{quoted} = pg_temp.person_replaced(t.{quoted}::text)::{type_name}")
        })
        .collect()
}

/// What stands where a value was taken away.
fn nothing(column: &Column) -> &'static str {
    match column.kind {
        _ if !column.not_null => "null",
        Kind::Address => "'0.0.0.0'",
        Kind::Uuid => "gen_random_uuid()",
        _ => "''",
    }
}

/// Leaves of a document that it was there, and these keys.
fn marker(column: &Column, keys: &[String]) -> String {
    let quoted = quote_identifier(&column.name);
    let kept: String = keys
        .iter()
        .map(|key| {
            let key = quote_literal(key);
            format!(" || jsonb_build_object({key}, t.{quoted}::jsonb -> {key})")
        })
        .collect();
    let type_name = &column.type_name;
    format!(
        "{quoted} = case when t.{quoted} is not null then (jsonb_strip_nulls('{{}}'::jsonb{kept}) || '{{\"erased\": true}}')::{type_name} end"
    )
}

fn columns<'a>(table: &'a Table, names: &'a [String]) -> impl Iterator<Item = &'a Column> + Clone {
    names.iter().filter_map(|name| table.column(name))
}
