//! How often one client may ask, and how often mail may be sent.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use tenantry_mail::MailKind;

use crate::rate_limit::Buckets;
use crate::request::AuthRequest;
use crate::{AuthConfig, AuthError};

/// The kinds of requests that are counted apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    Flow,
    Token,
    Anonymous,
    Factor,
}

/// The buckets of one application.
pub(crate) struct Limits {
    flows: Buckets<IpAddr>,
    tokens: Buckets<IpAddr>,
    anonymous: Buckets<IpAddr>,
    factors: Buckets<IpAddr>,
    counts_loopback: bool,
    mails: Option<Buckets<()>>,
    addresses: Buckets<(MailKind, String)>,
}

impl Limits {
    pub(crate) fn new(config: &AuthConfig) -> Limits {
        let limits = &config.settings.rate_limits;
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        let interval = Duration::from_secs(config.settings.mail_interval_seconds);
        Limits {
            flows: Buckets::new(limits.flows, minutes(5)),
            tokens: Buckets::new(limits.tokens, minutes(5)),
            anonymous: Buckets::new(limits.anonymous, minutes(60)),
            factors: Buckets::new(limits.factors, minutes(1)),
            counts_loopback: limits.loopback,
            mails: config.mails_per_hour().map(|most| Buckets::new(most, minutes(60))),
            addresses: Buckets::new(1, interval),
        }
    }

    /// Counts a request of a client.
    ///
    /// # Errors
    /// [`AuthError::OverRequestRate`].
    pub(crate) fn count(&self, counted: Counted, request: &AuthRequest) -> Result<(), AuthError> {
        let Some(client) = request.client_ip() else { return Ok(()) };
        if client.is_loopback() && !self.counts_loopback {
            return Ok(());
        }
        let buckets = match counted {
            Counted::Flow => &self.flows,
            Counted::Token => &self.tokens,
            Counted::Anonymous => &self.anonymous,
            Counted::Factor => &self.factors,
        };
        buckets.take(network(client)).map_err(|_| AuthError::OverRequestRate)
    }

    /// Counts a mail, whether or not there is an account with the address: the answer must not
    /// depend on it.
    ///
    /// # Errors
    /// [`AuthError::OverMailRate`] with the seconds until the next may be asked for.
    pub(crate) fn count_mail(&self, kind: MailKind, address: &str) -> Result<(), AuthError> {
        self.addresses
            .take((kind, address.to_owned()))
            .map_err(|wait| AuthError::OverMailRate(Some(wait.as_secs() + 1)))?;
        match &self.mails {
            Some(mails) => mails.take(()).map_err(|_| AuthError::OverMailRate(None)),
            None => Ok(()),
        }
    }
}

/// One household has one IPv6 network of 64 bits and any number of addresses in it.
fn network(client: IpAddr) -> IpAddr {
    match client {
        IpAddr::V4(_) => client,
        IpAddr::V6(address) => {
            let network = u128::from(address) >> 64 << 64;
            IpAddr::V6(Ipv6Addr::from(network))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_network_count_as_one() {
        let table = [
            ("203.0.113.7", "203.0.113.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("2001:db8:1:2::1", "2001:db8:1:2::"),
            ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ];
        for (client, expected) in table {
            assert_eq!(network(client.parse().unwrap()).to_string(), expected);
        }
    }

    #[test]
    fn one_mail_of_a_kind_at_a_time() {
        let mut config = AuthConfig::new("i", "s");
        config.mail_leaves = true;
        config.settings.mails_per_hour = Some(3);
        let limits = Limits::new(&config);
        assert!(limits.count_mail(MailKind::Recovery, "a").is_ok());
        let refused = limits.count_mail(MailKind::Recovery, "a").unwrap_err();
        assert!(matches!(refused, AuthError::OverMailRate(Some(1..=60))), "{refused}");
        assert!(limits.count_mail(MailKind::MagicLink, "a").is_ok());
        assert!(limits.count_mail(MailKind::Recovery, "b").is_ok());
        let refused = limits.count_mail(MailKind::Recovery, "c").unwrap_err();
        assert!(matches!(refused, AuthError::OverMailRate(None)), "the hour is over");
    }
}
