//! The zone's trust: one certificate authority, the certificates it signs, the tokens that enrol a site, the deny list.

mod authority;
mod credentials;
mod deny;
mod directory;
pub mod enrol;
mod tls;
mod tokens;

pub use authority::Authority;
pub use credentials::{Credentials, Fingerprint};
pub use deny::DenyList;
pub use directory::{ZoneDirectory, write_private};
pub use tls::{client_config, link_server_config, operator_server_config, site_of_certificate};
pub use tokens::{TOKEN_LIFE, Tokens};

use std::io;
use std::path::PathBuf;

use trunklab_protocol::SiteId;

/// Why something about certificates could not be done; each sentence names the place and the remedy.
#[derive(Debug, thiserror::Error)]
pub enum ZoneError {
    /// A file cannot be read or written.
    #[error("{}: {source}; check that the path exists and that you may use it", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Something stands where new keys were to be written.
    #[error("{} exists already: choose another place, or remove what is there on purpose", .0.display())]
    Exists(PathBuf),
    /// A file holds no certificate or key.
    #[error("{place} does not hold {expected} in PEM: make it anew with `controller ca init`")]
    NotPem {
        /// Which file or message.
        place: String,
        /// What was looked for.
        expected: &'static str,
    },
    /// A certificate does not belong to this zone or to its key.
    #[error("{place} cannot be used: {reason}; make a new one with `controller ca init`")]
    Unusable {
        /// Which file or message.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A signing request is not one.
    #[error(
        "the signing request cannot be used: {0}; send a PKCS #10 request in PEM with an ECDSA or Ed25519 key"
    )]
    BadRequest(String),
    /// The authority could not sign.
    #[error("the certificate authority could not sign: {0}")]
    Signing(#[from] rcgen::Error),
    /// The system gave no randomness.
    #[error("the system gave no random octets: {0}")]
    Random(#[from] getrandom::Error),
    /// A deny list cannot be read; nobody is let in until it can.
    #[error("{} line {line}: `{text}` is neither a serial number nor a SHA-256 fingerprint in hexadecimal", path.display())]
    DenyList {
        /// Which file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What stands there.
        text: String,
    },
}

/// A whole zone in memory, for tests and the demonstration: nothing touches the disk, every run has new keys.
#[derive(Debug)]
pub struct Zone {
    authority: Authority,
    controller: Credentials,
}

impl Zone {
    /// A new authority and a controller's certificate for loopback.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn ephemeral() -> Result<Self, ZoneError> {
        let authority = Authority::generate()?;
        let controller = authority.controller(&[])?;
        Ok(Self { authority, controller })
    }

    /// What the controller shows.
    pub const fn controller(&self) -> &Credentials {
        &self.controller
    }

    /// A new certificate for a site.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn site(&self, site: SiteId) -> Result<Credentials, ZoneError> {
        self.authority.site(site)
    }

    /// The authority itself.
    pub const fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The authority's certificate, PEM: what consoles and stations trust.
    pub fn ca_pem(&self) -> &str {
        &self.controller.ca_pem
    }

    /// The same zone for a client that trusts another authority.
    #[cfg(test)]
    pub(crate) fn trusting(self, ca_pem: &str) -> Self {
        let controller = Credentials { ca_pem: ca_pem.to_owned(), ..self.controller };
        Self { controller, ..self }
    }
}
