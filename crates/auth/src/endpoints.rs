//! One file for each resource of the API.

pub(crate) mod admin_factors;
pub(crate) mod admin_users;
mod anonymous;
pub(crate) mod audit;
pub(crate) mod authorize;
pub(crate) mod callback;
pub(crate) mod factors;
pub(crate) mod health;
pub(crate) mod identities;
pub(crate) mod invite;
pub(crate) mod links;
pub(crate) mod logout;
pub(crate) mod otp;
pub(crate) mod own_data;
pub(crate) mod reauthenticate;
pub(crate) mod recover;
pub(crate) mod resend;
pub(crate) mod settings;
pub(crate) mod sign_up;
pub(crate) mod token;
pub(crate) mod user;
pub(crate) mod user_keys;
pub(crate) mod verify;
