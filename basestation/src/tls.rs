//! TLS 1.3 and nothing older, on ring; both ends show a certificate of the zone.

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
use rustls::version::TLS13;
use rustls::{ClientConfig, RootCertStore};

use crate::credentials::{Credentials, CredentialsError};

/// What the link to a controller speaks.
///
/// # Errors
/// When the credentials do not fit together.
pub fn link_config(credentials: &Credentials) -> Result<Arc<ClientConfig>, CredentialsError> {
    let mut roots = RootCertStore::empty();
    roots.add(credentials.authority()?)?;
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])?
        .with_root_certificates(roots)
        .with_client_auth_cert(vec![credentials.certificate()?], credentials.key()?)?;
    // Each connection shows its certificate anew, so that the controller's deny list counts.
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}

/// Our cryptography.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}
