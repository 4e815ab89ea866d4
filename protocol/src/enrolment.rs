//! How a base station gets its certificate: one token, used once, over HTTPS at the operator port
//! (docs/protocol.md, clause 9.4).
//!
//! The station makes its own key and a signing request; the controller answers with a certificate whose subject is
//! `CN=site-N`. The token names the certificate authority, so that the station knows whom it talks to before it has
//! anything else: the server's chain ends with the authority's certificate, and the SHA-256 of that certificate's
//! DER must be the token's fingerprint.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::cause::Cause;
use crate::network::SiteId;

/// Where the request is posted.
pub const PATH: &str = "/enrol";

/// The name that the controller's certificate carries, beside its addresses.
pub const CONTROLLER_NAME: &str = "controller";

/// What an operator hands to a new site: text of one line, secret until it is used.
#[derive(Clone, PartialEq, Eq)]
pub struct EnrolmentToken {
    /// For which site; it is good for no other.
    pub site: SiteId,
    /// Known to the controller by its hash alone.
    pub secret: [u8; 16],
    /// SHA-256 of the certificate authority's certificate (DER).
    pub authority: [u8; 32],
}

/// What a station asks.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnrolmentRequest {
    /// Which site.
    pub site: SiteId,
    /// The whole token, as text.
    pub token: String,
    /// PKCS #10 signing request, PEM. Only its public key is used: the subject is the controller's to write.
    pub csr_pem: String,
}

/// What it gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolmentAnswer {
    /// The site's certificate, PEM.
    pub certificate_pem: String,
    /// The certificate authority's certificate, PEM.
    pub ca_pem: String,
}

/// Why it gets nothing: the body of any answer that is not 200.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolmentRefusal {
    /// The named cause.
    pub cause: Cause,
    /// A sentence with the remedy.
    pub detail: String,
}

/// A token that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is not an enrolment token: `trunklab1.SITE.SECRET.FINGERPRINT` is expected, whole and on one line"
)]
pub struct NotAToken;

const VERSION: &str = "trunklab1";

impl fmt::Display for EnrolmentToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{VERSION}.{}.", self.site)?;
        put_hex(&self.secret, f)?;
        f.write_str(".")?;
        put_hex(&self.authority, f)
    }
}

impl FromStr for EnrolmentToken {
    type Err = NotAToken;

    fn from_str(text: &str) -> Result<Self, NotAToken> {
        let mut parts = text.trim().split('.');
        let (Some(VERSION), Some(site), Some(secret), Some(authority), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(NotAToken);
        };
        Ok(Self {
            site: site.parse().ok().and_then(SiteId::new).ok_or(NotAToken)?,
            secret: take_hex(secret).ok_or(NotAToken)?,
            authority: take_hex(authority).ok_or(NotAToken)?,
        })
    }
}

/// The secret prints as dots: no secret reaches a log.
impl fmt::Debug for EnrolmentToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EnrolmentToken(site {}, …)", self.site)
    }
}

/// The token prints as dots: no secret reaches a log.
impl fmt::Debug for EnrolmentRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EnrolmentRequest(site {}, …)", self.site)
    }
}

/// The common name of a site's certificate.
pub fn site_common_name(site: SiteId) -> String {
    format!("site-{site}")
}

/// The site that a common name stands for; `None` for any other spelling.
pub fn site_of_common_name(name: &str) -> Option<SiteId> {
    let site = SiteId::new(name.strip_prefix("site-")?.parse().ok()?)?;
    (site_common_name(site) == name).then_some(site)
}

fn put_hex(octets: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    octets.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
}

fn take_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != 2 * N || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut octets = [0; N];
    for (index, octet) in octets.iter_mut().enumerate() {
        *octet = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok()?;
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> EnrolmentToken {
        EnrolmentToken {
            site: SiteId::new(3).unwrap(),
            secret: std::array::from_fn(|index| index as u8),
            authority: [0xA5; 32],
        }
    }

    #[test]
    fn a_token_reads_back_from_its_text() {
        let text = token().to_string();
        assert_eq!(text, format!("trunklab1.3.000102030405060708090a0b0c0d0e0f.{}", "a5".repeat(32)));
        assert_eq!(format!(" {text}\n").parse(), Ok(token()));
    }

    #[test]
    fn a_damaged_token_is_refused() {
        let text = token().to_string();
        for damaged in [
            text[..text.len() - 1].to_owned(),
            format!("{text}0"),
            format!("{text}.00"),
            text.replacen(".3.", ".0.", 1),
            text.replacen("a5", "é", 1),
            String::new(),
        ] {
            assert_eq!(damaged.parse::<EnrolmentToken>(), Err(NotAToken), "{damaged}");
        }
    }

    #[test]
    fn secrets_do_not_reach_a_log() {
        let request =
            EnrolmentRequest { site: token().site, token: token().to_string(), csr_pem: String::new() };
        assert!(!format!("{:?} {request:?}", token()).contains("0001"));
    }

    #[test]
    fn only_the_exact_common_name_is_a_site() {
        let site = SiteId::new(3).unwrap();
        assert_eq!(site_of_common_name(&site_common_name(site)), Some(site));
        for other in
            ["site-03", "site-+3", "site-0", "site-65536", "Site-3", "site-3 ", "controller", "site-"]
        {
            assert_eq!(site_of_common_name(other), None, "{other}");
        }
    }
}
