//! Identity providers: where the browser is sent, and what the code that it brings back is worth.

mod github;
mod http;
mod oidc;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::response::with_query;
use crate::{AuthConfig, AuthError, ProviderSettings};
use http::Http;

/// The issuers of providers that everybody calls by a name of their own.
const KNOWN_ISSUERS: [(&str, &str); 3] = [
    ("google", "https://accounts.google.com"),
    ("linkedin_oidc", "https://www.linkedin.com/oauth"),
    ("linkedin", "https://www.linkedin.com/oauth"),
];

/// The configured providers of one application.
pub(crate) struct Providers {
    by_name: BTreeMap<String, Arc<Provider>>,
}

/// One provider.
pub(crate) struct Provider {
    name: String,
    settings: ProviderSettings,
    callback: String,
    http: Http,
    kind: Kind,
}

enum Kind {
    OpenIdConnect(oidc::Discovery),
    GitHub,
}

/// What the provider says about a person.
#[derive(Debug)]
pub(crate) struct ProviderIdentity {
    /// The person's id there.
    pub subject: String,
    /// In lower case.
    pub email: Option<String>,
    /// Whether the provider vouches for the address.
    pub email_verified: bool,
    /// Everything that is kept of it, by GoTrue's names.
    pub data: Map<String, Value>,
    /// For calls to the provider on the person's behalf.
    pub tokens: ProviderTokens,
}

/// The provider's own tokens. `Debug` shows none.
#[derive(Clone)]
pub(crate) struct ProviderTokens {
    pub access: String,
    pub refresh: Option<String>,
}

impl std::fmt::Debug for ProviderTokens {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ProviderTokens(hidden)")
    }
}

/// What a flow to a provider and back is known by.
pub(crate) struct FlowSecrets {
    pub state: String,
    pub nonce: String,
    /// Of our own PKCE towards the provider.
    pub verifier: String,
}

impl Providers {
    /// The providers that the settings name.
    pub(crate) fn new(config: &AuthConfig) -> Providers {
        let callback = format!("{}/callback", config.issuer);
        let http = Http::new();
        let by_name = config.settings.providers.iter().map(|(name, settings)| {
            let provider = Provider::new(name, settings.clone(), &callback, http.clone());
            (name.clone(), Arc::new(provider))
        });
        Providers { by_name: by_name.collect() }
    }

    /// One of them.
    ///
    /// # Errors
    /// [`AuthError::ProviderDisabled`].
    pub(crate) fn named(&self, name: &str) -> Result<Arc<Provider>, AuthError> {
        self.by_name.get(name).cloned().ok_or(AuthError::ProviderDisabled)
    }
}

/// Parameters of an authorization request that clients may not set themselves.
const RESERVED: [&str; 17] = [
    "apikey",
    "request",
    "request_uri",
    "provider",
    "redirect_to",
    "scopes",
    "scope",
    "client_id",
    "client_secret",
    "state",
    "nonce",
    "response_type",
    "response_mode",
    "redirect_uri",
    "code_challenge",
    "code_challenge_method",
    "skip_http_redirect",
];

impl Provider {
    fn new(name: &str, settings: ProviderSettings, callback: &str, http: Http) -> Provider {
        let known = KNOWN_ISSUERS.iter().find(|(known, _)| *known == name);
        let issuer = settings.issuer.clone().or(known.map(|(_, issuer)| (*issuer).to_owned()));
        let kind = match issuer {
            None if name == "github" => Kind::GitHub,
            issuer => Kind::OpenIdConnect(oidc::Discovery::new(issuer.unwrap_or_default())),
        };
        Provider { name: name.to_owned(), settings, callback: callback.to_owned(), http, kind }
    }

    /// Whether accounts may come without an address.
    pub(crate) fn email_optional(&self) -> bool {
        self.settings.email_optional
    }

    /// Where to send the browser. `scopes` are asked for beside the usual ones; `extra` are the
    /// client's own parameters, of which those with a meaning here are left out.
    ///
    /// # Errors
    /// [`AuthError::Provider`] where the provider's description cannot be had.
    pub(crate) async fn authorization_url(
        &self,
        flow: &FlowSecrets,
        scopes: Option<&str>,
        extra: impl Iterator<Item = (String, String)>,
    ) -> Result<String, AuthError> {
        let endpoint = match &self.kind {
            Kind::OpenIdConnect(discovery) => {
                discovery.endpoints(&self.http).await?.authorization_endpoint.clone()
            }
            Kind::GitHub => github::authorization_endpoint(&self.settings),
        };
        let usual: Vec<String> = match (&self.settings.scopes, &self.kind) {
            (Some(configured), _) => configured.clone(),
            (None, Kind::OpenIdConnect(_)) => {
                ["openid", "email", "profile"].map(String::from).into()
            }
            (None, Kind::GitHub) => vec!["user:email".into()],
        };
        let mut wanted = usual;
        let asked = scopes.unwrap_or_default().split([' ', ',']).filter(|scope| !scope.is_empty());
        for scope in asked {
            if !wanted.iter().any(|known| known == scope) {
                wanted.push(scope.to_owned());
            }
        }
        let scope = wanted.join(" ");
        let challenge = oidc::challenge(&flow.verifier);
        let mut pairs = vec![
            ("client_id", self.settings.client_id.as_str()),
            ("redirect_uri", &self.callback),
            ("response_type", "code"),
            ("scope", &scope),
            ("state", &flow.state),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        if let Kind::OpenIdConnect(_) = &self.kind {
            pairs.push(("nonce", &flow.nonce));
        }
        let extra: Vec<(String, String)> =
            extra.filter(|(name, _)| !RESERVED.contains(&name.as_str())).collect();
        pairs.extend(extra.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        Ok(with_query(&endpoint, &pairs))
    }

    /// Who came back with this code.
    ///
    /// # Errors
    /// [`AuthError::Provider`] with what went wrong, for the log.
    pub(crate) async fn identity(
        &self,
        code: &str,
        flow: &FlowSecrets,
    ) -> Result<ProviderIdentity, AuthError> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.callback),
            ("client_id", &self.settings.client_id),
            ("client_secret", &self.settings.client_secret),
            ("code_verifier", &flow.verifier),
        ];
        match &self.kind {
            Kind::OpenIdConnect(discovery) => {
                let client = &self.settings.client_id;
                oidc::identity(&self.http, discovery, client, &form, &flow.nonce).await
            }
            Kind::GitHub => github::identity(&self.http, &self.settings, &form).await,
        }
    }

    /// The provider's name, as accounts and tokens say it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

/// A failure whose cause goes to the log.
fn failure(what: impl std::fmt::Display) -> AuthError {
    AuthError::Provider(what.to_string())
}
