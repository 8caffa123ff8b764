//! Flows that begin in a browser and end there: a PKCE challenge (RFC 7636) is kept until its code
//! comes back, and the code is worth nothing without the verifier.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tenantry_postgres::{Row, Statement};

use crate::AuthError;
use crate::api::Engine;
use crate::login::Method;
use crate::request::AuthRequest;

const BEGIN: &str = include_str!("../sql/begin_flow.sql");
const GIVE_CODE: &str = include_str!("../sql/give_flow_code.sql");
const FIND_BY_CODE: &str = "\
select
    flow.id,
    flow.user_id,
    flow.authentication_method,
    flow.code_challenge_method,
    flow.code_challenge,
    flow.auth_code_issued_at < now() - interval '5 minutes',
    flow.provider_access_token,
    flow.provider_refresh_token
from auth.flow_state as flow
where flow.auth_code = $1::text
and flow.user_id is not null";
const TAKE: &str = "\
with taken as (
    delete from auth.flow_state
    where id = $1::uuid
    returning id
)
select auth.require(exists (select from taken), 'TNFLO')";

/// The purpose of the codes' marks.
const MARK: &str = "flow code";

/// What a client sends of its challenge.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct ChallengeFields {
    pub code_challenge: Option<String>,
    pub code_challenge_method: Option<String>,
}

/// A challenge as RFC 7636 has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Challenge {
    pub method: &'static str,
    pub text: String,
}

impl ChallengeFields {
    /// The challenge, where one was sent.
    ///
    /// # Errors
    /// [`AuthError::Validation`] for half of one.
    pub(crate) fn challenge(&self) -> Result<Option<Challenge>, AuthError> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let (text, method) = match (given(&self.code_challenge), given(&self.code_challenge_method))
        {
            (None, None) => return Ok(None),
            (Some(text), Some(method)) => (text, method),
            _ => {
                return Err(AuthError::Validation(
                    "PKCE flow requires code_challenge_method and code_challenge",
                ));
            }
        };
        let method = match method.to_ascii_lowercase().as_str() {
            "s256" => "s256",
            "plain" => "plain",
            _ => return Err(AuthError::Validation("invalid code_challenge_method")),
        };
        let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if !(43..=128).contains(&text.len()) || !text.bytes().all(is_legal) {
            return Err(AuthError::Validation(
                "code challenge has to be between 43 and 128 characters, A-Z, a-z, 0-9, - . _ ~",
            ));
        }
        Ok(Some(Challenge { method, text }))
    }
}

impl Challenge {
    /// The statement that keeps it for the account and the way it will be confirmed.
    pub(crate) fn begin_mail_flow(&self, user_id: &str, method: Method) -> Statement {
        Statement::new(BEGIN)
            .bind(uuid::Uuid::new_v4().to_string())
            .bind(user_id.to_owned())
            .bind(self.method)
            .bind(self.text.clone())
            .bind("email")
            .bind(method.name())
            .bind_option(None::<String>)
            .bind_option(None::<String>)
            .bind_option(None::<String>)
    }
}

/// A flow through an identity provider that is about to begin.
pub(crate) struct ProviderFlow<'a> {
    pub id: &'a str,
    pub provider: &'a str,
    pub challenge: Option<Challenge>,
    pub referrer: &'a str,
    pub linking_target: Option<String>,
    pub nonce: &'a str,
}

impl ProviderFlow<'_> {
    /// The statement that keeps it.
    pub(crate) fn begin(&self) -> Statement {
        Statement::new(BEGIN)
            .bind(self.id.to_owned())
            .bind_option(None::<String>)
            .bind_option(self.challenge.as_ref().map(|challenge| challenge.method))
            .bind_option(self.challenge.as_ref().map(|challenge| challenge.text.clone()))
            .bind(self.provider.to_owned())
            .bind(Method::OAuth.name())
            .bind(self.referrer.to_owned())
            .bind_option(self.linking_target.clone())
            .bind(self.nonce.to_owned())
    }
}

/// A new code for the browser, and the statement that gives it to the account's newest flow of
/// this kind. The statement undoes everything where there is no such flow.
pub(crate) fn code_for_mail_flow(
    engine: &Engine,
    user_id: &str,
    methods: &[Method],
) -> (String, Statement) {
    let code = uuid::Uuid::new_v4().to_string();
    let names: Vec<&str> = methods.iter().map(|method| method.name()).collect();
    let give = Statement::new(GIVE_CODE)
        .bind(user_id.to_owned())
        .bind(format!("{{{}}}", names.join(",")))
        .bind(engine.seal.mark(MARK, &code));
    (code, give)
}

/// The mark under which a flow's code is kept.
pub(crate) fn mark_of(engine: &Engine, code: &str) -> String {
    engine.seal.mark(MARK, code)
}

/// A flow whose code came back with the right verifier.
pub(crate) struct Finished {
    pub user_id: String,
    pub method: Method,
    pub provider_token: Option<String>,
    pub provider_refresh_token: Option<String>,
    id: String,
}

impl Finished {
    /// Finds the flow of a code and checks the verifier.
    ///
    /// # Errors
    /// [`AuthError::FlowStateNotFound`], [`AuthError::FlowStateExpired`],
    /// [`AuthError::BadCodeVerifier`].
    pub(crate) async fn find(
        engine: &Engine,
        request: &AuthRequest,
        code: &str,
        verifier: &str,
    ) -> Result<Finished, AuthError> {
        let find = Statement::new(FIND_BY_CODE).bind(mark_of(engine, code));
        let rows = engine.store.read(request, vec![find]).await?;
        let row = rows.first().and_then(|rows| rows.first());
        let row = row.ok_or(AuthError::FlowStateNotFound)?;
        if crate::store::is_true(row, 5) {
            return Err(AuthError::FlowStateExpired);
        }
        let challenge = (row.text(3).unwrap_or_default(), row.text(4).unwrap_or_default());
        if !answers(challenge, verifier) {
            return Err(AuthError::BadCodeVerifier);
        }
        Finished::from_row(engine, row).ok_or(AuthError::FlowStateNotFound)
    }

    fn from_row(engine: &Engine, row: &Row) -> Option<Finished> {
        let open = |column| row.text(column).and_then(|sealed| engine.seal.open(sealed).ok());
        Some(Finished {
            id: row.text(0)?.to_owned(),
            user_id: row.text(1)?.to_owned(),
            method: Method::named(row.text(2)?)?,
            provider_token: open(6),
            provider_refresh_token: open(7),
        })
    }

    /// The statement that takes the flow; a second one undoes everything.
    pub(crate) fn take(&self) -> Statement {
        Statement::new(TAKE).bind(self.id.clone())
    }
}

/// Whether the verifier answers the challenge.
fn answers((method, challenge): (&str, &str), verifier: &str) -> bool {
    let answer = match method {
        "s256" => URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())),
        _ => verifier.to_owned(),
    };
    !challenge.is_empty() && bool::from(answer.as_bytes().ct_eq(challenge.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_whole_or_none() {
        let text = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let table = [
            (None, None, Ok(None)),
            (Some(""), Some(""), Ok(None)),
            (Some(text), Some("S256"), Ok(Some("s256"))),
            (Some(text), Some("plain"), Ok(Some("plain"))),
            (Some(text), None, Err(())),
            (None, Some("s256"), Err(())),
            (Some(text), Some("md5"), Err(())),
            (Some("short"), Some("s256"), Err(())),
            (Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw c="), Some("s256"), Err(())),
        ];
        for (challenge, method, expected) in table {
            let fields = ChallengeFields {
                code_challenge: challenge.map(String::from),
                code_challenge_method: method.map(String::from),
            };
            let found = fields.challenge().map(|found| found.map(|found| found.method));
            assert_eq!(found.map_err(|_| ()), expected, "{challenge:?} {method:?}");
        }
    }

    /// The example of RFC 7636, appendix B.
    #[test]
    fn verifiers_answer_their_challenge_only() {
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert!(answers(("s256", challenge), verifier));
        assert!(!answers(("s256", challenge), challenge));
        assert!(answers(("plain", verifier), verifier));
        assert!(!answers(("plain", verifier), challenge));
        assert!(!answers(("s256", ""), "") && !answers(("", ""), ""));
    }
}
