//! Certificates that are good no longer, though they have not expired.
//!
//! One per line: a serial number or a SHA-256 fingerprint, in hexadecimal, colons allowed; `#` begins a comment.
//! The file is read again at each connection and each sweep, so that an operator need not restart anything.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustls::pki_types::CertificateDer;

use super::authority::serial_of;
use super::{Fingerprint, ZoneError};

/// Where denied certificates are listed.
#[derive(Debug, Clone)]
pub struct DenyList {
    path: Option<PathBuf>,
}

impl DenyList {
    /// Nobody is denied: for a zone in memory.
    pub const fn none() -> Self {
        Self { path: None }
    }

    /// The list in a file; empty while the file does not exist.
    pub const fn in_file(path: PathBuf) -> Self {
        Self { path: Some(path) }
    }

    /// Whether a certificate is denied now.
    ///
    /// # Errors
    /// When the file cannot be read or a line is none of ours: the caller lets nobody in.
    pub fn denies(&self, certificate: &CertificateDer<'_>) -> Result<bool, ZoneError> {
        let Some(path) = &self.path else { return Ok(false) };
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(source) => return Err(ZoneError::File { path: path.clone(), source }),
        };
        let denied = parse(&text, path)?;
        let fingerprint = Fingerprint::of(certificate).to_string();
        Ok(denied.contains(&fingerprint)
            || serial_of(certificate).is_none_or(|serial| denied.contains(&serial)))
    }
}

fn parse(text: &str, path: &Path) -> Result<BTreeSet<String>, ZoneError> {
    let mut denied = BTreeSet::new();
    for (index, line) in text.lines().enumerate() {
        let entry = line.split('#').next().unwrap_or_default().trim();
        if entry.is_empty() {
            continue;
        }
        let digits: String = entry.chars().filter(|digit| *digit != ':').collect();
        let is_hex = digits.len() <= 64 && digits.chars().all(|digit| digit.is_ascii_hexdigit());
        if digits.is_empty() || !is_hex {
            return Err(ZoneError::DenyList {
                path: path.to_owned(),
                line: index + 1,
                text: entry.chars().take(80).collect(),
            });
        }
        let digits = digits.to_ascii_lowercase();
        // A serial number has one spelling in the certificate; leading zeros here are people's.
        denied.insert(if digits.len() == 64 { digits } else { strip_zero_octets(&digits).to_owned() });
    }
    Ok(denied)
}

fn strip_zero_octets(digits: &str) -> &str {
    let mut rest = digits;
    while let Some(shorter) = rest.strip_prefix("00") {
        rest = shorter;
    }
    rest
}

#[cfg(test)]
mod tests {
    use trunklab_protocol::SiteId;

    use super::*;
    use crate::zone::Authority;

    #[test]
    fn denies_by_serial_and_by_fingerprint_and_nobody_else() {
        let authority = Authority::generate().unwrap();
        let site = |number| {
            authority.site(SiteId::new(number).unwrap()).unwrap().certificate("a test's certificate").unwrap()
        };
        let (first, second, third) = (site(1), site(2), site(3));
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("denied.txt");
        let list = DenyList::in_file(path.clone());
        assert!(!list.denies(&first).unwrap());
        let serial = serial_of(&second).unwrap();
        let spaced: Vec<_> =
            serial.as_bytes().chunks(2).map(|two| std::str::from_utf8(two).unwrap()).collect();
        fs::write(
            &path,
            format!("# stolen\n{}  # from the van\n00:{}\n", Fingerprint::of(&first), spaced.join(":")),
        )
        .unwrap();
        assert!(list.denies(&first).unwrap());
        assert!(list.denies(&second).unwrap());
        assert!(!list.denies(&third).unwrap());
    }

    #[test]
    fn a_damaged_list_names_its_line() {
        let said = parse("aa\n\nnot hex\n", Path::new("denied.txt")).unwrap_err().to_string();
        assert!(said.starts_with("denied.txt line 3: `not hex`"), "{said}");
    }
}
