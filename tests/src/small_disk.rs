//! A disk that a test can fill: a file system in memory of a few megabytes, which no other process sees.
//!
//! It lies in a mount namespace of its own, that a process holds; programs that shall write to it are started there. Where the system
//! lets nobody make one there is no such disk.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::process::{Process, Surroundings};

/// What fills it, beside what programs write.
const BALLAST: &str = "ballast";

/// A disk.
#[derive(Debug)]
pub struct SmallDisk {
    /// Where programs in its surroundings find it.
    pub folder: PathBuf,
    /// In what programs see it.
    pub around: Surroundings,
    /// The same place as it is seen from outside.
    outside: PathBuf,
    _holder: Process,
}

impl SmallDisk {
    /// Makes one over an empty folder; `None` where the system allows that to nobody like us.
    ///
    /// # Errors
    /// When it should work and does not.
    pub fn over(folder: &Path, mebibytes: u32) -> Result<Option<Self>> {
        let options = ["--user", "--map-root-user", "--mount"];
        let allowed = Command::new("unshare").args(options).arg("true").stdin(Stdio::null()).output();
        if !allowed.is_ok_and(|output| output.status.success()) {
            return Ok(None);
        }
        let mut unshare = Command::new("unshare");
        let mounts = format!("mount -t tmpfs -o size={mebibytes}m none \"$0\" && echo mounted && exec cat");
        unshare.args(options).args(["sh", "-c", &mounts]).arg(folder);
        unshare.stdout(Stdio::piped()).stderr(Stdio::piped());
        let holder = Process::spawn("unshare", unshare)?;
        holder.expect_line("that the disk is mounted", |line| line == "mounted")?;
        let number = holder.number().to_string();
        let enter = ["nsenter", "--preserve-credentials", "--user", "--mount", "--target", &number];
        let around = Surroundings { within: enter.map(str::to_owned).to_vec(), ..Surroundings::default() };
        let outside = Path::new("/proc").join(&number).join("root").join(folder.strip_prefix("/")?);
        Ok(Some(Self { folder: folder.to_owned(), around, outside, _holder: holder }))
    }

    /// Where a file on it is, as seen from outside.
    pub fn outside(&self, name: &str) -> PathBuf {
        self.outside.join(name)
    }

    /// Copies files to a folder on it.
    ///
    /// # Errors
    /// When that does not work.
    pub fn take_in(&self, from: &Path, name: &str) -> Result<()> {
        let to = self.outside(name);
        if from.is_dir() {
            fs::create_dir_all(&to)?;
            for entry in fs::read_dir(from)? {
                let entry = entry?.path();
                let file = entry.file_name().context("an entry of a folder has a name")?;
                fs::copy(&entry, to.join(file))?;
            }
        } else {
            fs::copy(from, to)?;
        }
        Ok(())
    }

    /// Fills it: from here on nobody can write anything more.
    ///
    /// # Errors
    /// When it never gets full.
    pub fn fill(&self) -> Result<()> {
        let mut ballast = File::options().create(true).append(true).open(self.outside(BALLAST))?;
        loop {
            match ballast.write(&[0; 4_096]) {
                Ok(0) => return Ok(()),
                Ok(_) => ensure!(ballast.metadata()?.len() < 1 << 30, "the disk has no end"),
                Err(error) if error.kind() == ErrorKind::StorageFull => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Has room again.
    ///
    /// # Errors
    /// When that does not work.
    pub fn make_room(&self) -> Result<()> {
        Ok(fs::remove_file(self.outside(BALLAST))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_finds_the_disk_full_and_then_not() {
        let folder = tempfile::tempdir().unwrap();
        let Some(disk) = SmallDisk::over(folder.path(), 1).unwrap() else { return };
        let writes = |name: &str| {
            let file = disk.folder.join(name).display().to_string();
            let mut command = Command::new(&disk.around.within[0]);
            command.args(&disk.around.within[1..]).args(["sh", "-c", "echo something > \"$0\"", &file]);
            command.output().unwrap().status.success()
        };
        assert!(writes("file"));
        assert_eq!(fs::read_to_string(disk.outside("file")).unwrap(), "something\n");
        assert!(!disk.folder.join("file").exists(), "nobody else sees it");
        disk.fill().unwrap();
        assert!(!writes("another"));
        disk.make_room().unwrap();
        assert!(writes("another"));
    }
}
