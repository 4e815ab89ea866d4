//! The operator at the console in a network that runs now: speech goes to the voice switch over a real socket.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::UdpSocket;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};
use tracing::debug;
use trunklab_protocol::operator::TalkWord;
use trunklab_protocol::voice::VoiceFrame;

use crate::lab::mouth::{Mouth, PACE, Permit, packets};

/// What is permitted, and where speech is sent.
type Way = Option<(Permit, SocketAddr)>;

/// An operator.
pub struct LiveOperator {
    socket: Arc<UdpSocket>,
    way: watch::Sender<Way>,
    speech: Option<JoinHandle<()>>,
}

impl LiveOperator {
    /// Opens the console's voice port on the loopback.
    pub async fn start() -> io::Result<Self> {
        let socket = UdpSocket::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        Ok(Self { socket: Arc::new(socket), way: watch::channel(None).0, speech: None })
    }

    /// The console is told how its talk stands.
    pub fn tell(&self, word: &TalkWord) {
        match *word {
            TalkWord::Granted { spurt, key, switch, .. } => {
                self.way.send_replace(Some((Permit { spurt, key }, switch)));
            }
            TalkWord::Refused { .. } | TalkWord::Ended { .. } => _ = self.way.send_replace(None),
            TalkWord::Queued { .. } | TalkWord::Warning { .. } => {}
        }
    }

    /// Speaks from now on, instead of what is still being said.
    pub fn speaks(&mut self, frames: Vec<VoiceFrame>) {
        let speech = speak(Arc::clone(&self.socket), self.way.subscribe(), frames);
        if let Some(earlier) = self.speech.replace(tokio::spawn(speech)) {
            earlier.abort();
        }
    }

    /// Speaks no more, though the button is down.
    pub fn falls_silent(&mut self) {
        if let Some(speech) = self.speech.take() {
            speech.abort();
        }
    }
}

impl Drop for LiveOperator {
    fn drop(&mut self) {
        if let Some(speech) = &self.speech {
            speech.abort();
        }
    }
}

async fn speak(socket: Arc<UdpSocket>, way: watch::Receiver<Way>, frames: Vec<VoiceFrame>) {
    let mut pace = interval(PACE.into());
    pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut mouth = Mouth::default();
    let mut known = None;
    for frames in packets(&frames) {
        pace.tick().await;
        let now = *way.borrow();
        if now != known {
            known = now;
            mouth.permit(now.map(|(permit, _)| permit));
        }
        if let (Some(packet), Some((_, switch))) = (mouth.packet(frames), now)
            && let Err(error) = socket.send_to(&packet, switch).await
        {
            debug!(%error, "speech of the console was not sent");
        }
    }
}
