//! Keeps a link to one of the controllers: connects, carries messages both ways, connects again.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_util::codec::{FramedRead, FramedWrite};
use trunklab_protocol::enrolment::CONTROLLER_NAME;
use trunklab_protocol::from_site::FromSite;
use trunklab_protocol::to_site::ToSite;
use trunklab_protocol::{Cause, Epoch};

use crate::codec::{LinkError, SiteCodec};
use crate::counters::Counters;

/// Messages that may wait for a slow link: the inventory of the largest site, twice.
const WAITING_MAX: usize = 1_024;

/// TCP and TLS together may take this long.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);

const PAUSE_MS_MIN: u64 = 200;
const PAUSE_MS_MAX: u64 = 5_000;

/// Messages for the controller; dropping it closes the connection.
pub type ToController = mpsc::Sender<(Epoch, FromSite)>;

/// What happens on the link, in order.
#[derive(Debug)]
pub enum LinkEvent {
    /// A connection stands, with both certificates checked.
    Up {
        /// The controller, as it was given.
        controller: String,
        /// Where its messages go.
        messages: ToController,
    },
    /// The controller said something.
    Message {
        /// The epoch in the frame.
        epoch: Epoch,
        /// What.
        message: ToSite,
    },
    /// The connection is gone.
    Down {
        /// Why.
        cause: Cause,
    },
}

/// The one who keeps the link.
pub struct LinkKeeper {
    /// `host:port` of each controller, in order of preference.
    pub controllers: Vec<String>,
    /// What it speaks.
    pub tls: Arc<ClientConfig>,
    /// To the run loop.
    pub events: mpsc::Sender<LinkEvent>,
    /// Counters.
    pub counters: Arc<Counters>,
}

impl LinkKeeper {
    /// Goes on until the run loop is gone.
    pub async fn keep(self) {
        let mut failures = 0;
        for controller in self.controllers.iter().cycle() {
            match timeout(CONNECT_TIME_MAX, self.connect(controller)).await {
                Ok(Ok(stream)) => {
                    let Ok(served) = self.carry(controller, stream).await else { return };
                    failures = if served { 0 } else { failures + 1 };
                }
                Ok(Err(error)) => {
                    failures += 1;
                    tracing::warn!(controller, failures, %error, "no link to the controller; trying again");
                }
                Err(_) => {
                    failures += 1;
                    self.counters.dropped.one(Cause::HandshakeTimeout);
                    tracing::warn!(controller, failures, cause = %Cause::HandshakeTimeout, "no link to the controller");
                }
            }
            if self.events.is_closed() {
                return;
            }
            sleep(pause(failures)).await;
        }
    }

    async fn connect(&self, controller: &str) -> std::io::Result<impl AsyncRead + AsyncWrite + use<>> {
        let stream = TcpStream::connect(controller).await?;
        stream.set_nodelay(true)?;
        let name = ServerName::try_from(CONTROLLER_NAME).expect("it is a host name");
        TlsConnector::from(Arc::clone(&self.tls)).connect(name, stream).await
    }

    /// Carries messages until the connection ends; whether the controller said anything at all.
    ///
    /// # Errors
    /// When the run loop is gone.
    async fn carry(
        &self,
        controller: &str,
        stream: impl AsyncRead + AsyncWrite,
    ) -> Result<bool, mpsc::error::SendError<LinkEvent>> {
        let (read, write) = tokio::io::split(stream);
        let (messages, waiting) = mpsc::channel(WAITING_MAX);
        self.events.send(LinkEvent::Up { controller: controller.to_owned(), messages }).await?;
        let mut served = false;
        let cause = tokio::select! {
            cause = self.take(read, &mut served) => cause,
            cause = self.give(write, waiting) => cause,
        };
        tracing::warn!(controller, %cause, "the link to the controller is gone");
        self.counters.dropped.one(cause);
        self.events.send(LinkEvent::Down { cause }).await?;
        Ok(served)
    }

    async fn take(&self, read: ReadHalf<impl AsyncRead>, served: &mut bool) -> Cause {
        let mut frames = FramedRead::new(read, SiteCodec::new(Arc::clone(&self.counters)));
        loop {
            match frames.next().await {
                Some(Ok((epoch, message))) => {
                    *served = true;
                    if self.events.send(LinkEvent::Message { epoch, message }).await.is_err() {
                        return Cause::Shutdown;
                    }
                }
                Some(Err(error)) => return cause_of(&error),
                None => return Cause::LinkLost,
            }
        }
    }

    async fn give(
        &self,
        write: WriteHalf<impl AsyncWrite>,
        mut waiting: mpsc::Receiver<(Epoch, FromSite)>,
    ) -> Cause {
        let mut frames = FramedWrite::new(write, SiteCodec::new(Arc::clone(&self.counters)));
        while let Some(message) = waiting.recv().await {
            let mut sent = frames.feed(message).await;
            // One flush for all that waits.
            while let (Ok(()), Ok(message)) = (&sent, waiting.try_recv()) {
                sent = frames.feed(message).await;
            }
            if let Err(error) = match sent {
                Ok(()) => frames.flush().await,
                Err(error) => Err(error),
            } {
                return cause_of(&error);
            }
        }
        // The run loop gave the connection up. A peer that does not read may not hold us.
        timeout(Duration::from_secs(1), frames.close()).await.ok();
        Cause::LinkLost
    }
}

fn cause_of(error: &LinkError) -> Cause {
    match error {
        LinkError::Frame(cause) => *cause,
        LinkError::Io(error) => {
            tracing::debug!(%error, "connection error");
            Cause::LinkLost
        }
    }
}

/// How long to wait before the next try: twice as long after each failure, drawn from the upper half, so that the
/// sites of a controller that comes back do not come all at once.
fn pause(failures: u32) -> Duration {
    let longest = (PAUSE_MS_MIN << failures.min(8)).min(PAUSE_MS_MAX);
    let drawn = getrandom::u32().unwrap_or(u32::MAX);
    Duration::from_millis(longest / 2 + longest / 2 * u64::from(drawn) / u64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit_and_differ() {
        for failures in 0..40 {
            let longest = Duration::from_millis((PAUSE_MS_MIN << failures.min(8)).min(PAUSE_MS_MAX));
            let drawn: Vec<Duration> = (0..32).map(|_| pause(failures)).collect();
            assert!(drawn.iter().all(|pause| *pause >= longest / 2 && *pause <= longest), "{failures}");
            assert!(drawn.iter().any(|pause| *pause != drawn[0]), "{failures}: no jitter");
        }
        assert!(pause(u32::MAX) <= Duration::from_millis(PAUSE_MS_MAX));
    }
}
