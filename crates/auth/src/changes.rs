//! Changes of an account that more than one endpoint makes, as statements for their transactions.

use tenantry_postgres::Statement;

const CONFIRM: &str = include_str!("../sql/confirm_account.sql");
const PROVE_ADDRESS: &str = "select auth.prove_address($1::uuid)";
const GIVE_UP_UNPROVEN: &str = "select auth.give_up_unproven($1::uuid)";
const FORGET_PENDING: &str = "select auth.forget_pending($1::uuid)";
const NOTE_FAILURE: &str = "select auth.bind_sign_in_failed($1::uuid)";
const NOTE_METHOD: &str = include_str!("../sql/note_method.sql");

/// The address counts as confirmed.
pub(crate) fn confirm(user_id: &str) -> Statement {
    Statement::new(CONFIRM).bind(user_id.to_owned())
}

/// The address was shown to be the person's.
pub(crate) fn prove_address(user_id: &str) -> Statement {
    Statement::new(PROVE_ADDRESS).bind(user_id.to_owned())
}

/// What somebody set up with an address that was never shown to be theirs opens nothing any more.
pub(crate) fn give_up_unproven(user_id: &str) -> Statement {
    Statement::new(GIVE_UP_UNPROVEN).bind(user_id.to_owned())
}

/// What was begun under an older password or address does not go on.
pub(crate) fn forget_pending(user_id: &str) -> Statement {
    Statement::new(FORGET_PENDING).bind(user_id.to_owned())
}

/// A wrong password or code: the fifth locks the account.
pub(crate) fn note_failure(user_id: &str) -> Statement {
    Statement::new(NOTE_FAILURE).bind(user_id.to_owned())
}

/// How the person of a login session proved who they are.
pub(crate) fn note_method(session_id: &str, method: &'static str) -> Statement {
    Statement::new(NOTE_METHOD).bind(session_id.to_owned()).bind(method)
}
