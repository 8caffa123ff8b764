//! GitHub: OAuth 2.0 without OpenID Connect, so the person is read from its API.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::http::Http;
use super::{ProviderIdentity, ProviderTokens, failure};
use crate::{AuthError, ProviderSettings, email};

const SITE: &str = "https://github.com";
const API: &str = "https://api.github.com";

/// GitHub Enterprise has its API below its own URL.
fn api(settings: &ProviderSettings) -> String {
    match &settings.url {
        Some(url) => format!("{}/api/v3", url.trim_end_matches('/')),
        None => API.into(),
    }
}

fn site(settings: &ProviderSettings) -> &str {
    settings.url.as_deref().unwrap_or(SITE).trim_end_matches('/')
}

pub(super) fn authorization_endpoint(settings: &ProviderSettings) -> String {
    format!("{}/login/oauth/authorize", site(settings))
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    refresh_token: Option<String>,
}

#[derive(Deserialize)]
struct Person {
    id: i64,
    login: String,
    name: Option<String>,
    avatar_url: Option<String>,
}

#[derive(Deserialize)]
struct Address {
    email: String,
    primary: bool,
    verified: bool,
}

/// Trades the code and reads who came.
pub(super) async fn identity(
    http: &Http,
    settings: &ProviderSettings,
    form: &[(&str, &str)],
) -> Result<ProviderIdentity, AuthError> {
    let url = format!("{}/login/oauth/access_token", site(settings));
    let answer: TokenAnswer = serde_json::from_value(http.post_form(&url, form).await?)
        .map_err(|_| failure("the token answer has no token"))?;
    let (api, bearer) = (api(settings), Some(answer.access_token.as_str()));
    let person: Person = serde_json::from_value(http.get(&format!("{api}/user"), bearer).await?)
        .map_err(|_| failure("the user has another shape"))?;
    let addresses = http.get(&format!("{api}/user/emails"), bearer).await?;
    let addresses: Vec<Address> =
        serde_json::from_value(addresses).map_err(|_| failure("addresses of another shape"))?;
    let tokens = ProviderTokens { access: answer.access_token, refresh: answer.refresh_token };
    Ok(of(person, addresses, format!("{api}/"), tokens))
}

fn of(
    person: Person,
    addresses: Vec<Address>,
    issuer: String,
    tokens: ProviderTokens,
) -> ProviderIdentity {
    let primary = addresses.into_iter().find(|address| address.primary);
    let email_verified = primary.as_ref().is_some_and(|address| address.verified);
    let email = primary.and_then(|address| email::normalize(&address.email).ok());
    let subject = person.id.to_string();
    let mut data = Map::new();
    let mut keep = |name: &str, value: Value| data.insert(name.into(), value);
    keep("iss", issuer.into());
    keep("sub", subject.clone().into());
    keep("provider_id", subject.clone().into());
    keep("user_name", person.login.clone().into());
    keep("preferred_username", person.login.into());
    if let Some(name) = person.name {
        keep("name", name.clone().into());
        keep("full_name", name.into());
    }
    if let Some(picture) = person.avatar_url {
        keep("avatar_url", picture.into());
    }
    if let Some(email) = &email {
        keep("email", email.clone().into());
    }
    keep("email_verified", email_verified.into());
    keep("phone_verified", false.into());
    ProviderIdentity { subject, email, email_verified, data, tokens }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_primary_address_counts() {
        let person = || -> Person {
            serde_json::from_value(json!({"id": 7, "login": "ann", "name": null})).unwrap()
        };
        let tokens = || ProviderTokens { access: "a".into(), refresh: None };
        let table = [
            (json!([]), None, false),
            (json!([{"email": "A@b.c", "primary": true, "verified": true}]), Some("a@b.c"), true),
            (
                json!([
                    {"email": "other@b.c", "primary": false, "verified": true},
                    {"email": "a@b.c", "primary": true, "verified": false},
                ]),
                Some("a@b.c"),
                false,
            ),
        ];
        for (addresses, email, verified) in table {
            let addresses = serde_json::from_value(addresses).unwrap();
            let found = of(person(), addresses, "https://api.github.com/".into(), tokens());
            assert_eq!((found.email.as_deref(), found.email_verified), (email, verified));
            assert_eq!(found.subject, "7");
        }
    }
}
