//! Keeps a link to one of the controllers: connects, carries messages both ways, connects again.

use std::io;
use std::pin::pin;
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
use trunklab_protocol::to_site::{Close, ToSite};
use trunklab_protocol::{Cause, Epoch};

use crate::codec::{LinkError, SiteCodec};
use crate::counters::Counters;
use crate::refusal::{self, Refusal, Refused};

/// Messages that may wait for a slow link: the inventory of the largest site, twice.
const WAITING_MAX: usize = 1_024;

/// TCP and TLS together may take this long.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);

/// How long a connection that takes nothing any more is listened to for the reason.
const LAST_WORDS_MAX: Duration = Duration::from_millis(500);

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
    /// There will never be one: this is the last event.
    Refused(Refused),
}

/// What was heard on a connection, and what is to be learnt from it.
#[derive(Debug, Default)]
struct Heard {
    /// Whether the controller said anything but that it closes the link.
    served: bool,
    /// The cause in its `Close`.
    told: Option<Cause>,
    refusal: Option<Refusal>,
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
    /// Whether an earlier run was told settings, with which this one serves already.
    pub was_told: bool,
}

impl LinkKeeper {
    /// Goes on until the run loop is gone, or until every controller has refused the station for good and none has
    /// ever taken it in. Once it has served, it serves on: a controller that stands wrongly for a while ends nothing. One that was
    /// taken in by an earlier run serves already, and is ended by what a controller says alone: whoever answers in its place can refuse.
    pub async fn keep(self) {
        let mut failures = 0;
        let mut taken_in = false;
        let mut was_told = self.was_told;
        let mut refusals = vec![None; self.controllers.len()];
        let mut in_a_row = vec![0; self.controllers.len()];
        for (index, controller) in self.controllers.iter().enumerate().cycle() {
            let Ok(heard) = self.attempt(controller, &mut failures).await else { return };
            taken_in |= heard.served;
            in_a_row[index] = if heard.refusal.is_some() { in_a_row[index] + 1 } else { 0 };
            refusals[index] = heard.refusal.filter(|refusal| in_a_row[index] >= refusal.in_a_row());
            was_told &= heard.told.is_none() || refusals[index].is_none();
            if !taken_in && !was_told && refusals.iter().all(Option::is_some) {
                let refusal = refusals[0].expect("all of them are refusals");
                let refused = Refused { controller: self.controllers[0].clone(), refusal };
                // A run loop that is gone has ended already.
                self.events.send(LinkEvent::Refused(refused)).await.ok();
                return;
            }
            if let Some(refusal) = heard.refusal {
                tracing::warn!("the controller at {controller} {refusal}");
            }
            if self.events.is_closed() {
                return;
            }
            sleep(pause(failures)).await;
        }
    }

    /// One connection, from its beginning to its end.
    ///
    /// # Errors
    /// When the run loop is gone.
    async fn attempt(
        &self,
        controller: &str,
        failures: &mut u32,
    ) -> Result<Heard, mpsc::error::SendError<LinkEvent>> {
        *failures += 1;
        match timeout(CONNECT_TIME_MAX, self.connect(controller)).await {
            Ok(Ok(stream)) => {
                let heard = self.carry(controller, stream).await?;
                if heard.served {
                    *failures = 0;
                }
                Ok(heard)
            }
            Ok(Err(error)) => {
                tracing::warn!(controller, failures, %error, "no link to the controller; trying again");
                Ok(Heard { refusal: refusal::of_error(&error), ..Heard::default() })
            }
            Err(_) => {
                self.counters.dropped[Cause::HandshakeTimeout].one();
                tracing::warn!(controller, failures, cause = %Cause::HandshakeTimeout, "no link to the controller; trying again");
                Ok(Heard::default())
            }
        }
    }

    async fn connect(&self, controller: &str) -> io::Result<impl AsyncRead + AsyncWrite + use<>> {
        let stream = TcpStream::connect(controller).await?;
        stream.set_nodelay(true)?;
        let name = ServerName::try_from(CONTROLLER_NAME).expect("it is a host name");
        TlsConnector::from(Arc::clone(&self.tls)).connect(name, stream).await
    }

    /// Carries messages until the connection ends.
    ///
    /// # Errors
    /// When the run loop is gone.
    async fn carry(
        &self,
        controller: &str,
        stream: impl AsyncRead + AsyncWrite,
    ) -> Result<Heard, mpsc::error::SendError<LinkEvent>> {
        let (read, write) = tokio::io::split(stream);
        let (messages, waiting) = mpsc::channel(WAITING_MAX);
        self.events.send(LinkEvent::Up { controller: controller.to_owned(), messages }).await?;
        let mut heard = Heard::default();
        let cause = {
            let mut take = pin!(self.take(controller, read, &mut heard));
            tokio::select! {
                cause = &mut take => cause,
                given = self.give(write, waiting) => match given {
                    Ok(()) => Cause::LinkLost,
                    // What the controller said before it hung up may not be read yet.
                    Err(cause) => timeout(LAST_WORDS_MAX, take).await.unwrap_or(cause),
                },
            }
        };
        let cause = heard.told.unwrap_or(cause);
        tracing::warn!(controller, %cause, "the link to the controller is gone");
        self.counters.dropped[cause].one();
        self.events.send(LinkEvent::Down { cause }).await?;
        Ok(heard)
    }

    async fn take(&self, controller: &str, read: ReadHalf<impl AsyncRead>, heard: &mut Heard) -> Cause {
        let mut frames = FramedRead::new(read, SiteCodec::new(Arc::clone(&self.counters)));
        loop {
            match frames.next().await {
                Some(Ok((epoch, message))) => {
                    if let ToSite::Close(Close { cause }) = message {
                        heard.told = Some(cause);
                        heard.refusal = refusal::of_close(cause);
                    } else if !heard.served {
                        heard.served = true;
                        tracing::info!(controller, "linked to the controller");
                    }
                    if self.events.send(LinkEvent::Message { epoch, message }).await.is_err() {
                        return Cause::Shutdown;
                    }
                }
                Some(Err(error)) => {
                    heard.refusal = heard.refusal.or_else(|| match &error {
                        LinkError::Frame(cause) => Some(refusal::of_frame(*cause)),
                        LinkError::Io(error) => refusal::of_error(error),
                    });
                    return cause_of(&error);
                }
                None => return Cause::LinkLost,
            }
        }
    }

    /// Writes what the run loop says, until it gives the connection up.
    ///
    /// # Errors
    /// Why nothing can be written any more.
    async fn give(
        &self,
        write: WriteHalf<impl AsyncWrite>,
        mut waiting: mpsc::Receiver<(Epoch, FromSite)>,
    ) -> Result<(), Cause> {
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
                return Err(cause_of(&error));
            }
        }
        // A peer that does not read may not hold us.
        timeout(Duration::from_secs(1), frames.close()).await.ok();
        Ok(())
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
