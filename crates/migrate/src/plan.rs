//! Which revisions to run, and from which statement on.

use crate::file::SqlFile;
use crate::{AppliedRevision, Direction, LedgerState, MigrateError, Revision, Revisions, Target};

/// A revision to run.
#[derive(Debug)]
pub(crate) struct Todo<'a> {
    pub revision: &'a Revision,
    /// The file to run: the up or the down file.
    pub file: &'a SqlFile,
    /// How many of its statements an unfinished run has done.
    pub done: usize,
}

/// How many revisions are applied as a whole.
pub(crate) fn current(applied: &[AppliedRevision]) -> u32 {
    let whole = applied.iter().rev().find(|row| row.state != LedgerState::Applying);
    whole.map_or(0, |row| row.number)
}

/// The way up, oldest first. The ledger and the files agree already.
pub(crate) fn up<'a>(
    revisions: &'a Revisions,
    applied: &[AppliedRevision],
    target: &Target,
) -> Result<Vec<Todo<'a>>, MigrateError> {
    if let Some((row, revision)) = unfinished(revisions, applied, LedgerState::Reverting) {
        let file = revision.down.as_ref().unwrap_or(&revision.up);
        return Err(interrupted(
            row,
            file,
            "it was on its way down; run `down` to finish that first",
        ));
    }
    let current = current(applied);
    let goal = target.resolve(revisions, current, Direction::Up)?;
    let half = unfinished(revisions, applied, LedgerState::Applying);
    revisions
        .iter()
        .filter(|revision| revision.number() > current && revision.number() <= goal)
        .map(|revision| {
            let row = half.filter(|(_, half)| half.number() == revision.number());
            let done = row.map_or(Ok(0), |(row, _)| statements_done(row, &revision.up))?;
            Ok(Todo { revision, file: &revision.up, done })
        })
        .collect()
}

/// The way down, newest first. The ledger and the files agree already.
pub(crate) fn down<'a>(
    revisions: &'a Revisions,
    applied: &[AppliedRevision],
    target: &Target,
) -> Result<Vec<Todo<'a>>, MigrateError> {
    // A revision that stopped on its way up counts as applied: its down file is the way back.
    let current = applied.last().map_or(0, |row| row.number);
    let goal = target.resolve(revisions, current, Direction::Down)?;
    let half = unfinished(revisions, applied, LedgerState::Reverting);
    revisions
        .iter()
        .rev()
        .filter(|revision| revision.number() > goal && revision.number() <= current)
        .map(|revision| {
            let file = down_file(revision)?;
            let row = half.filter(|(_, half)| half.number() == revision.number());
            let done = row.map_or(Ok(0), |(row, _)| statements_done(row, file))?;
            Ok(Todo { revision, file, done })
        })
        .collect()
}

fn down_file(revision: &Revision) -> Result<&SqlFile, MigrateError> {
    match (revision.irreversible(), &revision.down) {
        (None, Some(down)) => Ok(down),
        (reason, _) => Err(MigrateError::Irreversible {
            file: revision.up.path.clone(),
            revision: revision.to_string(),
            reason: reason.unwrap_or("it has no down file").into(),
        }),
    }
}

/// The newest revision, if it stopped in this state.
fn unfinished<'a, 'b>(
    revisions: &'a Revisions,
    applied: &'b [AppliedRevision],
    state: LedgerState,
) -> Option<(&'b AppliedRevision, &'a Revision)> {
    let row = applied.last().filter(|row| row.state == state)?;
    Some((row, revisions.get(row.number)?))
}

/// How many statements need not run again, if they are still those that ran.
fn statements_done(row: &AppliedRevision, file: &SqlFile) -> Result<usize, MigrateError> {
    let done = row.statements_done;
    let same = done == 0
        || (done <= file.statements().len()
            && row.statements_checksum == Some(file.checksum_of_first(done)));
    let advice = "but the file was changed there; restore those statements as they ran and change only later ones";
    if same { Ok(done) } else { Err(interrupted(row, file, advice)) }
}

fn interrupted(row: &AppliedRevision, file: &SqlFile, advice: &'static str) -> MigrateError {
    let next = file.statements().nth(row.statements_done);
    MigrateError::Interrupted {
        place: next.map_or_else(|| file.last_place(), |statement| statement.place()),
        revision: row.label(),
        done: row.statements_done,
        advice,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::tests::row;
    use crate::revisions::tests::parse;

    fn chain() -> Revisions {
        parse(&[
            ("0001_a.up.sql", "-- tenantry: irreversible nothing was kept"),
            ("0002_b.up.sql", ""),
            ("0002_b.down.sql", ""),
            ("0003_c.up.sql", "-- tenantry: no transaction\na;\nb;\nc;"),
            ("0003_c.down.sql", "-- tenantry: no transaction\nd;\ne;"),
        ])
        .unwrap()
    }

    fn show(plan: Result<Vec<Todo<'_>>, MigrateError>) -> Result<Vec<String>, String> {
        let one = |todo: &Todo<'_>| format!("{}+{}", todo.file.path, todo.done);
        plan.map(|plan| plan.iter().map(one).collect()).map_err(|error| error.to_string())
    }

    fn applied(revisions: &Revisions, count: usize) -> Vec<AppliedRevision> {
        revisions.iter().take(count).map(row).collect()
    }

    #[test]
    fn plans_are_the_files_on_the_way() {
        let revisions = chain();
        let ups = show(up(&revisions, &applied(&revisions, 1), &Target::Head));
        assert_eq!(ups, Ok(vec!["m/0002_b.up.sql+0".into(), "m/0003_c.up.sql+0".into()]));
        let downs = show(down(&revisions, &applied(&revisions, 3), &Target::Back(2)));
        assert_eq!(downs, Ok(vec!["m/0003_c.down.sql+0".into(), "m/0002_b.down.sql+0".into()]));
        assert_eq!(show(up(&revisions, &applied(&revisions, 3), &Target::Head)), Ok(vec![]));
    }

    #[test]
    fn what_cannot_be_undone_stops_the_whole_way() {
        let revisions = chain();
        let error = show(down(&revisions, &applied(&revisions, 3), &Target::Base)).unwrap_err();
        assert!(
            error
                .starts_with("m/0001_a.up.sql: revision 0001_a cannot be undone: nothing was kept"),
            "{error}"
        );
    }

    #[test]
    fn an_unfinished_revision_goes_on_where_it_stopped() {
        let revisions = chain();
        let third = revisions.get(3).unwrap();
        let mut rows = applied(&revisions, 3);
        rows[2].state = LedgerState::Applying;
        rows[2].statements_done = 2;
        rows[2].statements_checksum = Some(third.up.checksum_of_first(2));
        assert_eq!(
            show(up(&revisions, &rows, &Target::Head)),
            Ok(vec!["m/0003_c.up.sql+2".into()])
        );
        assert_eq!(
            show(down(&revisions, &rows, &Target::Back(1))),
            Ok(vec!["m/0003_c.down.sql+0".into()])
        );

        rows[2].statements_checksum = Some("other".into());
        let error = show(up(&revisions, &rows, &Target::Head)).unwrap_err();
        let expected =
            "m/0003_c.up.sql:4: revision 0003_c stopped after 2 of its statements, which stay: but";
        assert!(error.starts_with(expected), "{error}");

        rows[2].state = LedgerState::Reverting;
        rows[2].statements_done = 1;
        let error = show(up(&revisions, &rows, &Target::Head)).unwrap_err();
        assert!(
            error.starts_with("m/0003_c.down.sql:3: revision 0003_c stopped after 1"),
            "{error}"
        );
    }
}
