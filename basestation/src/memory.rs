//! What a station keeps on its disk, so that it can serve alone after a restart and loses no report (docs/resilience.md 14.1).
//!
//! A file of JSON lines that only grows, written by a thread of its own: the slots wait for no disk. At each start it is written anew,
//! as short as it can be.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use tokio::sync::mpsc;
use tracing::{error, warn};
use trunklab_basestation_core::alone::{Memory, Remember};

/// Things that wait to be written: more than a whole copy.
const WAITING_MAX: usize = 131_072;

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}; the station keeps there what it needs to serve alone: check that you may write to it", path.display())]
pub struct MemoryError {
    path: PathBuf,
    source: io::Error,
}

/// Writes what is to be kept. Dropping it lets the thread write what waits, and end.
#[derive(Debug)]
pub struct Keeper {
    waiting: Option<SyncSender<Remember>>,
    thread: Option<JoinHandle<()>>,
}

/// Reads what earlier runs have kept, and begins to keep. Numbers of reports that are kept come through `kept`.
///
/// # Errors
/// When the file cannot be read or written.
pub fn open(path: &Path, kept: mpsc::Sender<u32>) -> Result<(Memory, Keeper), MemoryError> {
    let failed = |source| MemoryError { path: path.to_owned(), source };
    let mut memory = read(path).map_err(failed)?;
    memory.end_what_was_open();
    let file = write_anew(path, &memory).map_err(failed)?;
    let (sender, waiting) = sync_channel(WAITING_MAX);
    let thread = std::thread::Builder::new().name("memory".to_owned());
    let thread = thread.spawn(move || write(file, &waiting, &kept)).map_err(failed)?;
    Ok((memory, Keeper { waiting: Some(sender), thread: Some(thread) }))
}

impl Keeper {
    /// Keeps one thing more; `false` where it is lost.
    pub fn keep(&self, what: Remember) -> bool {
        match self.waiting.as_ref().map(|waiting| waiting.try_send(what)) {
            Some(Ok(())) => true,
            Some(Err(TrySendError::Full(_) | TrySendError::Disconnected(_))) | None => false,
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.waiting = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            error!("the thread that keeps the station's memory has panicked");
        }
    }
}

fn read(path: &Path) -> io::Result<Memory> {
    let mut memory = Memory::default();
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(memory),
        Err(error) => return Err(error),
    };
    for line in BufReader::new(file).lines() {
        match serde_json::from_str(&line?) {
            Ok(what) => memory.note(what),
            Err(error) => {
                // The run before was killed while it wrote its last line; what follows such a line is not to be trusted.
                warn!(%error, file = %path.display(), "the station's memory ends in the middle of a line");
                break;
            }
        }
    }
    Ok(memory)
}

/// Beside the old file first: a run that is killed here finds one of the two.
fn write_anew(path: &Path, memory: &Memory) -> io::Result<File> {
    let beside = path.with_added_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    for what in memory.whole() {
        write_line(&mut file, &what)?;
    }
    file.sync_all()?;
    fs::rename(&beside, path)?;
    Ok(file)
}

fn write_line(file: &mut File, what: &Remember) -> io::Result<()> {
    let mut line = serde_json::to_vec(what).expect("what is remembered is JSON");
    line.push(b'\n');
    file.write_all(&line)
}

/// Writes whatever waits, then has the disk keep it, then says so.
fn write(mut file: File, waiting: &Receiver<Remember>, kept: &mpsc::Sender<u32>) {
    while let Ok(first) = waiting.recv() {
        let mut reports = Vec::new();
        let written = std::iter::once(first).chain(waiting.try_iter()).try_for_each(|what| {
            write_line(&mut file, &what)?;
            reports.extend(report(&what));
            Ok::<_, io::Error>(())
        });
        if let Err(error) = written.and_then(|()| file.sync_data()) {
            error!(%error, "the station's memory cannot be written: what comes now is lost at a restart");
            continue;
        }
        for number in reports {
            if kept.blocking_send(number).is_err() {
                return;
            }
        }
    }
}

fn report(what: &Remember) -> Option<u32> {
    match what {
        Remember::Report(number, _) => Some(*number),
        Remember::Configuration(_)
        | Remember::Unit(_)
        | Remember::Dropped(_)
        | Remember::BeginsAlone(_)
        | Remember::Lives(_)
        | Remember::Reported(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use trunklab_protocol::UnitId;

    use super::*;

    fn dropped(unit: u32) -> Remember {
        Remember::Dropped(UnitId::new(unit).unwrap())
    }

    #[test]
    fn what_was_kept_is_there_at_the_next_start_and_a_line_cut_short_spoils_nothing_before_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("memory.jsonl");
        let (sender, _kept) = mpsc::channel(1);
        let (memory, keeper) = open(&path, sender.clone()).unwrap();
        assert_eq!(memory, Memory::default());
        assert!(keeper.keep(Remember::BeginsAlone(7)) && keeper.keep(dropped(3)));
        drop(keeper);
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"{\"BeginsAl").unwrap();
        let (memory, keeper) = open(&path, sender.clone()).unwrap();
        assert_eq!(memory.whole(), [Remember::BeginsAlone(7)]);
        drop(keeper);
        assert_eq!(fs::read_to_string(&path).unwrap(), "{\"BeginsAlone\":7}\n", "as short as it can be");
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600,
            "there are secrets in it"
        );
    }

    #[test]
    fn a_place_that_cannot_be_written_is_named_with_the_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing/memory.jsonl");
        let (sender, _kept) = mpsc::channel(1);
        let complaint = open(&path, sender).map(drop).unwrap_err().to_string();
        assert!(complaint.contains("missing/memory.jsonl") && complaint.contains("check that you may write"));
    }
}
