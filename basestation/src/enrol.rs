//! Enrolment: a token in, a credentials directory out (docs/protocol.md, clause 9.4).
//!
//! The station has no certificate authority yet, but the token names one by its fingerprint: the server's chain must
//! hold that very certificate, and the server's own must be signed by it for the controller's name.

use std::error::Error;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::version::TLS13;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error as TlsError, RootCertStore, SignatureScheme,
};
use sha2::{Digest, Sha256};
use trunklab_protocol::SiteId;
use trunklab_protocol::enrolment::{
    CONTROLLER_NAME, EnrolmentAnswer, EnrolmentRefusal, EnrolmentRequest, EnrolmentToken, NotAToken, PATH,
};

use crate::credentials::{Credentials, CredentialsError, ensure_vacant};
use crate::tls::{link_config, provider};

/// The whole exchange may take this long.
const TIME_MAX: Duration = Duration::from_secs(15);

/// An answer is two certificates: far below this.
const ANSWER_LEN_MAX: usize = 64 * 1024;

/// Why a station was not enrolled.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// The token's text is damaged.
    #[error(transparent)]
    NotAToken(#[from] NotAToken),
    /// The directory cannot take credentials.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// Nobody answered.
    #[error(
        "no answer from the controller at {controller} ({reason}): start it, or name its operator port with --controller"
    )]
    NoAnswer {
        /// The address that was tried.
        controller: String,
        /// The innermost reason.
        reason: String,
    },
    /// Whoever answered did not prove to be the controller whose zone made the token; it was shown nothing.
    #[error(
        "what answers at {controller} is no controller of the token's zone ({reason}): name one with --controller, or \
         get a token for this one's zone from `controller ca token`"
    )]
    NotTheZone {
        /// The address that was tried.
        controller: String,
        /// What is wrong with its certificate.
        reason: String,
    },
    /// The controller refused.
    #[error("the controller refused: {0}")]
    Refused(String),
    /// The answer is not what it should be.
    #[error("the controller's answer is not usable: {0}")]
    BadAnswer(String),
    /// No key could be made.
    #[error("no key could be made: {0}")]
    Key(#[from] rcgen::Error),
}

/// Makes a key, has it certified by the controller at `host:port`, and writes the credentials to a directory that
/// holds none. For which site is the token's to say.
///
/// # Errors
/// When any step fails; nothing is written then.
pub async fn enrol(controller: &str, token: &str, directory: &Path) -> Result<SiteId, EnrolError> {
    let parsed: EnrolmentToken = token.parse()?;
    // Before the token is used up.
    ensure_vacant(directory)?;
    let key = rcgen::KeyPair::generate()?;
    let csr_pem = rcgen::CertificateParams::default().serialize_request(&key)?.pem()?;
    let request = EnrolmentRequest { site: parsed.site, token: parsed.to_string(), csr_pem };
    let EnrolmentAnswer { certificate_pem, ca_pem } = ask(controller, parsed.authority, &request).await?;
    let authority = CertificateDer::from_pem_slice(ca_pem.as_bytes())
        .map_err(|_| EnrolError::BadAnswer("its authority's certificate is no PEM".into()))?;
    if fingerprint(&authority) != parsed.authority {
        return Err(EnrolError::BadAnswer("its authority is not the token's".into()));
    }
    let credentials = Credentials { certificate_pem, key_pem: key.serialize_pem(), ca_pem };
    link_config(&credentials).map_err(|error| EnrolError::BadAnswer(error.to_string()))?;
    credentials.write(directory)?;
    Ok(parsed.site)
}

async fn ask(
    controller: &str,
    authority: [u8; 32],
    request: &EnrolmentRequest,
) -> Result<EnrolmentAnswer, EnrolError> {
    let no_answer = |error: reqwest::Error| {
        let controller = controller.to_owned();
        match innermost(&error.without_url()) {
            Innermost::Certificate(reason) => EnrolError::NotTheZone { controller, reason },
            Innermost::Other(reason) => EnrolError::NoAnswer { controller, reason },
        }
    };
    let tls = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])
        .map_err(|error| EnrolError::BadAnswer(error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(NamedAuthority { fingerprint: authority }))
        .with_no_client_auth();
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(TIME_MAX)
        .build()
        .map_err(no_answer)?;
    let mut response =
        client.post(format!("https://{controller}{PATH}")).json(request).send().await.map_err(no_answer)?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(no_answer)? {
        if body.len() + chunk.len() > ANSWER_LEN_MAX {
            return Err(EnrolError::BadAnswer(format!("it is longer than {ANSWER_LEN_MAX} octets")));
        }
        body.extend_from_slice(&chunk);
    }
    if response.status().is_success() {
        return serde_json::from_slice(&body).map_err(|error| EnrolError::BadAnswer(error.to_string()));
    }
    Err(match serde_json::from_slice::<EnrolmentRefusal>(&body) {
        Ok(refusal) => EnrolError::Refused(refusal.detail),
        Err(_) => EnrolError::BadAnswer(format!("HTTP status {}", response.status())),
    })
}

/// What really went wrong: it stands at the end of the chain.
enum Innermost {
    Certificate(String),
    Other(String),
}

fn innermost(error: &(dyn Error + 'static)) -> Innermost {
    let mut innermost = error;
    while let Some(beneath) = beneath(innermost) {
        innermost = beneath;
        if let Some(TlsError::InvalidCertificate(error)) = innermost.downcast_ref() {
            let of_other_zone =
                matches!(error, CertificateError::UnknownIssuer | CertificateError::BadSignature);
            return Innermost::Certificate(if of_other_zone {
                "its certificate is of another zone".to_owned()
            } else {
                error.to_string()
            });
        }
    }
    Innermost::Other(innermost.to_string())
}

/// The error that another one wraps. `io::Error` hides what it holds from `source`, so it is asked for it.
fn beneath<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        Some(held) => Some(held),
        None => error.source(),
    }
}

fn fingerprint(certificate: &CertificateDer<'_>) -> [u8; 32] {
    Sha256::digest(certificate).into()
}

/// Trusts one authority, known by its fingerprint.
struct NamedAuthority {
    fingerprint: [u8; 32],
}

impl fmt::Debug for NamedAuthority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NamedAuthority")
    }
}

impl ServerCertVerifier for NamedAuthority {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        let authority = intermediates
            .iter()
            .find(|certificate| fingerprint(certificate) == self.fingerprint)
            .ok_or(TlsError::InvalidCertificate(CertificateError::UnknownIssuer))?;
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone().into_owned())?;
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
            .build()
            .map_err(|error| TlsError::General(error.to_string()))?;
        // The token names the authority, not the address: the name that counts is the controller's.
        let controller = ServerName::try_from(CONTROLLER_NAME).expect("it is a host name");
        verifier.verify_server_cert(end_entity, intermediates, &controller, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls12_signature(message, certificate, signature, &provider().signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls13_signature(message, certificate, signature, &provider().signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}
