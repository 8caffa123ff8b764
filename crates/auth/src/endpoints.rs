//! One file for each resource of the API.

pub(crate) mod admin_users;
pub(crate) mod health;
pub(crate) mod logout;
pub(crate) mod settings;
pub(crate) mod sign_up;
pub(crate) mod token;
pub(crate) mod user;
pub(crate) mod user_keys;
