//! Enrolment tokens: made by an operator, good for one site, once, for a day.
//!
//! A token waits as a file named by the SHA-256 of its secret, so that whoever reads the directory cannot use it, and
//! taking it is removing the file: of two who come with one token, one gets it, in whichever process.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sha2::{Digest, Sha256};
use trunklab_protocol::SiteId;
use trunklab_protocol::enrolment::EnrolmentToken;

use super::directory::{make_directory, write_private};
use super::{Fingerprint, ZoneError};

/// How long a token is good, unless the operator says otherwise.
pub const TOKEN_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// Where tokens wait.
#[derive(Debug, Clone)]
pub struct Tokens(Place);

#[derive(Debug, Clone)]
enum Place {
    Directory(PathBuf),
    Memory(Arc<Mutex<BTreeMap<String, Waiting>>>),
}

#[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
struct Waiting {
    site: SiteId,
    /// Seconds since 1970.
    expires: u64,
}

impl Tokens {
    /// Tokens of a zone on disk.
    pub const fn in_directory(path: PathBuf) -> Self {
        Self(Place::Directory(path))
    }

    /// Tokens of a zone in memory.
    pub fn in_memory() -> Self {
        Self(Place::Memory(Arc::default()))
    }

    /// Makes a token for a site of the authority with this fingerprint.
    ///
    /// # Errors
    /// When the system gives no randomness or the directory cannot be written.
    pub fn issue(
        &self,
        site: SiteId,
        authority: Fingerprint,
        now: SystemTime,
        life: Duration,
    ) -> Result<EnrolmentToken, ZoneError> {
        let mut secret = [0; 16];
        getrandom::fill(&mut secret)?;
        let waiting = Waiting { site, expires: seconds(now) + life.as_secs() };
        match &self.0 {
            Place::Directory(path) => {
                make_directory(path)?;
                let text = serde_json::to_string(&waiting).expect("two numbers serialise");
                write_private(&path.join(name_of(&secret)), &text)?;
            }
            Place::Memory(map) => {
                map.lock().unwrap_or_else(PoisonError::into_inner).insert(name_of(&secret), waiting);
            }
        }
        Ok(EnrolmentToken { site, secret, authority: authority.0 })
    }

    /// Uses a token up. `false` when it is unknown, was used before, has expired, or is for another site.
    ///
    /// # Errors
    /// When the directory cannot be used.
    pub fn take(&self, site: SiteId, secret: &[u8; 16], now: SystemTime) -> Result<bool, ZoneError> {
        let taken = match &self.0 {
            Place::Directory(path) => take_file(path.join(name_of(secret)))?,
            Place::Memory(map) => map.lock().unwrap_or_else(PoisonError::into_inner).remove(&name_of(secret)),
        };
        Ok(taken.is_some_and(|waiting| waiting.site == site && seconds(now) < waiting.expires))
    }
}

fn take_file(path: PathBuf) -> Result<Option<Waiting>, ZoneError> {
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(ZoneError::File { path, source }),
    };
    match fs::remove_file(&path) {
        Ok(()) => Ok(serde_json::from_str(&text).ok()),
        // Somebody else was quicker.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ZoneError::File { path, source }),
    }
}

fn name_of(secret: &[u8; 16]) -> String {
    Fingerprint(Sha256::digest(secret).into()).to_string()
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    const AUTHORITY: Fingerprint = Fingerprint([7; 32]);

    fn site(number: u16) -> SiteId {
        SiteId::new(number).unwrap()
    }

    #[test]
    fn a_token_is_good_once_on_disk_and_in_memory() {
        let directory = tempfile::tempdir().unwrap();
        let now = SystemTime::now();
        for tokens in [Tokens::in_directory(directory.path().join("tokens")), Tokens::in_memory()] {
            let token = tokens.issue(site(3), AUTHORITY, now, TOKEN_LIFE).unwrap();
            assert!(tokens.take(site(3), &token.secret, now).unwrap());
            assert!(!tokens.take(site(3), &token.secret, now).unwrap(), "used twice");
        }
    }

    #[test]
    fn an_expired_token_and_one_for_another_site_are_used_up_for_nothing() {
        let now = SystemTime::now();
        let tokens = Tokens::in_memory();
        let late = tokens.issue(site(3), AUTHORITY, now, TOKEN_LIFE).unwrap();
        assert!(!tokens.take(site(3), &late.secret, now + TOKEN_LIFE).unwrap());
        let other = tokens.issue(site(3), AUTHORITY, now, TOKEN_LIFE).unwrap();
        assert!(!tokens.take(site(4), &other.secret, now).unwrap());
        assert!(!tokens.take(site(3), &other.secret, now).unwrap());
    }

    #[test]
    fn the_secret_is_nowhere_on_disk() {
        let directory = tempfile::tempdir().unwrap();
        let tokens = Tokens::in_directory(directory.path().to_owned());
        let token = tokens.issue(site(3), AUTHORITY, SystemTime::now(), TOKEN_LIFE).unwrap();
        let secret = token.to_string().split('.').nth(2).unwrap().to_owned();
        for entry in fs::read_dir(directory.path()).unwrap() {
            let entry = entry.unwrap();
            assert!(!entry.file_name().to_string_lossy().contains(&secret));
            assert!(!fs::read_to_string(entry.path()).unwrap().contains(&secret));
        }
    }
}
