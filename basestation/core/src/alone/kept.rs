//! The settings that a station keeps, so that it radiates after a restart before its controller is there (docs/resilience.md 14.1.2).

use core::fmt;

use serde::{Deserialize, Serialize};
use trunklab_protocol::settings::{FAILSOFT_MAX, NAME_LEN_MAX, SiteSettings};

use crate::settings::check;

/// What the text of kept settings means. A release that reads them otherwise has another number.
const VERSION: u16 = 1;

/// Settings as they are kept. Two keys of voice packets are in the text: it never prints.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptSettings {
    version: u16,
    /// CRC-32C of the text: settings of which a part has changed on the disk can look as good as any.
    check: u32,
    text: String,
}

/// Why settings that were kept cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// Another release has kept them.
    Version(u16),
    /// They are not what was written.
    Damaged,
    /// No station can work with them.
    OutOfRange,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(version) => {
                write!(f, "they are of version {version}, and this release reads {VERSION}")
            }
            Self::Damaged => f.write_str("they are not what was written"),
            Self::OutOfRange => f.write_str("no station can work with them"),
        }
    }
}

impl fmt::Debug for KeptSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeptSettings(version {}, …)", self.version)
    }
}

impl KeptSettings {
    /// What a controller has told.
    pub fn of(settings: &SiteSettings) -> Self {
        let text = serde_json::to_string(settings).expect("settings are JSON");
        Self { version: VERSION, check: crc32c::crc32c(text.as_bytes()), text }
    }

    /// All of them, or none.
    ///
    /// # Errors
    /// Where a station cannot use them.
    pub fn settings(&self) -> Result<SiteSettings, Unfit> {
        if self.version != VERSION {
            return Err(Unfit::Version(self.version));
        }
        if self.check != crc32c::crc32c(self.text.as_bytes()) {
            return Err(Unfit::Damaged);
        }
        let settings: SiteSettings = serde_json::from_str(&self.text).map_err(|_| Unfit::Damaged)?;
        let fits_a_frame = settings.name.len() <= NAME_LEN_MAX && settings.failsoft.len() <= FAILSOFT_MAX;
        match check(&settings) {
            Ok(()) if fits_a_frame => Ok(settings),
            Ok(()) | Err(_) => Err(Unfit::OutOfRange),
        }
    }
}
