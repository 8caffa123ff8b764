//! Calls to providers: bounded in time and size, without redirects.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use super::failure;
use crate::AuthError;

/// A provider that takes longer is as good as gone.
const TIMEOUT: Duration = Duration::from_secs(10);
const LARGEST_BYTES: u64 = 1024 * 1024;

/// A client for calls to providers.
#[derive(Clone)]
pub(super) struct Http {
    agent: Agent,
}

impl Http {
    /// One that trusts the machine's certificate authorities (`SSL_CERT_FILE` names others).
    pub(super) fn new() -> Http {
        let found = rustls_native_certs::load_native_certs().certs;
        let authorities =
            found.iter().map(|authority| Certificate::from_der(authority.as_ref()).to_owned());
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::Specific(Arc::new(authorities.collect())))
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        let config = Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .max_redirects(0)
            .http_status_as_error(false)
            .user_agent("tenantry")
            .tls_config(tls)
            .build();
        Http { agent: Agent::new_with_config(config) }
    }

    /// The JSON at a URL.
    pub(super) async fn get(&self, url: &str, bearer: Option<&str>) -> Result<Value, AuthError> {
        check_scheme(url)?;
        let (agent, url) = (self.agent.clone(), url.to_owned());
        let bearer = bearer.map(|token| format!("Bearer {token}"));
        in_background(move || {
            let mut request = agent.get(&url).header("accept", "application/json");
            if let Some(bearer) = bearer {
                request = request.header("authorization", bearer);
            }
            request.call()
        })
        .await
    }

    /// The JSON that answers a form.
    pub(super) async fn post_form(
        &self,
        url: &str,
        form: &[(&str, &str)],
    ) -> Result<Value, AuthError> {
        check_scheme(url)?;
        let (agent, url) = (self.agent.clone(), url.to_owned());
        let form = crate::response::query_string(form);
        in_background(move || {
            agent
                .post(&url)
                .header("accept", "application/json")
                .header("content-type", "application/x-www-form-urlencoded")
                .send(form)
        })
        .await
    }
}

type Called = Result<ureq::http::Response<ureq::Body>, ureq::Error>;

async fn in_background(call: impl FnOnce() -> Called + Send + 'static) -> Result<Value, AuthError> {
    let worked = tokio::task::spawn_blocking(move || {
        let mut response = call().map_err(failure)?;
        let status = response.status();
        let text = response
            .body_mut()
            .with_config()
            .limit(LARGEST_BYTES)
            .read_to_string()
            .map_err(failure)?;
        if !status.is_success() {
            return Err(failure(format!("status {status}")));
        }
        serde_json::from_str(&text).map_err(|_| failure("the answer is no JSON"))
    });
    worked.await.map_err(failure)?
}

/// Secrets travel only encrypted, or within this machine.
fn check_scheme(url: &str) -> Result<(), AuthError> {
    let is_local = ["http://127.0.0.1", "http://localhost", "http://[::1]"].iter().any(|local| {
        url.strip_prefix(local).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
    });
    if url.starts_with("https://") || is_local {
        Ok(())
    } else {
        Err(failure(format!("the URL of a provider has to be https: {url}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_travel_encrypted_or_stay_here() {
        for (url, expected) in [
            ("https://accounts.example.com/x", true),
            ("http://127.0.0.1:4000/token", true),
            ("http://localhost/token", true),
            ("http://localhost.evil.com/token", false),
            ("http://accounts.example.com/x", false),
            ("file:///etc/passwd", false),
            ("", false),
        ] {
            assert_eq!(check_scheme(url).is_ok(), expected, "{url}");
        }
    }
}
