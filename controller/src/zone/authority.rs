//! The certificate authority: signs the controller's certificate and each site's, and nothing else.

use std::fmt;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DnType, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyPair, KeyUsagePurpose, PublicKeyData, SanType, SerialNumber,
};
use rustls::pki_types::CertificateDer;
use trunklab_protocol::SiteId;
use trunklab_protocol::enrolment::{CONTROLLER_NAME, site_common_name};

use super::credentials::certificate_of;
use super::{Credentials, Fingerprint, ZoneError};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const AUTHORITY_LIFE: Duration = DAY.saturating_mul(3_653);
const CERTIFICATE_LIFE: Duration = DAY.saturating_mul(1_827);
/// Certificates are good from a day before they were made: clocks of sites differ.
const CLOCK_TOLERANCE: Duration = DAY;

/// A zone's certificate authority with its private key.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate_pem: String,
    fingerprint: Fingerprint,
}

impl Authority {
    /// A new authority with a new key.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn generate() -> Result<Self, ZoneError> {
        let key = KeyPair::generate()?;
        let serial = serial()?;
        let mut params = CertificateParams::default();
        // The name carries the serial: two zones' authorities never share one.
        params.distinguished_name.push(DnType::CommonName, format!("trunklab zone {}", hex(&serial[..4])));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        lasts(&mut params, AUTHORITY_LIFE, &serial);
        let certificate = params.self_signed(&key)?;
        let fingerprint = Fingerprint::of(certificate.der());
        Ok(Self { certificate_pem: certificate.pem(), issuer: Issuer::new(params, key), fingerprint })
    }

    /// An authority that was made before.
    ///
    /// # Errors
    /// When either text is not what it should be; `place` names the directory.
    pub fn from_pem(certificate_pem: &str, key_pem: &str, place: &str) -> Result<Self, ZoneError> {
        let certificate = certificate_of(certificate_pem, &format!("{place}/ca.pem"))?;
        let unusable = |reason: String| ZoneError::Unusable { place: format!("{place}/ca.key"), reason };
        let key = KeyPair::from_pem(key_pem)
            .map_err(|_| ZoneError::NotPem { place: format!("{place}/ca.key"), expected: "a private key" })?;
        let (_, parsed) =
            x509_parser::parse_x509_certificate(&certificate).map_err(|error| unusable(error.to_string()))?;
        if parsed.public_key().raw != key.subject_public_key_info() {
            return Err(unusable("it is not the key of ca.pem".to_owned()));
        }
        Ok(Self {
            certificate_pem: certificate_pem.to_owned(),
            issuer: Issuer::from_ca_cert_der(&certificate, key)?,
            fingerprint: Fingerprint::of(&certificate),
        })
    }

    /// The authority's certificate, PEM.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// The authority's private key, PEM: for the zone's directory alone.
    pub(super) fn key_pem(&self) -> String {
        self.issuer.key().serialize_pem()
    }

    /// What an enrolment token names the authority by.
    pub const fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// A new key and certificate for the controller: good for its names and addresses, as a server only.
    ///
    /// # Errors
    /// When a name is no host name.
    pub fn controller(&self, names: &[String]) -> Result<Credentials, ZoneError> {
        let mut params = CertificateParams::new([CONTROLLER_NAME.to_owned(), "localhost".to_owned()])?;
        for address in [IpAddr::from([127, 0, 0, 1]), IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1])] {
            params.subject_alt_names.push(SanType::IpAddress(address));
        }
        params.subject_alt_names.extend(CertificateParams::new(names)?.subject_alt_names);
        self.issue(params, CONTROLLER_NAME, ExtendedKeyUsagePurpose::ServerAuth)
    }

    /// A new key and certificate for a site: as a client only, so that no site can pose as the controller.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn site(&self, site: SiteId) -> Result<Credentials, ZoneError> {
        self.issue(CertificateParams::default(), &site_common_name(site), ExtendedKeyUsagePurpose::ClientAuth)
    }

    /// Certifies the key of a site's signing request. Everything else in the request is ignored: the name is the
    /// token's, not the applicant's.
    ///
    /// # Errors
    /// When the request is damaged or its signature does not match.
    pub fn sign_site(&self, site: SiteId, csr_pem: &str) -> Result<String, ZoneError> {
        let request = CertificateSigningRequestParams::from_pem(csr_pem)
            .map_err(|error| ZoneError::BadRequest(error.to_string()))?;
        let params = leaf(
            CertificateParams::default(),
            &site_common_name(site),
            ExtendedKeyUsagePurpose::ClientAuth,
            &serial()?,
        );
        Ok(params.signed_by(&request.public_key, &self.issuer)?.pem())
    }

    fn issue(
        &self,
        params: CertificateParams,
        name: &str,
        usage: ExtendedKeyUsagePurpose,
    ) -> Result<Credentials, ZoneError> {
        let key = KeyPair::generate()?;
        let certificate = leaf(params, name, usage, &serial()?).signed_by(&key, &self.issuer)?;
        Ok(Credentials {
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            ca_pem: self.certificate_pem.clone(),
        })
    }

    /// A site's certificate that is no longer good.
    #[cfg(test)]
    pub(crate) fn expired_site(&self, site: SiteId) -> Result<Credentials, ZoneError> {
        let key = KeyPair::generate()?;
        let name = site_common_name(site);
        let mut params =
            leaf(CertificateParams::default(), &name, ExtendedKeyUsagePurpose::ClientAuth, &serial()?);
        params.not_after = (SystemTime::now() - DAY / 2).into();
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(Credentials {
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            ca_pem: self.certificate_pem.clone(),
        })
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authority({})", self.fingerprint)
    }
}

/// The serial number of a certificate, as the deny list spells it.
pub(super) fn serial_of(certificate: &CertificateDer<'_>) -> Option<String> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
    let octets = parsed.raw_serial();
    Some(hex(octets.strip_prefix(&[0]).unwrap_or(octets)))
}

fn leaf(
    mut params: CertificateParams,
    name: &str,
    usage: ExtendedKeyUsagePurpose,
    serial: &[u8; 16],
) -> CertificateParams {
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![usage];
    params.use_authority_key_identifier_extension = true;
    lasts(&mut params, CERTIFICATE_LIFE, serial);
    params
}

fn lasts(params: &mut CertificateParams, life: Duration, serial: &[u8; 16]) {
    let now = SystemTime::now();
    params.not_before = (now - CLOCK_TOLERANCE).into();
    params.not_after = (now + life).into();
    params.serial_number = Some(SerialNumber::from_slice(serial));
}

fn serial() -> Result<[u8; 16], ZoneError> {
    let mut octets = [0; 16];
    getrandom::fill(&mut octets)?;
    // A serial number is positive and begins with an octet that is not zero, so that it has one spelling.
    octets[0] = octets[0] & 0x7F | 0x40;
    Ok(octets)
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
