//! A request to the auth API, read whole: whose key, which bearer, what body.

use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::http::HeaderMap;
use serde::de::DeserializeOwned;
use serde_json::json;
use tenantry_caller::{Authenticator, Caller};
use tenantry_postgres::RequestSettings;

use crate::AuthError;

/// Metadata is the largest thing that anybody sends here.
const LARGEST_BODY_BYTES: usize = 1024 * 1024;

/// Roles whose tokens are keys of the application.
const KEY_ROLES: [&str; 2] = ["anon", "service_role"];

/// The role that administers users.
const ADMIN_ROLE: &str = "service_role";

/// One request whose key is good.
pub(crate) struct AuthRequest {
    method: String,
    path: String,
    query: String,
    headers: HeaderMap,
    body: Bytes,
}

/// The person that a bearer token names.
#[derive(Debug, Clone)]
pub(crate) struct Bearer {
    pub user_id: String,
    pub session_id: Option<String>,
}

impl AuthRequest {
    /// Reads the request; anybody without a key of the application is turned away first.
    pub(crate) async fn read(
        request: Request,
        authenticator: &Authenticator,
    ) -> Result<Self, AuthError> {
        AuthRequest::read_with(request, |read| read.check_key(authenticator)).await
    }

    /// Reads a request that a browser makes by following a link, where no key can be sent.
    pub(crate) async fn read_open(request: Request) -> Result<Self, AuthError> {
        AuthRequest::read_with(request, |_| Ok(())).await
    }

    async fn read_with(
        request: Request,
        check: impl FnOnce(&AuthRequest) -> Result<(), AuthError>,
    ) -> Result<Self, AuthError> {
        let (parts, body) = request.into_parts();
        let method = parts.method.to_string();
        let path = parts.uri.path().to_owned();
        let query = parts.uri.query().unwrap_or_default().to_owned();
        let mut read =
            AuthRequest { method, path, query, headers: parts.headers, body: Bytes::new() };
        check(&read)?;
        read.body = to_bytes(body, LARGEST_BODY_BYTES).await.map_err(|_| AuthError::TooLarge)?;
        Ok(read)
    }

    fn check_key(&self, authenticator: &Authenticator) -> Result<(), AuthError> {
        let from_query = self.parameter("apikey");
        let key = self.header("apikey").or(from_query.as_deref()).ok_or(AuthError::NoApiKey)?;
        let caller = authenticator.identify(Some(key)).map_err(|_| AuthError::BadApiKey)?;
        if KEY_ROLES.contains(&caller.role()) { Ok(()) } else { Err(AuthError::BadApiKey) }
    }

    /// A header as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// A parameter of the query string, decoded.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        self.parameters().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Every parameter of the query string, decoded, in order.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = (String, String)> {
        pairs(&self.query)
    }

    /// A field of a form that was posted.
    pub(crate) fn form_field(&self, name: &str) -> Option<String> {
        let body = std::str::from_utf8(&self.body).ok()?;
        pairs(body).find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The parts of the path, the last one first.
    pub(crate) fn path_from_the_end(&self) -> impl Iterator<Item = &str> {
        self.path.rsplit('/')
    }

    /// The last part of the path.
    pub(crate) fn last_path_part(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// The body as JSON of the shape that is wanted.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, AuthError> {
        serde_json::from_slice(&self.body).map_err(|_| AuthError::BadJson)
    }

    /// The body where one came; nothing at all stands for an empty object.
    pub(crate) fn json_or_default<T: DeserializeOwned + Default>(&self) -> Result<T, AuthError> {
        if self.body.is_empty() { Ok(T::default()) } else { self.json() }
    }

    /// The person whom the bearer token names.
    pub(crate) fn bearer(&self, authenticator: &Authenticator) -> Result<Bearer, AuthError> {
        let caller = self.caller(authenticator)?;
        if caller.user_id().is_empty() {
            return Err(AuthError::NoSubject);
        }
        let session_id = caller.session_id().map(String::from);
        let is_uuid = |text: &str| uuid::Uuid::parse_str(text).is_ok();
        if !is_uuid(caller.user_id()) || session_id.as_deref().is_some_and(|id| !is_uuid(id)) {
            return Err(AuthError::NoSubject);
        }
        Ok(Bearer { user_id: caller.user_id().to_owned(), session_id })
    }

    /// Turns away everybody but the service key.
    pub(crate) fn require_admin(&self, authenticator: &Authenticator) -> Result<(), AuthError> {
        let caller = self.caller(authenticator)?;
        if caller.role() == ADMIN_ROLE { Ok(()) } else { Err(AuthError::NotAdmin) }
    }

    fn caller(&self, authenticator: &Authenticator) -> Result<Caller, AuthError> {
        let header = self.header("authorization").ok_or(AuthError::NoAuthorization)?;
        let (scheme, token) = header.split_once(' ').ok_or(AuthError::NoAuthorization)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(AuthError::NoAuthorization);
        }
        Ok(authenticator.identify(Some(token.trim()))?)
    }

    /// The client's address: the first that the server put into `x-forwarded-for`.
    pub(crate) fn client_ip(&self) -> Option<std::net::IpAddr> {
        let first = self.header("x-forwarded-for")?.split(',').next()?.trim();
        first.parse().ok()
    }

    /// The same as text.
    pub(crate) fn client_address(&self) -> Option<String> {
        self.client_ip().map(|address| address.to_string())
    }

    /// The client's program.
    pub(crate) fn user_agent(&self) -> Option<&str> {
        self.header("user-agent")
    }

    /// What triggers may read about the request. Keys and tokens are not among it.
    pub(crate) fn settings(&self) -> RequestSettings {
        let mut headers = serde_json::Map::new();
        for name in ["x-forwarded-for", "user-agent", "x-client-info", "x-request-id"] {
            if let Some(value) = self.header(name) {
                headers.insert(name.into(), value.into());
            }
        }
        RequestSettings {
            method: self.method.clone(),
            path: self.path.clone(),
            headers: json!(headers).to_string(),
            ..RequestSettings::default()
        }
    }
}

/// The pairs of a query string or a form, decoded.
fn pairs(text: &str) -> impl Iterator<Item = (String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
}

/// Percent-decoding; `+` is a space. What cannot be decoded stays as it is.
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while index < bytes.len() {
        let hex =
            bytes.get(index + 1..index + 3).and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = hex.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (bytes[index], byte) {
            (b'%', Some(byte)) => {
                decoded.push(byte);
                index += 3;
            }
            (b'+', _) => {
                decoded.push(b' ');
                index += 1;
            }
            (other, _) => {
                decoded.push(other);
                index += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use tenantry_caller::JwtSecret;

    fn authenticator() -> Authenticator {
        let secret = JwtSecret::new("a secret of thirty-two characters");
        Authenticator::new(Some(secret), Some("anon".into()))
    }

    async fn read(headers: &[(&str, &str)]) -> Result<AuthRequest, AuthError> {
        let mut request = Request::builder().uri("/user?scope=local&x=a%20b+c%2");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        AuthRequest::read(request.body(Body::empty()).unwrap(), &authenticator()).await
    }

    #[tokio::test]
    async fn only_keys_of_the_application_open_the_door() {
        let sign = |claims| authenticator().sign(&claims).unwrap();
        let user = "0b4f6d0e-32e5-4e3a-9d3e-6d1f6f0a0001";
        let table = [
            ("anon", sign(json!({"role": "anon"})), true),
            ("service", sign(json!({"role": "service_role"})), true),
            ("a user's token", sign(json!({"role": "authenticated", "sub": user})), false),
            ("garbage", "garbage".into(), false),
        ];
        for (name, key, expected) in table {
            assert_eq!(read(&[("apikey", &key)]).await.is_ok(), expected, "{name}");
        }
        assert!(matches!(read(&[]).await, Err(AuthError::NoApiKey)));
    }

    #[tokio::test]
    async fn bearers_are_people_or_refused() {
        let sign = |claims| authenticator().sign(&claims).unwrap();
        let key = sign(json!({"role": "anon"}));
        let user = "0b4f6d0e-32e5-4e3a-9d3e-6d1f6f0a0001";
        let table = [
            (format!("Bearer {}", sign(json!({"role": "authenticated", "sub": user}))), true),
            (format!("bearer {}", sign(json!({"role": "authenticated", "sub": user}))), true),
            (format!("Bearer {key}"), false),
            (format!("Bearer {}", sign(json!({"role": "authenticated", "sub": "1"}))), false),
            ("Basic abc".into(), false),
            ("Bearer".into(), false),
        ];
        for (header, expected) in table {
            let request = read(&[("apikey", &key), ("authorization", &header)]).await.unwrap();
            assert_eq!(request.bearer(&authenticator()).is_ok(), expected, "{header}");
            assert!(request.require_admin(&authenticator()).is_err());
        }
    }

    #[tokio::test]
    async fn parameters_and_addresses_are_read() {
        let key = authenticator().sign(&json!({"role": "anon"})).unwrap();
        let request =
            read(&[("apikey", &key), ("x-forwarded-for", "10.1.2.3, 9.9.9.9")]).await.unwrap();
        assert_eq!(request.parameter("scope").as_deref(), Some("local"));
        assert_eq!(request.parameter("x").as_deref(), Some("a b c%2"));
        assert_eq!(request.parameter("y"), None);
        assert_eq!(request.last_path_part(), "user");
        assert_eq!(request.client_address().as_deref(), Some("10.1.2.3"));
        let odd = read(&[("apikey", &key), ("x-forwarded-for", "unknown")]).await.unwrap();
        assert_eq!(odd.client_address(), None);
        assert!(!odd.settings().headers.contains(&key));
    }
}
