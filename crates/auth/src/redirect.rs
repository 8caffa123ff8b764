//! Where a browser may be sent back to, with tokens in its hands: only to the application's own site
//! or to an address that the operator listed. Anything else falls back to the site.

use crate::AuthConfig;

/// Longer ones are nobody's address, and would take long to compare.
const LONGEST_BYTES: usize = 2048;

/// Where to send the browser: `wanted` where that is allowed, else the application's site.
pub(crate) fn target<'a>(config: &'a AuthConfig, wanted: Option<&'a str>) -> &'a str {
    match wanted.filter(|wanted| is_allowed(config, wanted)) {
        Some(wanted) => wanted,
        None => &config.site_url,
    }
}

fn is_allowed(config: &AuthConfig, wanted: &str) -> bool {
    let odd = |character: char| character.is_control() || character.is_whitespace();
    if wanted.len() > LONGEST_BYTES || wanted.contains(odd) || wanted.contains('\\') {
        return false;
    }
    if is_of_site(&config.site_url, wanted) {
        return true;
    }
    // An address of digits is nobody's site, and a user before the host only serves to deceive.
    if wanted.contains("://") && !Origin::of(wanted).is_some_and(|origin| origin.is_named()) {
        return false;
    }
    config.redirect_urls.iter().any(|pattern| {
        let without_fragment = wanted.split('#').next().unwrap_or_default();
        matches(pattern.as_bytes(), without_fragment.trim_end_matches('/').as_bytes())
            || matches(pattern.as_bytes(), without_fragment.as_bytes())
    })
}

/// The same scheme and host; on this machine, whatever port.
fn is_of_site(site: &str, wanted: &str) -> bool {
    let (Some(site), Some(wanted)) = (Origin::of(site), Origin::of(wanted)) else { return false };
    let is_loopback = matches!(site.host.as_str(), "localhost" | "127.0.0.1" | "[::1]");
    site.scheme == wanted.scheme
        && site.host == wanted.host
        && (is_loopback || site.port == wanted.port)
}

#[derive(PartialEq)]
struct Origin {
    scheme: String,
    host: String,
    port: Option<u16>,
}

impl Origin {
    /// Whether the host is a name, or this machine.
    fn is_named(&self) -> bool {
        let is_loopback = matches!(self.host.as_str(), "127.0.0.1" | "[::1]");
        let last = self.host.rsplit('.').find(|label| !label.is_empty()).unwrap_or_default();
        let is_number = last.starts_with(|first: char| first.is_ascii_digit());
        is_loopback || !(self.host.starts_with('[') || is_number)
    }

    /// Of an absolute URL with a host; nothing for one that carries a user, which only serves to
    /// deceive.
    fn of(url: &str) -> Option<Origin> {
        let (scheme, rest) = url.split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next().filter(|text| !text.is_empty())?;
        if authority.contains('@') {
            return None;
        }
        let scheme = scheme.to_ascii_lowercase();
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port.parse().ok()?)),
            _ => (authority, None),
        };
        let usual = match scheme.as_str() {
            "http" => Some(80),
            "https" => Some(443),
            _ => None,
        };
        Some(Origin { scheme, host: host.to_ascii_lowercase(), port: port.or(usual) })
    }
}

/// Globs as GoTrue has them: `*` stands for anything but what separates the parts of a URL, `**` for
/// anything, `?` for one character that separates nothing.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let separates = |byte: u8| b"./?#@:[]".contains(&byte);
    match pattern {
        [] => text.is_empty(),
        [b'*', b'*', rest @ ..] => (0..=text.len()).any(|skip| matches(rest, &text[skip..])),
        [b'*', rest @ ..] => {
            let longest = text.iter().position(|byte| separates(*byte)).unwrap_or(text.len());
            (0..=longest).any(|skip| matches(rest, &text[skip..]))
        }
        [b'?', rest @ ..] => {
            text.first().is_some_and(|byte| !separates(*byte)) && matches(rest, &text[1..])
        }
        [byte, rest @ ..] => text.first() == Some(byte) && matches(rest, &text[1..]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_site_and_the_list_are_allowed() {
        let mut config = AuthConfig::new("i", "https://board.example.com/welcome");
        config.redirect_urls = vec![
            "https://*.preview.example.com/**".into(),
            "board-app://callback".into(),
            "http://localhost:*/auth".into(),
        ];
        let table = [
            ("https://board.example.com", true),
            ("https://BOARD.example.com/any/path?x=1#y", true),
            ("https://board.example.com:443/", true),
            ("https://board.example.com:8443/", false),
            ("http://board.example.com/", false),
            ("https://board.example.com.evil.com/", false),
            ("https://evil.com/https://board.example.com", false),
            ("https://board.example.com@evil.com/", false),
            ("https://user@board.example.com/", false),
            ("//board.example.com", false),
            ("/relative", false),
            ("javascript:alert(1)", false),
            ("https://board.example.com\\.evil.com", false),
            ("https://board.example.com\r\nset-cookie: a=b", false),
            ("https://a.preview.example.com/x/y", true),
            ("https://a.b.preview.example.com/x", false),
            ("https://preview.example.com/x", false),
            ("https://3627734734?a.preview.example.com/", false),
            ("https://[2001:db8::1]?a.preview.example.com/", false),
            ("https://evil?.preview.example.com/", false),
            ("https://x@a.preview.example.com/", false),
            ("http://localhost:x@3627734734/auth", false),
            ("http://0x7f.1/auth", false),
            ("board-app://callback", true),
            ("board-app://callback/", true),
            ("board-app://other", false),
            ("http://localhost:5173/auth", true),
            ("http://localhost:5173/auth/more", false),
        ];
        for (url, expected) in table {
            assert_eq!(target(&config, Some(url)) == url, expected, "{url}");
        }
        assert_eq!(target(&config, None), "https://board.example.com/welcome");
        assert_eq!(target(&config, Some("https://evil.com")), "https://board.example.com/welcome");
    }

    #[test]
    fn ports_are_free_on_this_machine() {
        let config = AuthConfig::new("i", "http://127.0.0.1:8000");
        for (url, expected) in [
            ("http://127.0.0.1:3000/x", true),
            ("http://127.0.0.1", true),
            ("http://localhost:8000", false),
            ("http://127.0.0.2:8000", false),
        ] {
            assert_eq!(target(&config, Some(url)) == url, expected, "{url}");
        }
    }
}
