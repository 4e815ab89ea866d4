//! What a station shows and whom it trusts: certificate, key, and the zone's certificate authority.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest, Sha256};

/// The certificate's file in a credentials directory.
pub const CERTIFICATE_FILE: &str = "site.pem";
/// The private key's.
pub const KEY_FILE: &str = "site.key";
/// The authority's certificate's.
pub const AUTHORITY_FILE: &str = "ca.pem";

/// A station's credentials, all PEM. The key never prints.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The certificate; its name says which site this is.
    pub certificate_pem: String,
    /// Its private key.
    pub key_pem: String,
    /// The certificate of the zone's authority.
    pub ca_pem: String,
}

/// Credentials that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// A file that cannot be read or written.
    #[error("{}: {source}; `basestation enrol` makes a credentials directory", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file that is in the way.
    #[error("{} exists already: name an empty directory, or move the old credentials away", .0.display())]
    Exists(PathBuf),
    /// Text that is not what it should be.
    #[error("{file} holds no {expected} in PEM: run `basestation enrol` again with a new token")]
    NotPem {
        /// Which file.
        file: &'static str,
        /// What should be there.
        expected: &'static str,
    },
    /// Certificate, key and authority that do not fit together.
    #[error("certificate, key and authority do not fit together ({0}): run `basestation enrol` again")]
    Unfit(#[from] rustls::Error),
}

impl Credentials {
    /// From the directory that enrolment made.
    ///
    /// # Errors
    /// When a file is missing or cannot be read.
    pub fn read(directory: &Path) -> Result<Self, CredentialsError> {
        let read = |file: &str| {
            let path = directory.join(file);
            fs::read_to_string(&path).map_err(|source| CredentialsError::File { path, source })
        };
        Ok(Self {
            certificate_pem: read(CERTIFICATE_FILE)?,
            key_pem: read(KEY_FILE)?,
            ca_pem: read(AUTHORITY_FILE)?,
        })
    }

    /// Into a directory that holds none yet. The certificate comes last: where it stands the others do.
    ///
    /// # Errors
    /// When a file exists or cannot be written; what was written is taken away again.
    pub fn write(&self, directory: &Path) -> Result<(), CredentialsError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source: io::Error| CredentialsError::File { path, source }
        };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(failed(directory))?;
        ensure_vacant(directory)?;
        let files = [
            (AUTHORITY_FILE, &self.ca_pem),
            (KEY_FILE, &self.key_pem),
            (CERTIFICATE_FILE, &self.certificate_pem),
        ];
        for (index, (file, text)) in files.into_iter().enumerate() {
            let path = directory.join(file);
            if let Err(source) = write_private(&path, text) {
                for (written, _) in &files[..=index] {
                    // What cannot be removed was not written either.
                    fs::remove_file(directory.join(written)).ok();
                }
                return Err(CredentialsError::File { path, source });
            }
        }
        Ok(())
    }

    pub(crate) fn certificate(&self) -> Result<CertificateDer<'static>, CredentialsError> {
        certificate(&self.certificate_pem, CERTIFICATE_FILE)
    }

    /// What tells the certificate from every other.
    pub(crate) fn fingerprint(&self) -> Result<String, CredentialsError> {
        let digest = Sha256::digest(self.certificate()?);
        Ok(digest.iter().map(|octet| format!("{octet:02x}")).collect())
    }

    pub(crate) fn authority(&self) -> Result<CertificateDer<'static>, CredentialsError> {
        certificate(&self.ca_pem, AUTHORITY_FILE)
    }

    pub(crate) fn key(&self) -> Result<PrivateKeyDer<'static>, CredentialsError> {
        PrivateKeyDer::from_pem_slice(self.key_pem.as_bytes())
            .map_err(|_| CredentialsError::NotPem { file: KEY_FILE, expected: "private key" })
    }
}

/// Whether a directory can take credentials without replacing any.
///
/// # Errors
/// [`CredentialsError::Exists`].
pub fn ensure_vacant(directory: &Path) -> Result<(), CredentialsError> {
    match [CERTIFICATE_FILE, KEY_FILE, AUTHORITY_FILE]
        .map(|file| directory.join(file))
        .into_iter()
        .find(|path| path.exists())
    {
        Some(path) => Err(CredentialsError::Exists(path)),
        None => Ok(()),
    }
}

fn certificate(pem: &str, file: &'static str) -> Result<CertificateDer<'static>, CredentialsError> {
    CertificateDer::from_pem_slice(pem.as_bytes())
        .map_err(|_| CredentialsError::NotPem { file, expected: "certificate" })
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn credentials() -> Credentials {
        Credentials { certificate_pem: "a".into(), key_pem: "b".into(), ca_pem: "c".into() }
    }

    #[test]
    fn read_back_what_was_written_and_the_key_is_private() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("site-3");
        credentials().write(&place).unwrap();
        assert_eq!(Credentials::read(&place).unwrap(), credentials());
        let mode = fs::metadata(place.join(KEY_FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn nothing_is_overwritten() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join(KEY_FILE), "precious").unwrap();
        let error = credentials().write(directory.path()).unwrap_err();
        assert!(error.to_string().contains("site.key exists already"), "{error}");
        assert_eq!(fs::read_to_string(directory.path().join(KEY_FILE)).unwrap(), "precious");
        assert!(!directory.path().join(CERTIFICATE_FILE).exists());
    }

    #[test]
    fn a_missing_file_is_named_with_the_remedy() {
        let error = Credentials::read(Path::new("no-such-directory")).unwrap_err().to_string();
        assert!(
            error.contains("no-such-directory/site.pem") && error.contains("basestation enrol"),
            "{error}"
        );
    }
}
