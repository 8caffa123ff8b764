//! Time-based one-time passwords (RFC 6238) as authenticator apps make them: SHA-1, six digits,
//! thirty seconds.

use qrcode::QrCode;
use qrcode::render::svg;
use rand::TryRngCore;
use rand::rngs::OsRng;
use subtle::ConstantTimeEq;
use totp_rs::{Algorithm, Secret, TOTP};

use crate::AuthError;
use crate::response::query_encode;

const DIGITS: usize = 6;
const STEP_SECONDS: u64 = 30;
/// RFC 4226 recommends 160 bits.
const SECRET_BYTES: usize = 20;

/// One factor's generator.
pub(crate) struct Totp {
    /// Base32.
    secret: String,
    generator: TOTP,
}

impl Totp {
    /// A new one.
    pub(crate) fn random() -> Result<Totp, AuthError> {
        let mut bytes = vec![0_u8; SECRET_BYTES];
        OsRng.try_fill_bytes(&mut bytes).map_err(|_| AuthError::Unexpected("no random bytes"))?;
        Totp::of(Secret::Raw(bytes).to_encoded().to_string())
    }

    /// The one of a secret in base32.
    pub(crate) fn of(secret: String) -> Result<Totp, AuthError> {
        const BROKEN: AuthError = AuthError::Unexpected("a factor's secret is broken");
        let bytes = Secret::Encoded(secret.clone()).to_bytes().map_err(|_| BROKEN)?;
        let generator =
            TOTP::new(Algorithm::SHA1, DIGITS, 1, STEP_SECONDS, bytes).map_err(|_| BROKEN)?;
        Ok(Totp { secret, generator })
    }

    /// Base32, to be typed where no code can be scanned.
    pub(crate) fn secret(&self) -> &str {
        &self.secret
    }

    /// The URI that authenticator apps know.
    pub(crate) fn uri(&self, issuer: &str, account: &str) -> String {
        let (issuer, account) = (query_encode(issuer), query_encode(account));
        format!(
            "otpauth://totp/{issuer}:{account}?algorithm=SHA1&digits={DIGITS}&issuer={issuer}&period={STEP_SECONDS}&secret={}",
            self.secret
        )
    }

    /// The URI as a picture.
    pub(crate) fn qr_code(&self, uri: &str) -> Result<String, AuthError> {
        let code = QrCode::new(uri.as_bytes())
            .map_err(|_| AuthError::Validation("the issuer is too long for a QR code"))?;
        Ok(code.render::<svg::Color<'_>>().min_dimensions(200, 200).build())
    }

    /// The time step whose code this is: the current one, the one before or after. No step up to
    /// `last_used` counts.
    ///
    /// # Errors
    /// [`AuthError::FactorVerificationFailed`].
    pub(crate) fn check(
        &self,
        code: &str,
        now: u64,
        last_used: Option<u64>,
    ) -> Result<u64, AuthError> {
        let current = now / STEP_SECONDS;
        let mut found = None;
        for step in current.saturating_sub(1)..=current + 1 {
            let expected = self.generator.generate(step * STEP_SECONDS);
            let is_it = bool::from(expected.as_bytes().ct_eq(code.as_bytes()));
            if is_it && last_used.is_none_or(|last| step > last) {
                found = Some(step);
            }
        }
        found.ok_or(AuthError::FactorVerificationFailed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of RFC 6238, appendix B; its codes there have eight digits, of which these are
    /// the last six.
    const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    #[test]
    fn codes_are_those_of_the_standard() {
        let totp = Totp::of(SECRET.into()).unwrap();
        for (time, code) in [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924")] {
            let step = time / STEP_SECONDS;
            assert_eq!(totp.check(code, time, None).ok(), Some(step), "{time}");
            assert_eq!(totp.check(code, time + 30, None).ok(), Some(step), "one step late");
            assert_eq!(totp.check(code, time - 30, None).ok(), Some(step), "one step early");
            for (wrong, now, last) in [
                (code, time + 60, None),
                (code, time, Some(step)),
                ("000000", time, None),
                ("", time, None),
                ("28708", time, None),
            ] {
                assert!(totp.check(wrong, now, last).is_err(), "{wrong} at {now}");
            }
        }
    }

    #[test]
    fn the_uri_is_what_apps_read() {
        let totp = Totp::random().unwrap();
        assert_eq!(totp.secret().len(), 32);
        let uri = totp.uri("board.example.com", "ann@example.com");
        let expected = "otpauth://totp/board.example.com:ann%40example.com?algorithm=SHA1&digits=6&issuer=board.example.com&period=30&secret=";
        assert!(uri.starts_with(expected), "{uri}");
        assert!(totp.qr_code(&uri).unwrap().contains("<svg"));
    }
}
