//! The recorder's own thread: a bounded queue in, files out.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use dashmap::DashSet;
use smallvec::SmallVec;
use trunklab_controller_core::output::{CallRecord, RecordedSpurt};
use trunklab_protocol::voice::{FRAME_LEN, Header, RTP_HEADER_LEN, TAG_LEN, TICKS_PER_FRAME, VoiceFrame};
use trunklab_protocol::{CallId, Cause, SpurtId};

use super::file::Recording;
use super::folder::Folder;
use crate::counters::Counters;

/// Packets and words that may wait: ten seconds of forty talkers.
const QUEUE_LEN_MAX: usize = 4_096;

/// Recordings that grow at once.
const RECORDINGS_MAX: usize = 256;

enum Word {
    Begins { spurt: RecordedSpurt, now_us: u64 },
    Voice { spurt: SpurtId, position: u32, frames: SmallVec<[VoiceFrame; 9]> },
    Over(Box<CallRecord>),
    TermOver,
    Stop,
}

/// The way to the recorder's thread. Nobody ever waits for it.
#[derive(Debug, Clone)]
pub struct RecorderHandle {
    words: SyncSender<Word>,
    wanted: Arc<DashSet<SpurtId>>,
    counters: Arc<Counters>,
}

impl RecorderHandle {
    /// A spurt is to be recorded, from this microsecond since 1970 on; said again it changes nothing.
    pub fn begins(&self, spurt: RecordedSpurt, now_us: u64) {
        if self.wanted.insert(spurt.spurt) {
            self.say(Word::Begins { spurt, now_us });
        }
    }

    /// Whether a spurt is recorded.
    pub fn wants(&self, spurt: SpurtId) -> bool {
        self.wanted.contains(&spurt)
    }

    /// A spurt is over.
    pub fn forgets(&self, spurt: SpurtId) {
        self.wanted.remove(&spurt);
    }

    /// A packet that the switch has let pass.
    pub fn hears(&self, datagram: &[u8]) {
        let Ok(header) = Header::read(datagram) else { return };
        let frames = datagram[RTP_HEADER_LEN..datagram.len() - TAG_LEN]
            .chunks_exact(FRAME_LEN)
            .map(|frame| frame.try_into().expect("chunks of FRAME_LEN"))
            .collect();
        let (spurt, position) = (header.spurt, header.timestamp / TICKS_PER_FRAME);
        self.say(Word::Voice { spurt, position, frames });
    }

    /// A call is over.
    pub fn over(&self, record: &CallRecord) {
        self.say(Word::Over(Box::new(record.clone())));
    }

    /// The controller's term of office is over; its calls are known no longer.
    pub fn term_over(&self) {
        self.say(Word::TermOver);
    }

    fn say(&self, word: Word) {
        match self.words.try_send(word) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => self.counters.recordings_failed.one(Cause::VoiceOverrun),
            Err(TrySendError::Disconnected(_)) => self.counters.recordings_failed.one(Cause::RecordingFailed),
        }
    }
}

/// The recorder, until it is stopped.
#[derive(Debug)]
pub struct Recorder {
    handle: RecorderHandle,
    thread: JoinHandle<()>,
}

impl Recorder {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system gives none.
    pub fn start(folder: Folder, counters: Arc<Counters>) -> io::Result<Self> {
        let (words, queue) = sync_channel(QUEUE_LEN_MAX);
        let handle = RecorderHandle { words, wanted: Arc::default(), counters: Arc::clone(&counters) };
        let thread = std::thread::Builder::new().name("recorder".to_owned()).spawn(move || {
            Desk { folder, counters, growing: BTreeMap::new(), spurts: BTreeMap::new() }.serve(&queue);
        })?;
        Ok(Self { handle, thread })
    }

    /// The way to it.
    pub fn handle(&self) -> RecorderHandle {
        self.handle.clone()
    }

    /// Finishes what grows, and ends. Waits for the disk.
    pub fn stop(self) {
        // A thread that has ended needs no word.
        self.handle.words.send(Word::Stop).ok();
        if self.thread.join().is_err() {
            tracing::error!("the recorder's thread panicked");
        }
    }
}

/// What is being recorded.
struct Desk {
    folder: Folder,
    counters: Arc<Counters>,
    growing: BTreeMap<CallId, Growing>,
    /// Of which call each spurt is.
    spurts: BTreeMap<SpurtId, CallId>,
}

enum Growing {
    Well(Box<Recording>),
    /// Its call is passed over until it ends.
    GivenUp,
}

impl Desk {
    fn serve(&mut self, queue: &Receiver<Word>) {
        while let Ok(word) = queue.recv() {
            match word {
                Word::Begins { spurt, now_us } => self.begins(spurt, now_us),
                Word::Voice { spurt, position, frames } => self.hears(spurt, position, &frames),
                Word::Over(record) => self.finish(record.call, Some(&record)),
                Word::TermOver => self.finish_all(),
                Word::Stop => break,
            }
        }
        self.finish_all();
    }

    fn begins(&mut self, RecordedSpurt { call, talkgroup, spurt, unit }: RecordedSpurt, now_us: u64) {
        if !self.growing.contains_key(&call) {
            let begun = if self.growing.len() < RECORDINGS_MAX {
                Recording::begin(&mut self.folder, call, talkgroup, now_us)
            } else {
                Err(Cause::RecordingsFull)
            };
            let growing = match begun {
                Ok(recording) => Growing::Well(Box::new(recording)),
                Err(cause) => {
                    self.counters.recordings_failed.one(cause);
                    Growing::GivenUp
                }
            };
            self.growing.insert(call, growing);
        }
        self.spurts.insert(spurt, call);
        self.with(call, |recording, folder| recording.spurt_begins(folder, spurt, unit, now_us));
    }

    fn hears(&mut self, spurt: SpurtId, position: u32, frames: &[VoiceFrame]) {
        match self.spurts.get(&spurt).copied() {
            Some(call) => {
                self.with(call, |recording, folder| recording.hear(folder, spurt, position, frames))
            }
            None => self.counters.recordings_failed.one(Cause::UnknownSpurt),
        }
    }

    /// Does something with a recording that goes on well. Late and surplus packets are counted; what cannot be written is
    /// given up.
    fn with(&mut self, call: CallId, what: impl FnOnce(&mut Recording, &mut Folder) -> Result<(), Cause>) {
        let Some(Growing::Well(recording)) = self.growing.get_mut(&call) else { return };
        let Err(cause) = what(recording, &mut self.folder) else { return };
        self.counters.recordings_failed.one(cause);
        if matches!(cause, Cause::RecordingFailed | Cause::RecordingsFull)
            && let Some(Growing::Well(recording)) = self.growing.insert(call, Growing::GivenUp)
        {
            recording.discard(&mut self.folder);
        }
    }

    fn finish(&mut self, call: CallId, record: Option<&CallRecord>) {
        self.spurts.retain(|_, of| *of != call);
        let Some(Growing::Well(recording)) = self.growing.remove(&call) else { return };
        match recording.finish(&mut self.folder, record) {
            Ok(true) => self.counters.recordings.one(),
            Ok(false) => {}
            Err(cause) => self.counters.recordings_failed.one(cause),
        }
    }

    fn finish_all(&mut self) {
        while let Some(call) = self.growing.keys().next().copied() {
            self.finish(call, None);
        }
    }
}
