//! Passwords: kept as argon2id hashes, checked away from the threads that serve, so many at once and no more.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, PasswordHash, Version};
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Memory of one hash, in KiB: 19 MiB, as OWASP recommends with two passes.
const MEMORY_KIB: u32 = 19 * 1_024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Checks at once: each takes a thread and the memory of a hash.
const CHECKS_AT_ONCE: usize = 2;

/// How long a check waits for its turn; turns come in the order in which they were asked for.
const TURN_MAX: Duration = Duration::from_secs(4);

/// Shortest password, in characters.
pub const CHARS_MIN: usize = 8;

/// Longest password, in octets.
pub const OCTETS_MAX: usize = 1_024;

/// Against this a password is checked whose account does not exist, so that the answer takes as long.
static NOBODYS: LazyLock<String> = LazyLock::new(|| hash("nobody").expect("a fixed password can be hashed"));

/// Why a password cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too short or too long.
    #[error("a password has at least {CHARS_MIN} characters and at most {OCTETS_MAX} octets")]
    Length,
    /// No memory, or no randomness.
    #[error("the password could not be hashed: {0}")]
    Hash(argon2::password_hash::Error),
}

fn argon2id() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("the parameters are in range");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash(password: &str) -> Result<String, PasswordError> {
    let hash = argon2id().hash_password(password.as_bytes()).map_err(PasswordError::Hash)?;
    Ok(hash.to_string())
}

/// What is kept of a new password.
///
/// # Errors
/// When it is too short or too long, or cannot be hashed.
pub fn password_hash(password: &str) -> Result<String, PasswordError> {
    if password.chars().count() < CHARS_MIN || password.len() > OCTETS_MAX {
        return Err(PasswordError::Length);
    }
    hash(password)
}

fn is_right(password: &str, kept: Option<&str>) -> bool {
    let Ok(hash) = PasswordHash::new(kept.unwrap_or(&NOBODYS)) else { return false };
    let matches = argon2id().verify_password(password.as_bytes(), &hash).is_ok();
    matches && kept.is_some()
}

/// Whoever checks passwords waits here for a turn.
#[derive(Debug, Clone)]
pub(super) struct Checks(Arc<Semaphore>);

impl Default for Checks {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(CHECKS_AT_ONCE)))
    }
}

impl Checks {
    /// Whether the password is the one whose hash was kept. Takes as long where none was; `None` where no turn came.
    pub async fn check(&self, password: String, kept: Option<String>) -> Option<bool> {
        let turn = timeout(TURN_MAX, Arc::clone(&self.0).acquire_owned()).await.ok()?.ok()?;
        let checked = tokio::task::spawn_blocking(move || {
            let right = is_right(&password, kept.as_deref());
            drop(turn);
            right
        });
        checked.await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_right_for_its_own_hash_and_for_no_other() {
        let kept = password_hash("correct horse").unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert!(is_right("correct horse", Some(&kept)));
        assert!(!is_right("correct house", Some(&kept)));
        assert!(!is_right("correct horse", Some("no hash")));
        assert_ne!(password_hash("correct horse").unwrap(), kept, "each has its own salt");
    }

    #[test]
    fn nobody_has_a_password() {
        assert!(!is_right("nobody", None));
    }

    #[test]
    fn too_short_and_too_long_passwords_are_refused() {
        for password in ["", "seven77", &"x".repeat(OCTETS_MAX + 1)] {
            assert!(matches!(password_hash(password), Err(PasswordError::Length)));
        }
    }
}
