/// Why an auth request is refused.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The password is too short or too long.
    #[error("weak password")]
    WeakPassword,
}
