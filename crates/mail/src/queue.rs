//! The table `auth.mails`, as the sender sees it.

use std::time::{Duration, Instant};

use tenantry_caller::{Caller, Capability};
use tenantry_postgres::{Database, Lane, Row, Rows, RunError, Statement, Work};
use uuid::Uuid;

use crate::MailKind;

const CLAIM: &str = include_str!("../sql/claim.sql");
const FAILED: &str = include_str!("../sql/failed.sql");

const SENT: &str = "\
update auth.mails
set sent_at = now(),
    variables = '',
    last_error = null
where id = $1
and sent_at is null";

const SWEEP: &str = "\
delete from auth.mails
where created_at < now() - interval '30 days'
and coalesce(sent_at, given_up_at) < now() - interval '30 days'";

const STORED_TEMPLATE: &str = "\
select subject, text_body, html_body
from auth.mail_template($1, $2)";

/// How long a claim keeps others away.
pub(crate) const LEASE: Duration = Duration::from_secs(120);

/// A mail that this program alone may send, until its lease is over.
pub(crate) struct ClaimedMail {
    pub(crate) id: Uuid,
    /// What it is about; `None` for a kind that a newer program enqueued.
    pub(crate) kind: Option<MailKind>,
    pub(crate) recipient: String,
    /// Sealed JSON.
    pub(crate) variables: String,
    pub(crate) attempts: u32,
    /// When it was enqueued, in seconds since 1970.
    pub(crate) created_at: i64,
    /// The same in UTC, as `20250131T120000.000000Z`: mails are listed in the order of it.
    pub(crate) created_at_text: String,
    /// Before the lease began.
    pub(crate) claimed_at: Instant,
}

/// Why an attempt failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// Whether another attempt would fail, too.
    pub(crate) is_permanent: bool,
    /// The reason, without anything of the mail.
    pub(crate) reason: String,
}

impl Failure {
    pub(crate) fn permanent(reason: impl Into<String>) -> Self {
        Failure { is_permanent: true, reason: reason.into() }
    }

    pub(crate) fn temporary(reason: impl Into<String>) -> Self {
        Failure { is_permanent: false, reason: reason.into() }
    }
}

/// The statements, run as the mail capability.
pub(crate) struct Queue {
    database: Database,
    caller: Caller,
}

impl Queue {
    pub(crate) fn new(database: Database) -> Self {
        Queue { database, caller: Caller::capability(Capability::Mail) }
    }

    /// Takes at most so many mails that are due; it is committed when this returns.
    pub(crate) async fn claim(&self, most: usize) -> Result<Vec<ClaimedMail>, RunError> {
        let claimed_at = Instant::now();
        let statement =
            Statement::new(CLAIM).bind(most.to_string()).bind(LEASE.as_secs().to_string());
        let rows = self.run(Lane::Write, statement).await?;
        Ok(rows.rows.iter().filter_map(|row| claimed(row, claimed_at)).collect())
    }

    /// Notes that the mail was handed over, and forgets what it said.
    pub(crate) async fn sent(&self, id: Uuid) -> Result<(), RunError> {
        let statement = Statement::new(SENT).bind(id.to_string());
        self.run(Lane::Write, statement).await.map(drop)
    }

    /// Notes a failure; says whether that was the last attempt.
    pub(crate) async fn failed(
        &self,
        mail: &ClaimedMail,
        failure: &Failure,
    ) -> Result<bool, RunError> {
        let statement = Statement::new(FAILED)
            .bind(mail.id.to_string())
            .bind(mail.attempts.to_string())
            .bind(failure.reason.clone())
            .bind(failure.is_permanent.to_string());
        let rows = self.run(Lane::Write, statement).await?;
        Ok(rows.first().is_some_and(|row| row.text(0) == Some("t")))
    }

    /// Deletes what was sent or given up thirty days ago.
    pub(crate) async fn sweep(&self) -> Result<u64, RunError> {
        Ok(self.run(Lane::Write, Statement::new(SWEEP)).await?.affected)
    }

    /// Subject, text and HTML of the application's own table, in the first of these languages that
    /// it has.
    pub(crate) async fn stored_template(
        &self,
        kind: MailKind,
        locales: &[String],
    ) -> Result<Option<[String; 3]>, RunError> {
        let statement = Statement::new(STORED_TEMPLATE)
            .bind(kind.name())
            .bind(format!("{{{}}}", locales.join(",")));
        let rows = self.run(Lane::Read, statement).await?;
        let text = |row: &Row, column| row.text(column).unwrap_or_default().to_owned();
        Ok(rows.first().map(|row| [text(row, 0), text(row, 1), text(row, 2)]))
    }

    async fn run(&self, lane: Lane, statement: Statement) -> Result<Rows, RunError> {
        let work = Work {
            lane,
            // Every statement names its schema.
            search_path: "".into(),
            settings: Default::default(),
            statements: vec![statement],
            isolation: Default::default(),
            runs_user_functions: false,
        };
        let mut rows = self.database.run_as(&self.caller, work).await?;
        Ok(rows.pop().unwrap_or_default())
    }
}

fn claimed(row: &Row, claimed_at: Instant) -> Option<ClaimedMail> {
    Some(ClaimedMail {
        id: row.text(0)?.parse().ok()?,
        kind: MailKind::named(row.text(1)?),
        recipient: row.text(2)?.to_owned(),
        variables: row.text(3)?.to_owned(),
        attempts: row.text(4)?.parse().ok()?,
        created_at: row.text(5)?.parse().ok()?,
        created_at_text: row.text(6)?.to_owned(),
        claimed_at,
    })
}
