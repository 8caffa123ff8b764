//! The change of an address: begun, confirmed by one side or both, applied.

use tenantry_postgres::Statement;

use crate::account::Account;
use crate::api::Engine;
use crate::changes;

const BEGIN: &str = include_str!("../sql/begin_email_change.sql");
const APPLY: &str = include_str!("../sql/apply_email_change.sql");
const UPSERT_IDENTITY: &str = include_str!("../sql/upsert_email_identity.sql");

/// Which side has confirmed: `email_change_confirm_status` of the account, as text.
pub(crate) mod side {
    /// Neither.
    pub(crate) const NONE: &str = "0";
    /// The address that the account will have.
    pub(crate) const NEW: &str = "1";
    /// The address that the account has, or need not be asked.
    pub(crate) const CURRENT: &str = "2";
}

/// Whether the current address has to confirm, too.
pub(crate) fn asks_both(engine: &Engine, account: &Account) -> bool {
    engine.config.settings.secure_email_change && !account.address().is_empty()
}

/// The statement that begins it; an older one that was not confirmed is given up.
pub(crate) fn begin(engine: &Engine, account: &Account, address: &str) -> Statement {
    let confirmed = if asks_both(engine, account) { side::NONE } else { side::CURRENT };
    Statement::new(BEGIN).bind(account.id.clone()).bind(address.to_owned()).bind(confirmed)
}

/// The statements that apply it.
pub(crate) fn apply(user_id: &str) -> Vec<Statement> {
    vec![
        Statement::new(APPLY).bind(user_id.to_owned()),
        Statement::new(UPSERT_IDENTITY).bind(user_id.to_owned()),
        changes::forget_pending(user_id),
    ]
}
