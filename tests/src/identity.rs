//! People of an application: how tests make them, sign them in, and look at them in the database.

use serde_json::{Value, json};

use crate::{Answer, Client};

/// The password of everybody that these functions make.
pub const PASSWORD: &str = "a long password";

/// Signs up with metadata of one's own.
pub fn sign_up(client: &Client, email: &str, data: Value) -> Answer {
    client.post("/auth/v1/signup", &json!({ "email": email, "password": PASSWORD, "data": data }))
}

/// Asks for a session with a password.
pub fn try_sign_in(client: &Client, email: &str, password: &str) -> Answer {
    let body = json!({ "email": email, "password": password });
    client.post("/auth/v1/token?grant_type=password", &body)
}

/// The person's client, with a session.
///
/// # Panics
/// When the sign-in is refused.
pub fn sign_in(client: &Client, email: &str) -> Client {
    let answer = try_sign_in(client, email, PASSWORD);
    let token = answer.body["access_token"].as_str();
    client.with_token(token.unwrap_or_else(|| panic!("{email}: {answer:?}")))
}

/// The first value of the first row, as text; `null` where it is null, `no row` where there is none.
///
/// # Panics
/// When PostgreSQL refuses it.
pub async fn ask(database: &tokio_postgres::Client, sql: &str) -> String {
    let messages =
        database.simple_query(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    messages
        .iter()
        .find_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => {
                Some(row.get(0).unwrap_or("null").to_owned())
            }
            _ => None,
        })
        .unwrap_or_else(|| "no row".into())
}

/// The id of the account with this address.
pub async fn id_of(database: &tokio_postgres::Client, email: &str) -> String {
    ask(database, &format!("select id from auth.users where email = '{email}'")).await
}

/// An account with a password, made as the service makes it.
///
/// # Panics
/// When it is refused.
pub fn invite(client: &Client, email: &str, app_metadata: Value) {
    let body = json!({
        "email": email, "password": PASSWORD, "email_confirm": true, "app_metadata": app_metadata,
    });
    let answer = client.service().post("/auth/v1/admin/users", &body);
    assert!(answer.status < 300, "{email}: {answer:?}");
}

/// How many login sessions the account with this address has.
pub async fn sessions_of(database: &tokio_postgres::Client, email: &str) -> String {
    let sql = format!(
        "select count(*) from auth.sessions join auth.users on users.id = user_id where email = '{email}'"
    );
    ask(database, &sql).await
}
