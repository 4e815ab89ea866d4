//! A zone on disk: the directory that `controller ca init` makes.
//!
//! ```text
//! ca.pem  ca.key                    the authority
//! controller.pem  controller.key    what the controller shows
//! denied.txt                        certificates that are no longer good (optional)
//! tokens/                           enrolment tokens that were not used yet
//! ```
//! A controller that enrols nobody runs without `ca.key`, which may then be kept elsewhere.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::{Authority, Credentials, DenyList, Tokens, ZoneError};

/// Who may read a private key: its owner.
const PRIVATE: u32 = 0o600;
const PUBLIC: u32 = 0o644;

/// The directory of a zone's certificates and keys.
#[derive(Debug, Clone)]
pub struct ZoneDirectory(PathBuf);

impl ZoneDirectory {
    /// Makes an authority and the controller's certificate, good for loopback and for `names`.
    ///
    /// # Errors
    /// When the directory holds a zone already or cannot be written; nothing is overwritten.
    pub fn init(directory: &Path, names: &[String]) -> Result<Self, ZoneError> {
        let zone = Self(directory.to_owned());
        for file in ["ca.pem", "ca.key", "controller.pem", "controller.key"] {
            if directory.join(file).exists() {
                return Err(ZoneError::Exists(directory.join(file)));
            }
        }
        let authority = Authority::generate()?;
        let controller = authority.controller(names)?;
        make_directory(directory)?;
        make_directory(&directory.join("tokens"))?;
        write_new(&directory.join("ca.key"), PRIVATE, &authority.key_pem())?;
        write_new(&directory.join("controller.key"), PRIVATE, &controller.key_pem)?;
        write_new(&directory.join("controller.pem"), PUBLIC, &controller.certificate_pem)?;
        write_new(&directory.join("ca.pem"), PUBLIC, authority.certificate_pem())?;
        Ok(zone)
    }

    /// A directory that exists.
    pub fn open(directory: &Path) -> Self {
        Self(directory.to_owned())
    }

    /// What the controller shows.
    ///
    /// # Errors
    /// When a file is missing or holds something else.
    pub fn controller(&self) -> Result<Credentials, ZoneError> {
        let credentials = Credentials {
            certificate_pem: self.read("controller.pem")?,
            key_pem: self.read("controller.key")?,
            ca_pem: self.read("ca.pem")?,
        };
        credentials.certificate(&self.place("controller.pem"))?;
        credentials.key(&self.place("controller.key"))?;
        credentials.authority(&self.place("ca.pem"))?;
        Ok(credentials)
    }

    /// The authority; `None` where its key is kept elsewhere.
    ///
    /// # Errors
    /// When a file is damaged.
    pub fn authority(&self) -> Result<Option<Authority>, ZoneError> {
        if !self.0.join("ca.key").exists() {
            return Ok(None);
        }
        let place = self.0.display().to_string();
        Authority::from_pem(&self.read("ca.pem")?, &self.read("ca.key")?, &place).map(Some)
    }

    /// The tokens that were not used yet.
    pub fn tokens(&self) -> Tokens {
        Tokens::in_directory(self.0.join("tokens"))
    }

    /// The deny list; empty while the file does not exist.
    pub fn deny_list(&self) -> DenyList {
        DenyList::in_file(self.0.join("denied.txt"))
    }

    fn place(&self, file: &str) -> String {
        self.0.join(file).display().to_string()
    }

    fn read(&self, file: &str) -> Result<String, ZoneError> {
        let path = self.0.join(file);
        fs::read_to_string(&path).map_err(|source| ZoneError::File { path, source })
    }
}

/// Writes a private text file that must not exist yet, whole or not at all.
///
/// # Errors
/// When it exists or cannot be written.
pub fn write_private(path: &Path, text: &str) -> Result<(), ZoneError> {
    write_new(path, PRIVATE, text)
}

pub(super) fn make_directory(path: &Path) -> Result<(), ZoneError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|source| ZoneError::File { path: path.to_owned(), source })
}

fn write_new(path: &Path, mode: u32, text: &str) -> Result<(), ZoneError> {
    let failed = |source: io::Error| {
        if source.kind() == io::ErrorKind::AlreadyExists {
            ZoneError::Exists(path.to_owned())
        } else {
            ZoneError::File { path: path.to_owned(), source }
        }
    };
    let half_written = path.with_added_extension("part");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(&half_written)
        .map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    // A link, unlike a rename, never replaces what stands there.
    let linked = fs::hard_link(&half_written, path).map_err(failed);
    fs::remove_file(&half_written).map_err(failed)?;
    linked
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_zone_reads_back_and_its_keys_are_private() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("zone");
        let zone = ZoneDirectory::init(&path, &["radio.example".to_owned()]).unwrap();
        let credentials = zone.controller().unwrap();
        let authority = zone.authority().unwrap().unwrap();
        assert_eq!(credentials.ca_pem, authority.certificate_pem());
        for file in ["ca.key", "controller.key"] {
            let mode = fs::metadata(path.join(file)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{file}");
        }
    }

    #[test]
    fn a_second_init_touches_nothing() {
        let directory = tempfile::tempdir().unwrap();
        ZoneDirectory::init(directory.path(), &[]).unwrap();
        let before = fs::read(directory.path().join("ca.key")).unwrap();
        assert!(matches!(ZoneDirectory::init(directory.path(), &[]), Err(ZoneError::Exists(_))));
        assert_eq!(fs::read(directory.path().join("ca.key")).unwrap(), before);
    }

    #[test]
    fn a_key_of_another_zone_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let zone = ZoneDirectory::init(directory.path(), &[]).unwrap();
        fs::write(directory.path().join("ca.key"), Authority::generate().unwrap().key_pem()).unwrap();
        let said = zone.authority().unwrap_err().to_string();
        assert!(said.contains("ca.key") && said.contains("not the key of ca.pem"), "{said}");
    }

    #[test]
    fn without_the_authoritys_key_a_controller_still_runs() {
        let directory = tempfile::tempdir().unwrap();
        let zone = ZoneDirectory::init(directory.path(), &[]).unwrap();
        fs::remove_file(directory.path().join("ca.key")).unwrap();
        assert!(zone.authority().unwrap().is_none());
        zone.controller().unwrap();
    }
}
