//! The folder of recordings, and how much room they may take.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use trunklab_protocol::Cause;

/// The ending of what is not whole yet.
const UNFINISHED: &str = "part";

/// Why a folder cannot hold recordings.
#[derive(Debug, thiserror::Error)]
#[error("--recordings {}: {source}; name a folder that exists and that you may write to", path.display())]
pub struct FolderError {
    path: PathBuf,
    source: io::Error,
}

/// The folder of recordings.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    octets_max: u64,
    octets: u64,
}

impl Folder {
    /// The folder, which must exist; what a controller that was killed left unfinished there is taken away.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open(path: &Path, octets_max: u64) -> Result<Self, FolderError> {
        let failed = |source| FolderError { path: path.to_owned(), source };
        let mut octets = 0_u64;
        for entry in fs::read_dir(path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if entry.path().extension().is_some_and(|ending| ending == UNFINISHED) {
                fs::remove_file(entry.path()).map_err(failed)?;
                continue;
            }
            octets = octets.saturating_add(entry.metadata().map_err(failed)?.len());
        }
        Ok(Self { path: path.to_owned(), octets_max, octets })
    }

    /// Takes room for so many octets.
    ///
    /// # Errors
    /// [`Cause::RecordingsFull`] when there is not so much.
    pub(super) fn take(&mut self, octets: u64) -> Result<(), Cause> {
        let taken = self.octets.saturating_add(octets);
        if taken > self.octets_max {
            return Err(Cause::RecordingsFull);
        }
        self.octets = taken;
        Ok(())
    }

    /// Gives room back.
    pub(super) fn give_back(&mut self, octets: u64) {
        self.octets = self.octets.saturating_sub(octets);
    }

    /// Where a file of this name is once it is whole, and until then.
    pub(super) fn places(&self, name: &str) -> (PathBuf, PathBuf) {
        let whole = self.path.join(name);
        (whole.clone(), whole.with_added_extension(UNFINISHED))
    }
}
