//! One link, from the end of its handshake to its end.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use futures_util::StreamExt;
use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::codec::{Encoder, FramedRead};
use tracing::warn;
use trunklab_protocol::to_site::{Close, ToSite};
use trunklab_protocol::{Cause, Epoch, SiteId};

use super::codec::{FromSiteDecoder, Read, ToSiteEncoder};
use super::listener::LinkLimits;
use super::{FromLink, LinkHandle, LinkId, LinkNews, ToLink};
use crate::counters::Counters;
use crate::zone::DenyList;

/// How long a farewell may take; a peer that does not read it goes without.
const FAREWELL: Duration = Duration::from_millis(250);

/// How often a standing link's certificate is looked up in the deny list.
const DENY_SWEEP: Duration = Duration::from_secs(5);

/// Messages that are written with one system call.
const BATCH_MAX: usize = 64;

/// Who is at the other end of a link.
#[derive(Debug)]
pub(super) struct Peer {
    pub link: LinkId,
    pub site: SiteId,
    pub certificate: CertificateDer<'static>,
}

/// Carries a link until it ends, and tells the run loop of both.
pub(super) async fn carry<S: AsyncRead + AsyncWrite + Send + 'static>(
    stream: S,
    peer: Peer,
    limits: LinkLimits,
    deny: &DenyList,
    news: &mpsc::Sender<FromLink>,
    counters: &Arc<Counters>,
) -> Cause {
    let (outgoing, orders) = mpsc::channel(limits.outgoing_max);
    let (cut, mut cut_off) = oneshot::channel();
    let (link, site) = (peer.link, peer.site);
    let tell = |what| news.send(FromLink { link, site, news: what });
    if tell(LinkNews::Up(LinkHandle { outgoing, cut })).await.is_err() {
        return Cause::Shutdown;
    }
    let (reading, writing) = tokio::io::split(stream);
    let mut writer = Writer::new(writing, limits.write_max, counters);
    let cause = {
        let mut read = pin!(read(reading, link, site, news, counters));
        let mut write = pin!(writer.run(orders));
        let mut denied = pin!(until_denied(&peer.certificate, deny));
        // In this order: whoever cuts the link off names the cause, though its orders end at the same time.
        tokio::select! {
            biased;
            cause = &mut cut_off => cause.unwrap_or(Cause::Shutdown),
            cause = &mut denied => cause,
            cause = &mut write => cause,
            cause = &mut read => cause,
        }
    };
    writer.farewell(cause).await;
    // Without a run loop nobody needs to know.
    if tell(LinkNews::Down(cause)).await.is_err() {
        return Cause::Shutdown;
    }
    cause
}

/// Tells a peer why it gets no link.
pub(super) async fn turn_away<S: AsyncWrite + Unpin>(stream: S, cause: Cause, counters: &Counters) {
    Writer::new(stream, FAREWELL, counters).farewell(cause).await;
}

async fn read(
    reading: impl AsyncRead,
    link: LinkId,
    site: SiteId,
    news: &mpsc::Sender<FromLink>,
    counters: &Counters,
) -> Cause {
    let mut frames = pin!(FramedRead::new(reading, FromSiteDecoder::default()));
    loop {
        match frames.next().await {
            None => return Cause::LinkLost,
            Some(Err(fault)) => return fault.cause(),
            Some(Ok(Read::Unknown(code))) => {
                counters.frames_from_sites.one();
                counters.messages_dropped.one(Cause::UnknownMessage);
                warn!(%site, code, "skipped a message that this version does not know");
            }
            Some(Ok(Read::Message(message))) => {
                counters.frames_from_sites.one();
                let said = LinkNews::Said { message, read: Instant::now() };
                // A full inbox holds this link back, and only as long as its turn takes.
                if news.send(FromLink { link, site, news: said }).await.is_err() {
                    return Cause::Shutdown;
                }
            }
        }
    }
}

async fn until_denied(certificate: &CertificateDer<'static>, deny: &DenyList) -> Cause {
    loop {
        tokio::time::sleep(DENY_SWEEP).await;
        let (certificate, deny) = (certificate.clone(), deny.clone());
        match tokio::task::spawn_blocking(move || deny.denies(&certificate)).await {
            Ok(Ok(true)) => return Cause::CertificateDenied,
            Ok(Ok(false)) => {}
            // A list that is being edited cuts nobody off; new links wait until it reads again.
            Ok(Err(error)) => warn!(%error, "the deny list cannot be read: no new link is accepted"),
            Err(error) => warn!(%error, "the deny list was not looked at"),
        }
    }
}

struct Writer<'a, W> {
    writing: W,
    encoder: ToSiteEncoder,
    octets: BytesMut,
    epoch: Epoch,
    write_max: Duration,
    counters: &'a Counters,
    /// Whether the peer was told why, or cannot be told any more.
    is_over: bool,
}

impl<'a, W: AsyncWrite + Unpin> Writer<'a, W> {
    fn new(writing: W, write_max: Duration, counters: &'a Counters) -> Self {
        Self {
            writing,
            encoder: ToSiteEncoder::default(),
            octets: BytesMut::new(),
            epoch: Epoch::new(0).expect("every number is an epoch"),
            write_max,
            counters,
            is_over: false,
        }
    }

    async fn run(&mut self, mut orders: mpsc::Receiver<ToLink>) -> Cause {
        let mut batch = Vec::with_capacity(BATCH_MAX);
        while orders.recv_many(&mut batch, BATCH_MAX).await > 0 {
            if let Err(cause) = self.write(&batch).await {
                return cause;
            }
            let close = batch.iter().find_map(|sent| {
                if let ToSite::Close(Close { cause }) = sent.message { Some(cause) } else { None }
            });
            if let Some(cause) = close {
                self.is_over = true;
                return cause;
            }
            batch.clear();
        }
        Cause::Shutdown
    }

    async fn write(&mut self, batch: &[ToLink]) -> Result<(), Cause> {
        self.octets.clear();
        for sent in batch {
            self.epoch = sent.epoch;
            self.encoder.encode(sent, &mut self.octets).expect("encoding cannot fail");
        }
        let written = timeout(self.write_max, async {
            self.writing.write_all(&self.octets).await?;
            self.writing.flush().await
        });
        let outcome = match written.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Cause::LinkLost),
            Err(_) => Err(Cause::LinkCongested),
        };
        if outcome.is_err() {
            // A frame may be half out: nothing can follow it.
            self.is_over = true;
            return outcome;
        }
        self.counters.frames_to_sites.add(batch.len() as u64);
        for asked in batch.iter().filter_map(|sent| sent.asked) {
            self.counters.grant_latency.add(asked.elapsed());
        }
        Ok(())
    }

    /// Says why, where there is still somebody to hear it.
    async fn farewell(&mut self, cause: Cause) {
        if !self.is_over && cause != Cause::LinkLost {
            self.write_max = FAREWELL;
            let close = ToLink { epoch: self.epoch, message: Close { cause }.into(), asked: None };
            if self.write(&[close]).await.is_err() {
                return;
            }
        }
        // The peer's answer to the end of TLS is not waited for, nor is it an error when it never comes.
        drop(timeout(FAREWELL, self.writing.shutdown()).await);
    }
}
