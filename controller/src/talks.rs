//! Which consoles are connected to talk, and how they are told how their talk stands.

use std::collections::BTreeMap;

use tokio::sync::mpsc;
use trunklab_protocol::operator::{ConsoleName, TalkWord};

/// Words that may wait for a console. A talk has fewer; who does not take them is gone.
const WORDS_MAX: usize = 64;

/// The consoles that are connected to talk, one connection each.
#[derive(Debug, Default)]
pub(crate) struct Talks(BTreeMap<ConsoleName, mpsc::Sender<TalkWord>>);

impl Talks {
    /// A console connects; `None` where another connection of it stands.
    pub fn open(&mut self, console: ConsoleName) -> Option<mpsc::Receiver<TalkWord>> {
        self.0.retain(|_, words| !words.is_closed());
        if self.0.contains_key(&console) {
            return None;
        }
        let (words, heard) = mpsc::channel(WORDS_MAX);
        self.0.insert(console, words);
        Some(heard)
    }

    /// Tells a console; one that is not connected, or does not listen, is not told, and its connection ends.
    pub fn tell(&mut self, console: &ConsoleName, word: TalkWord) {
        let told = self.0.get(console).is_some_and(|words| words.try_send(word).is_ok());
        if !told {
            self.0.remove(console);
        }
    }

    /// A new term begins: nobody talks, and every connection ends.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trunklab_protocol::Cause;

    fn desk() -> ConsoleName {
        ConsoleName::new("desk")
    }

    #[test]
    fn a_console_has_one_connection_at_a_time() {
        let mut talks = Talks::default();
        let heard = talks.open(desk()).unwrap();
        assert!(talks.open(desk()).is_none());
        drop(heard);
        assert!(talks.open(desk()).is_some(), "the first one is gone");
    }

    #[test]
    fn who_does_not_listen_is_cut_off() {
        let mut talks = Talks::default();
        let mut heard = talks.open(desk()).unwrap();
        for position in 0..=64 {
            talks.tell(&desk(), TalkWord::Queued { position });
        }
        for position in 0..64 {
            assert_eq!(heard.try_recv(), Ok(TalkWord::Queued { position }));
        }
        assert_eq!(heard.try_recv(), Err(mpsc::error::TryRecvError::Disconnected));
        talks.tell(&desk(), TalkWord::Ended { cause: Cause::TransmissionEnded });
    }
}
