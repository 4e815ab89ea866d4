//! A certificate authority and what it signs.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use sha2::{Digest, Sha256};
use trunklab_basestation::Credentials;

pub struct Zone {
    issuer: Issuer<'static, KeyPair>,
    pub ca_pem: String,
}

impl Zone {
    pub fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "a zone");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        let ca_pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), ca_pem }
    }

    pub fn fingerprint(&self) -> [u8; 32] {
        Sha256::digest(CertificateDer::from_pem_slice(self.ca_pem.as_bytes()).unwrap()).into()
    }

    pub fn credentials(&self, name: &str) -> Credentials {
        self.certify(name, |_| {})
    }

    /// Credentials that were good once.
    pub fn expired(&self, name: &str) -> Credentials {
        self.certify(name, |params| params.not_after = rcgen::date_time_ymd(2020, 1, 1))
    }

    fn certify(&self, name: &str, adjust: impl FnOnce(&mut CertificateParams)) -> Credentials {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        adjust(&mut params);
        let certificate_pem = params.signed_by(&key, &self.issuer).unwrap().pem();
        Credentials { certificate_pem, key_pem: key.serialize_pem(), ca_pem: self.ca_pem.clone() }
    }

    /// Signs a request, as a controller does.
    pub fn sign(&self, csr_pem: &str) -> String {
        rcgen::CertificateSigningRequestParams::from_pem(csr_pem)
            .unwrap()
            .signed_by(&self.issuer)
            .unwrap()
            .pem()
    }

    /// A server under this name that demands a client certificate of this zone, or none.
    pub fn server(&self, name: &str, demands: bool) -> Arc<ServerConfig> {
        let credentials = self.credentials(name);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = RootCertStore::empty();
        let authority = CertificateDer::from_pem_slice(self.ca_pem.as_bytes()).unwrap();
        roots.add(authority.clone()).unwrap();
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap();
        let builder = if demands {
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
            builder.with_client_cert_verifier(verifier)
        } else {
            builder.with_no_client_auth()
        };
        let chain =
            vec![CertificateDer::from_pem_slice(credentials.certificate_pem.as_bytes()).unwrap(), authority];
        let key = PrivateKeyDer::from_pem_slice(credentials.key_pem.as_bytes()).unwrap();
        Arc::new(builder.with_single_cert(chain, key).unwrap())
    }
}
