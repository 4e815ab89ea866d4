//! The enrolment desk: a token in, a certificate out.

use std::time::SystemTime;

use trunklab_protocol::Cause;
use trunklab_protocol::enrolment::{EnrolmentAnswer, EnrolmentRefusal, EnrolmentRequest, EnrolmentToken};

use super::{Authority, Tokens, ZoneError};

/// Signs for whoever brings a token that was not used.
#[derive(Debug)]
pub struct EnrolmentDesk {
    authority: Authority,
    tokens: Tokens,
}

/// Why a site was not enrolled.
#[derive(Debug, thiserror::Error)]
pub enum EnrolmentError {
    /// The applicant's fault; the body of the answer.
    #[error("{}", .0.detail)]
    Refused(EnrolmentRefusal),
    /// Ours.
    #[error(transparent)]
    Failed(#[from] ZoneError),
}

impl EnrolmentDesk {
    /// A desk of this authority.
    pub const fn new(authority: Authority, tokens: Tokens) -> Self {
        Self { authority, tokens }
    }

    /// Certifies the applicant's key. The request is read before the token is used up, so that a damaged one costs
    /// nothing; the token is used up before anything is signed, so that it never counts twice.
    ///
    /// # Errors
    /// When the request or the token is not good, or the token's directory cannot be used.
    pub fn enrol(
        &self,
        request: &EnrolmentRequest,
        now: SystemTime,
    ) -> Result<EnrolmentAnswer, EnrolmentError> {
        let certificate_pem = self
            .authority
            .sign_site(request.site, &request.csr_pem)
            .map_err(|error| refused(Cause::FieldOutOfRange, &error.to_string()))?;
        let good = match request.token.parse::<EnrolmentToken>() {
            Ok(token) if token.site == request.site && token.authority == self.authority.fingerprint().0 => {
                self.tokens.take(request.site, &token.secret, now)?
            }
            Ok(_) | Err(_) => false,
        };
        if !good {
            let detail = format!(
                "{} (site {}): ask the operator for a new one (`controller ca token`)",
                Cause::EnrolmentRefused,
                request.site
            );
            return Err(refused(Cause::EnrolmentRefused, &detail));
        }
        Ok(EnrolmentAnswer { certificate_pem, ca_pem: self.authority.certificate_pem().to_owned() })
    }
}

fn refused(cause: Cause, detail: &str) -> EnrolmentError {
    EnrolmentError::Refused(EnrolmentRefusal { cause, detail: detail.to_owned() })
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;
    use trunklab_protocol::SiteId;

    use super::*;
    use crate::zone::{TOKEN_LIFE, site_of_certificate};

    fn site() -> SiteId {
        SiteId::new(3).unwrap()
    }

    fn desk() -> (EnrolmentDesk, Tokens) {
        let tokens = Tokens::in_memory();
        (EnrolmentDesk::new(Authority::generate().unwrap(), tokens.clone()), tokens)
    }

    fn csr() -> String {
        // The applicant claims another name and a server's rights; neither may stand in its certificate.
        let mut params = CertificateParams::new(["controller".to_owned()]).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, "site-99");
        params.extended_key_usages.push(rcgen::ExtendedKeyUsagePurpose::ServerAuth);
        params.serialize_request(&KeyPair::generate().unwrap()).unwrap().pem().unwrap()
    }

    fn request(desk: &EnrolmentDesk, tokens: &Tokens) -> EnrolmentRequest {
        let token =
            tokens.issue(site(), desk.authority.fingerprint(), SystemTime::now(), TOKEN_LIFE).unwrap();
        EnrolmentRequest { site: site(), token: token.to_string(), csr_pem: csr() }
    }

    fn cause(error: EnrolmentError) -> Cause {
        match error {
            EnrolmentError::Refused(refusal) => refusal.cause,
            EnrolmentError::Failed(error) => panic!("{error}"),
        }
    }

    #[test]
    fn a_token_buys_one_certificate_under_the_tokens_name() {
        let (desk, tokens) = desk();
        let request = request(&desk, &tokens);
        let answer = desk.enrol(&request, SystemTime::now()).unwrap();
        let certificate = CertificateDer::from_pem_slice(answer.certificate_pem.as_bytes()).unwrap();
        assert_eq!(site_of_certificate(&certificate), Some(site()));
        let (_, parsed) = x509_parser::parse_x509_certificate(&certificate).unwrap();
        assert!(parsed.subject_alternative_name().unwrap().is_none());
        let usage = parsed.extended_key_usage().unwrap().unwrap().value;
        assert!(usage.client_auth && !usage.server_auth);
        assert_eq!(cause(desk.enrol(&request, SystemTime::now()).unwrap_err()), Cause::EnrolmentRefused);
    }

    #[test]
    fn a_damaged_request_does_not_use_the_token_up() {
        let (desk, tokens) = desk();
        let good = request(&desk, &tokens);
        let damaged = EnrolmentRequest { csr_pem: good.csr_pem.replace("MII", "AII"), ..good.clone() };
        assert_eq!(cause(desk.enrol(&damaged, SystemTime::now()).unwrap_err()), Cause::FieldOutOfRange);
        desk.enrol(&good, SystemTime::now()).unwrap();
    }

    #[test]
    fn a_token_of_another_zone_or_site_is_refused() {
        let (desk, tokens) = desk();
        let (other, other_tokens) = self::desk();
        let foreign = request(&other, &other_tokens);
        assert_eq!(cause(desk.enrol(&foreign, SystemTime::now()).unwrap_err()), Cause::EnrolmentRefused);
        let mine = request(&desk, &tokens);
        let elsewhere = EnrolmentRequest { site: SiteId::new(4).unwrap(), ..mine };
        assert_eq!(cause(desk.enrol(&elsewhere, SystemTime::now()).unwrap_err()), Cause::EnrolmentRefused);
    }
}
