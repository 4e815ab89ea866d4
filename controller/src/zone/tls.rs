//! TLS 1.3 and nothing older, on ring; the site link demands a certificate of the zone from both ends.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::server::WebPkiClientVerifier;
use rustls::version::TLS13;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use trunklab_protocol::SiteId;
use trunklab_protocol::enrolment::site_of_common_name;

use super::{Credentials, ZoneError};

/// What the site link's listener speaks: clients show a certificate of the zone or are turned away.
///
/// # Errors
/// When the credentials do not fit together; `place` names where they came from.
pub fn link_server_config(credentials: &Credentials, place: &str) -> Result<Arc<ServerConfig>, ZoneError> {
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots(credentials, place)?), provider())
            .build()
            .map_err(|error| unusable(place, &error))?;
    let builder = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])
        .map_err(|error| unusable(place, &error))?
        .with_client_cert_verifier(verifier);
    let mut config = builder
        .with_single_cert(chain(credentials, place)?, credentials.key(place)?)
        .map_err(|error| unusable(place, &error))?;
    // Each connection shows its certificate anew, so that the deny list and the expiry count.
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}

/// What the operator port speaks: the caller proves itself by a token instead.
///
/// # Errors
/// When the credentials do not fit together; `place` names where they came from.
pub fn operator_server_config(
    credentials: &Credentials,
    place: &str,
) -> Result<Arc<ServerConfig>, ZoneError> {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])
        .map_err(|error| unusable(place, &error))?
        .with_no_client_auth()
        .with_single_cert(chain(credentials, place)?, credentials.key(place)?)
        .map_err(|error| unusable(place, &error))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// What a client speaks that trusts this zone; a site also shows its own certificate.
///
/// # Errors
/// When the credentials do not fit together.
pub fn client_config(ca_pem: &str, shows: Option<&Credentials>) -> Result<ClientConfig, ZoneError> {
    let place = "the client's certificate";
    let ca =
        Credentials { certificate_pem: String::new(), key_pem: String::new(), ca_pem: ca_pem.to_owned() };
    let builder = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])
        .map_err(|error| unusable(place, &error))?
        .with_root_certificates(roots(&ca, place)?);
    match shows {
        None => Ok(builder.with_no_client_auth()),
        Some(credentials) => builder
            .with_client_auth_cert(vec![credentials.certificate(place)?], credentials.key(place)?)
            .map_err(|error| unusable(place, &error)),
    }
}

/// The site whose name a certificate carries; `None` where it is no site's.
pub fn site_of_certificate(certificate: &CertificateDer<'_>) -> Option<SiteId> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
    let mut names = parsed.subject().iter_common_name();
    let (Some(name), None) = (names.next(), names.next()) else { return None };
    site_of_common_name(name.as_str().ok()?)
}

/// The leaf, then the authority: a station that enrols knows the authority by its fingerprint alone.
fn chain(credentials: &Credentials, place: &str) -> Result<Vec<CertificateDer<'static>>, ZoneError> {
    Ok(vec![credentials.certificate(place)?, credentials.authority(place)?])
}

fn roots(credentials: &Credentials, place: &str) -> Result<RootCertStore, ZoneError> {
    let mut roots = RootCertStore::empty();
    roots.add(credentials.authority(place)?).map_err(|error| unusable(place, &error))?;
    Ok(roots)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn unusable(place: &str, error: &dyn std::fmt::Display) -> ZoneError {
    ZoneError::Unusable { place: place.to_owned(), reason: error.to_string() }
}
