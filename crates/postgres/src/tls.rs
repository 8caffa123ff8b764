//! TLS towards servers by URL, with the machine's certificate authorities.

use std::io;

/// A client configuration that verifies the server's certificate.
///
/// `SSL_CERT_FILE` names other authorities, as for other programs that use the system's.
pub(crate) fn client_config() -> io::Result<rustls::ClientConfig> {
    let mut roots = rustls::RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}
