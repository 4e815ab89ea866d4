//! What a station keeps on its disk, so that it can serve alone after a restart and loses no report (docs/resilience.md 14.1).
//!
//! A file of JSON lines that only grows, written by a thread of its own: the slots wait for no disk. At each start it is written anew,
//! as short as it can be. What a full disk does not take waits for room, in its order; meanwhile the core knows that it is not kept.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tracing::{error, info, warn};
use trunklab_basestation_core::alone::{Memory, Remember};

/// Things that wait to be written: more than a whole copy.
const WAITING_MAX: usize = 131_072;

/// Things that may wait for room on the disk. What comes beyond it is lost at a restart.
const LATE_MAX: usize = 131_072;

/// Lines that are written before the disk is to keep them.
const BATCH_MAX: usize = 1_024;

/// How often a disk that takes nothing is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// What became of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It is kept.
    Kept(u32),
    /// It is not kept yet: it waits for room.
    Late(u32),
}

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

/// Reads what earlier runs have kept, and begins to keep. Settings and a copy of another `owner` count as none. What becomes of reports
/// comes through `answers`.
///
/// # Errors
/// When the file cannot be read or written; that there is no room for it is none.
pub fn open(
    path: &Path,
    owner: &str,
    answers: mpsc::Sender<Answer>,
) -> Result<(Memory, Keeper), MemoryError> {
    let failed = |source| MemoryError { path: path.to_owned(), source };
    let (mut memory, whole_len) = read(path).map_err(failed)?;
    memory.end_what_was_open();
    let changes = take_over(&mut memory, owner, path);
    let mut waits = Vec::new();
    let file = match write_anew(path, &memory) {
        Err(error) if error.kind() == io::ErrorKind::StorageFull => {
            warn!(file = %path.display(), "the disk is full: the station's memory goes on as it is");
            waits = changes;
            go_on(path, whole_len)
        }
        written => written,
    };
    let writer = Writer::of(file.map_err(failed)?, answers).map_err(failed)?;
    let (sender, waiting) = sync_channel(WAITING_MAX);
    let thread = std::thread::Builder::new().name("memory".to_owned());
    let thread = thread.spawn(move || writer.run(&waiting)).map_err(failed)?;
    let keeper = Keeper { waiting: Some(sender), thread: Some(thread) };
    // They are the first of all, and there is room for so many.
    waits.into_iter().for_each(|what| _ = keeper.keep(what));
    Ok((memory, keeper))
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

/// Makes the memory its owner's, and says what of it cannot be used; gives what has changed with that.
fn take_over(memory: &mut Memory, owner: &str, path: &Path) -> Vec<Remember> {
    let file = path.display();
    let mut changes = Vec::new();
    if memory.owner().is_some_and(|other| other != owner) {
        warn!(
            %file,
            "settings and copy that the station has kept are of another certificate, and count as none: it waits for its controller; where \
             that is a mistake, put this file beside the certificate with which it was made"
        );
        changes.push(Remember::Dismissed);
    }
    if memory.owner() != Some(owner) {
        changes.push(Remember::Owner(owner.to_owned()));
    }
    changes.iter().cloned().for_each(|what| memory.note(what));
    match memory.settings() {
        Ok(Some(settings)) => {
            info!(site = %settings.site, name = settings.name, %file, "settings of an earlier run are kept: they hold until a controller has others");
        }
        Ok(None) => {
            info!(%file, "no settings are kept: the site radiates nothing until its controller has been reached");
        }
        Err(unfit) => warn!(
            %file,
            "the settings that the station has kept cannot be used, for {unfit}, and count as none: it waits for its controller, which \
             tells it new ones"
        ),
    }
    changes
}

/// What is kept, and how long the part of the file is that can be read.
fn read(path: &Path) -> io::Result<(Memory, u64)> {
    let (mut memory, mut whole_len) = (Memory::default(), 0);
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((memory, 0)),
        Err(error) => return Err(error),
    };
    let (mut file, mut line) = (BufReader::new(file), Vec::new());
    for number in 1_u64.. {
        line.clear();
        let length = file.read_until(b'\n', &mut line)?;
        if length == 0 {
            return Ok((memory, whole_len));
        }
        match serde_json::from_slice(&line) {
            Ok(what) if line.ends_with(b"\n") => memory.note(what),
            _ => {
                // The run before was killed while it wrote its last line; what follows such a line is not to be trusted. What is wrong with
                // it is not said: it may be a secret.
                warn!(
                    file = %path.display(),
                    line = number,
                    "the station's memory cannot be read from this line on, and goes on without what stands there: its controller tells \
                     the station anew what it needs"
                );
                return Ok((memory, whole_len));
            }
        }
        whole_len += length as u64;
    }
    Ok((memory, whole_len))
}

/// The file as it is, without what cannot be read.
fn go_on(path: &Path, whole_len: u64) -> io::Result<File> {
    let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    file.set_len(whole_len)?;
    Ok(file)
}

/// Beside the old file first: a run that is killed here finds one of the two.
fn write_anew(path: &Path, memory: &Memory) -> io::Result<File> {
    let beside = path.with_added_extension("new");
    let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(&beside)?;
    file.set_len(0)?;
    let written =
        memory.whole().iter().try_for_each(|what| write_line(&mut file, what)).and_then(|()| file.sync_all());
    if let Err(error) = written {
        // It takes room that others need; where it stays it is written over at the next start.
        fs::remove_file(&beside).ok();
        return Err(error);
    }
    fs::rename(&beside, path)?;
    Ok(file)
}

fn write_line(into: &mut impl Write, what: &Remember) -> io::Result<()> {
    let mut line = serde_json::to_vec(what).expect("what is remembered is JSON");
    line.push(b'\n');
    into.write_all(&line)
}

/// Writes whatever waits, then has the disk keep it, then says so.
struct Writer {
    file: File,
    /// How much of the file is whole lines that the disk keeps.
    whole_len: u64,
    answers: mpsc::Sender<Answer>,
    /// What is not written yet, in its order.
    late: VecDeque<Remember>,
    /// Since when the disk takes nothing, and when it was tried last.
    failing: Option<(Instant, Instant)>,
    lost: u64,
}

/// Nobody hears the answers any more.
struct Unheard;

impl Writer {
    fn of(file: File, answers: mpsc::Sender<Answer>) -> io::Result<Self> {
        let whole_len = file.metadata()?.len();
        Ok(Self { file, whole_len, answers, late: VecDeque::new(), failing: None, lost: 0 })
    }

    fn run(mut self, waiting: &Receiver<Remember>) {
        loop {
            let first = if self.late.is_empty() {
                waiting.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                waiting.recv_timeout(TRY_AGAIN)
            };
            let is_over = first == Err(RecvTimeoutError::Disconnected);
            let came = first.into_iter().chain(waiting.try_iter().take(BATCH_MAX));
            if self.put(came).is_err() || self.write(is_over).is_err() {
                return;
            }
            if is_over {
                if !self.late.is_empty() {
                    error!(
                        things = self.late.len(),
                        "the station ends, and the disk has not kept all that it shall remember"
                    );
                }
                return;
            }
        }
    }

    /// More waits to be written; where the disk takes nothing whoever waits for it learns that at once.
    fn put(&mut self, came: impl Iterator<Item = Remember>) -> Result<(), Unheard> {
        for what in came {
            if self.late.len() >= LATE_MAX {
                self.lost += 1;
                continue;
            }
            if self.failing.is_some() {
                self.tell_late(&what)?;
            }
            self.late.push_back(what);
        }
        Ok(())
    }

    /// Writes all that waits, if the disk takes it and is to be tried.
    fn write(&mut self, at_any_rate: bool) -> Result<(), Unheard> {
        let is_tried = self.failing.is_none_or(|(_, tried)| at_any_rate || tried.elapsed() >= TRY_AGAIN);
        while is_tried && !self.late.is_empty() {
            let batch = self.late.len().min(BATCH_MAX);
            if let Err(error) = self.write_first(batch) {
                return self.has_failed(&error);
            }
            for what in self.late.drain(..batch) {
                if let Some(number) = report(&what) {
                    self.answers.blocking_send(Answer::Kept(number)).map_err(|_| Unheard)?;
                }
            }
        }
        if is_tried && let Some((since, _)) = self.failing.take() {
            let (failing_s, lost) = (since.elapsed().as_secs(), std::mem::take(&mut self.lost));
            info!(
                failing_s,
                lost, "the station's memory can be written again, and all that waited for that is kept"
            );
        }
        Ok(())
    }

    fn write_first(&mut self, count: usize) -> io::Result<()> {
        let mut octets = Vec::new();
        self.late.iter().take(count).try_for_each(|what| write_line(&mut octets, what))?;
        let written = self.file.write_all(&octets).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            // A line that is cut short would spoil what is written behind it.
            self.file.set_len(self.whole_len)?;
            return Err(error);
        }
        self.whole_len += octets.len() as u64;
        Ok(())
    }

    fn has_failed(&mut self, error: &io::Error) -> Result<(), Unheard> {
        let since = self.failing.map(|(since, _)| since);
        self.failing = Some((since.unwrap_or_else(Instant::now), Instant::now()));
        if since.is_none() {
            error!(
                %error,
                "the station's memory cannot be written: what it shall remember waits, and is lost if it ends before that is mended"
            );
            for what in &self.late {
                self.tell_late(what)?;
            }
        }
        Ok(())
    }

    fn tell_late(&self, what: &Remember) -> Result<(), Unheard> {
        let Some(number) = report(what) else { return Ok(()) };
        self.answers.blocking_send(Answer::Late(number)).map_err(|_| Unheard)
    }
}

fn report(what: &Remember) -> Option<u32> {
    match what {
        Remember::Report(number, _) => Some(*number),
        Remember::Owner(_)
        | Remember::Settings(_)
        | Remember::Dismissed
        | Remember::Configuration(_)
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

    const OWNER: &str = "site 3";

    fn dropped(unit: u32) -> Remember {
        Remember::Dropped(UnitId::new(unit).unwrap())
    }

    #[test]
    fn what_was_kept_is_there_at_the_next_start_and_a_line_cut_short_spoils_nothing_before_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("memory.jsonl");
        let (sender, _kept) = mpsc::channel(1);
        let (memory, keeper) = open(&path, OWNER, sender.clone()).unwrap();
        assert_eq!(memory.whole(), [Remember::Owner(OWNER.to_owned())]);
        assert!(keeper.keep(Remember::BeginsAlone(7)) && keeper.keep(dropped(3)));
        drop(keeper);
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"{\"BeginsAl").unwrap();
        let (memory, keeper) = open(&path, OWNER, sender.clone()).unwrap();
        assert_eq!(memory.whole(), [Remember::Owner(OWNER.to_owned()), Remember::BeginsAlone(7)]);
        drop(keeper);
        let lines = "{\"Owner\":\"site 3\"}\n{\"BeginsAlone\":7}\n";
        assert_eq!(fs::read_to_string(&path).unwrap(), lines, "as short as it can be");
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600,
            "there are secrets in it"
        );
    }

    #[test]
    fn settings_and_copy_of_another_certificate_count_as_none_and_reports_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("memory.jsonl");
        // Kept settings that no release has written: they are named, and nothing ends with them.
        let settings = r#"{"Settings":{"version":9,"check":0,"text":"{}"}}"#;
        fs::write(&path, format!("{{\"Owner\":\"site 3\"}}\n{settings}\n")).unwrap();
        let (sender, _kept) = mpsc::channel(4);
        let (memory, keeper) = open(&path, OWNER, sender.clone()).unwrap();
        assert!(memory.settings().is_err());
        assert!(keeper.keep(report(1)));
        drop(keeper);
        let (memory, keeper) = open(&path, "site 5", sender.clone()).unwrap();
        assert_eq!(memory.settings(), Ok(None));
        assert_eq!(memory.whole(), [Remember::Owner("site 5".to_owned()), report(1)]);
        drop(keeper);
        let (memory, _keeper) = open(&path, OWNER, sender).unwrap();
        assert_eq!(memory.settings(), Ok(None), "they do not come back with the certificate");
    }

    /// What is reported is nothing to the thread that writes it.
    fn report(number: u32) -> Remember {
        serde_json::from_str(&format!("{{\"Report\":[{number},{{\"Unpatched\":[41]}}]}}")).unwrap()
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_a_full_disk_does_not_take_waits_in_its_order_and_is_told_late_and_then_kept() {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let (answers, mut told) = mpsc::channel(16);
        let mut writer = Writer::of(full, answers).unwrap();
        assert!(writer.put([report(1), dropped(3)].into_iter()).is_ok() && writer.write(true).is_ok());
        assert_eq!(told.try_recv(), Ok(Answer::Late(1)));
        // Of what comes meanwhile each is told once, however often the disk is tried.
        assert!(writer.put([report(2)].into_iter()).is_ok() && writer.write(true).is_ok());
        assert_eq!((told.try_recv(), told.try_recv().ok()), (Ok(Answer::Late(2)), None));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("memory.jsonl");
        writer.file = OpenOptions::new().append(true).create(true).open(&path).unwrap();
        assert!(writer.write(true).is_ok());
        assert_eq!((told.try_recv(), told.try_recv()), (Ok(Answer::Kept(1)), Ok(Answer::Kept(2))));
        let lines = fs::read_to_string(&path).unwrap();
        let kept: Vec<Remember> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(kept, [report(1), dropped(3), report(2)]);
        assert_eq!(writer.whole_len, lines.len() as u64);
    }

    #[test]
    fn a_memory_that_cannot_be_written_anew_goes_on_without_its_torn_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("memory.jsonl");
        fs::write(&path, "{\"BeginsAlone\":7}\n{\"BeginsAl").unwrap();
        let (memory, whole_len) = read(&path).unwrap();
        let mut file = go_on(&path, whole_len).unwrap();
        write_line(&mut file, &dropped(3)).unwrap();
        assert_eq!(memory.whole(), [Remember::BeginsAlone(7)]);
        assert_eq!(fs::read_to_string(&path).unwrap(), "{\"BeginsAlone\":7}\n{\"Dropped\":3}\n");
    }

    #[test]
    fn a_place_that_cannot_be_written_is_named_with_the_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing/memory.jsonl");
        let (sender, _kept) = mpsc::channel(1);
        let complaint = open(&path, OWNER, sender).map(drop).unwrap_err().to_string();
        assert!(complaint.contains("missing/memory.jsonl") && complaint.contains("check that you may write"));
    }
}
