//! Whether the ledger and the files agree about what was applied.

use crate::{AppliedRevision, LedgerState, MigrateError, Revision, Revisions};

/// Everything in which they disagree; the first is the one to tell.
pub(crate) fn problems(
    component: &str,
    revisions: &Revisions,
    applied: &[AppliedRevision],
) -> Vec<MigrateError> {
    let mut problems = Vec::new();
    for (expected, row) in (1..).zip(applied) {
        if row.number != expected {
            problems.push(MigrateError::LedgerGap {
                component: component.into(),
                missing: expected,
                after: row.label(),
            });
            break;
        }
    }
    if let Some(newest) = applied.last().filter(|row| row.number > revisions.head_number()) {
        problems.push(MigrateError::NewerThanFolder {
            recorded: newest.label(),
            applied_at: newest.applied_at.clone(),
            head: revisions.label(revisions.head_number()),
        });
    }
    for row in applied {
        problems.extend(revisions.get(row.number).and_then(|revision| compare(row, revision)));
    }
    problems
}

fn compare(row: &AppliedRevision, revision: &Revision) -> Option<MigrateError> {
    if row.name != revision.name() {
        return Some(MigrateError::Replaced {
            file: revision.up.path.clone(),
            recorded: row.label(),
            applied_at: row.applied_at.clone(),
        });
    }
    // A file that stopped half-way has to be mended, so it may differ; what was done is compared
    // when it goes on.
    let up = (row.state != LedgerState::Applying).then_some((&revision.up, &row.up_checksum));
    let down = revision
        .down
        .as_ref()
        .filter(|_| row.state != LedgerState::Reverting)
        .zip(row.down_checksum.as_ref());
    let (file, recorded) =
        up.into_iter().chain(down).find(|(file, recorded)| file.checksum != **recorded)?;
    Some(MigrateError::Changed {
        file: file.path.clone(),
        revision: row.label(),
        applied_at: row.applied_at.clone(),
        recorded: short(recorded),
        found: short(&file.checksum),
    })
}

/// Enough of a checksum to compare by eye.
fn short(checksum: &str) -> String {
    checksum.chars().take(12).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::revisions::tests::parse;

    pub(crate) fn row(revision: &Revision) -> AppliedRevision {
        AppliedRevision {
            number: revision.number(),
            name: revision.name().into(),
            identifier: None,
            version: None,
            up_checksum: revision.up.checksum.clone(),
            down_checksum: revision.down.as_ref().map(|down| down.checksum.clone()),
            applied_at: "2026-01-05T09:00:00Z".into(),
            applied_by: "board_owner".into(),
            duration_ms: 3,
            state: LedgerState::Applied,
            statements_done: 0,
            statements_checksum: None,
        }
    }

    fn chain(second: &str) -> Revisions {
        parse(&[
            ("0001_a.up.sql", "a"),
            ("0001_a.down.sql", "b"),
            ("0002_b.up.sql", second),
            ("0002_b.down.sql", "d"),
        ])
        .unwrap()
    }

    fn first(revisions: &Revisions, applied: &[AppliedRevision]) -> Option<String> {
        problems("app", revisions, applied).first().map(ToString::to_string)
    }

    #[test]
    fn what_agrees_is_no_problem() {
        let revisions = chain("c");
        let all: Vec<_> = revisions.iter().map(row).collect();
        for count in 0..=2 {
            assert_eq!(first(&revisions, &all[..count]), None);
        }
        let half = AppliedRevision { state: LedgerState::Applying, ..all[1].clone() };
        assert_eq!(first(&chain("mended"), &[all[0].clone(), half]), None);
    }

    #[test]
    fn disagreements_are_told() {
        let revisions = chain("c");
        let all: Vec<_> = revisions.iter().map(row).collect();
        let renamed = AppliedRevision { name: "old".into(), ..all[0].clone() };
        let newer = AppliedRevision { number: 3, name: "later".into(), ..all[0].clone() };
        let other_down = AppliedRevision { down_checksum: Some("00".into()), ..all[0].clone() };
        for (revisions, applied, expected) in [
            (
                chain("changed"),
                all.clone(),
                "m/0002_b.up.sql: the file was changed after revision 0002_b was applied",
            ),
            (
                chain("c"),
                vec![other_down],
                "m/0001_a.down.sql: the file was changed after revision 0001_a",
            ),
            (
                chain("c"),
                vec![renamed],
                "m/0001_a.up.sql: the ledger says that revision 0001_old was applied",
            ),
            (
                chain("c"),
                vec![all[0].clone(), all[1].clone(), newer.clone()],
                "the database is at revision 0003_later, applied at 2026-01-05T09:00:00Z, but the newest revision \
                 in the folder is 0002_b",
            ),
            (
                chain("c"),
                vec![all[1].clone()],
                "the ledger tenantry.migrations has revision 0002_b but not 0001",
            ),
            (
                Revisions::default(),
                vec![all[0].clone()],
                "the database is at revision 0001_a, applied at 2026-01-05T09:00:00Z, but the newest revision in \
                 the folder is base",
            ),
        ] {
            let problem = first(&revisions, &applied).unwrap();
            assert!(problem.starts_with(expected), "{problem}");
        }
    }
}
