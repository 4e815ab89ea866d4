//! A certificate with its private key and the authority that signed it.

use std::fmt;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest, Sha256};

use super::ZoneError;

/// What one end of a TLS connection shows and trusts, all PEM. The key never prints.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The certificate.
    pub certificate_pem: String,
    /// Its private key, PKCS #8.
    pub key_pem: String,
    /// The certificate authority's certificate.
    pub ca_pem: String,
}

impl Credentials {
    /// The certificate as DER.
    ///
    /// # Errors
    /// When the PEM is none; `place` names it.
    pub fn certificate(&self, place: &str) -> Result<CertificateDer<'static>, ZoneError> {
        certificate_of(&self.certificate_pem, place)
    }

    /// The authority's certificate as DER.
    ///
    /// # Errors
    /// When the PEM is none; `place` names it.
    pub fn authority(&self, place: &str) -> Result<CertificateDer<'static>, ZoneError> {
        certificate_of(&self.ca_pem, place)
    }

    /// The private key as DER.
    ///
    /// # Errors
    /// When the PEM is none; `place` names it.
    pub fn key(&self, place: &str) -> Result<PrivateKeyDer<'static>, ZoneError> {
        PrivateKeyDer::from_pem_slice(self.key_pem.as_bytes())
            .map_err(|_| ZoneError::NotPem { place: place.to_owned(), expected: "a private key" })
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}

/// SHA-256 of a certificate's DER.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    /// The fingerprint of a certificate.
    pub fn of(certificate: &CertificateDer<'_>) -> Self {
        Self(Sha256::digest(certificate).into())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

pub(super) fn certificate_of(pem: &str, place: &str) -> Result<CertificateDer<'static>, ZoneError> {
    CertificateDer::from_pem_slice(pem.as_bytes())
        .map_err(|_| ZoneError::NotPem { place: place.to_owned(), expected: "a certificate" })
}
