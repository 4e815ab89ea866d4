//! Takes connections, and lets only those through that prove to be a site of this zone.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::CertificateDer;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tracing::{info, warn};
use trunklab_protocol::{Cause, SiteId};

use super::counted::Counted;
use super::link::{Peer, carry, turn_away};
use super::{FromLink, LinkId};
use crate::counters::Counters;
use crate::zone::{DenyList, site_of_certificate};

/// Bounds of the site links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkLimits {
    /// Links that may stand at once.
    pub links_max: usize,
    /// Connections from one address, handshakes included.
    pub links_per_address_max: usize,
    /// Connections that may be in their handshake at once.
    pub handshakes_max: usize,
    /// Longest handshake.
    pub handshake_max: Duration,
    /// Messages that may wait for one site.
    pub outgoing_max: usize,
    /// Longest time that one write may take.
    pub write_max: Duration,
}

impl Default for LinkLimits {
    fn default() -> Self {
        Self {
            links_max: 1_024,
            links_per_address_max: 512,
            handshakes_max: 128,
            handshake_max: Duration::from_secs(5),
            outgoing_max: 4_096,
            write_max: Duration::from_secs(5),
        }
    }
}

/// The port that sites connect to.
pub struct Listener {
    /// The bound socket.
    pub socket: TcpListener,
    /// What it shows and demands.
    pub tls: Arc<ServerConfig>,
    /// Whom it turns away none the less.
    pub deny: DenyList,
    /// Its bounds.
    pub limits: LinkLimits,
    /// Where links tell their news.
    pub news: mpsc::Sender<FromLink>,
    /// What it counts.
    pub counters: Arc<Counters>,
}

impl Listener {
    /// Serves until it is dropped; all links end with it.
    pub async fn serve(self) {
        let door = Arc::new(Door {
            acceptor: TlsAcceptor::from(self.tls),
            deny: self.deny,
            limits: self.limits,
            news: self.news,
            counters: self.counters,
            handshakes: Semaphore::new(self.limits.handshakes_max),
            links: Semaphore::new(self.limits.links_max),
            addresses: Addresses::default(),
        });
        let mut connections = JoinSet::new();
        let mut next = 0;
        loop {
            tokio::select! {
                accepted = self.socket.accept() => match accepted {
                    Ok((stream, from)) => {
                        next += 1;
                        connections.spawn(Arc::clone(&door).admit(stream, from, LinkId(next)));
                    }
                    Err(error) => {
                        // Out of file handles, most likely: standing links go on meanwhile.
                        warn!(%error, "a connection could not be accepted");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                },
                Some(ended) = connections.join_next() => {
                    if let Err(error) = ended {
                        warn!(%error, "a link's task broke");
                    }
                }
            }
        }
    }
}

struct Door {
    acceptor: TlsAcceptor,
    deny: DenyList,
    limits: LinkLimits,
    news: mpsc::Sender<FromLink>,
    counters: Arc<Counters>,
    handshakes: Semaphore,
    links: Semaphore,
    addresses: Addresses,
}

/// A certificate of the zone that opens no link.
struct NotLetIn {
    cause: Cause,
    /// Whether the peer is told. A deny list that cannot be read is not the peer's fault: it shall try again.
    told: bool,
}

type Stream = TlsStream<Counted<TcpStream>>;

impl Door {
    async fn admit(self: Arc<Self>, stream: TcpStream, from: SocketAddr, link: LinkId) {
        let Some(_place) = self.addresses.enter(from.ip(), self.limits.links_per_address_max) else {
            return self.refuse(from, Cause::TooManyLinks);
        };
        let stream = match self.shake_hands(stream).await {
            Ok(stream) => stream,
            Err(cause) => return self.refuse(from, cause),
        };
        let (certificate, site) = match self.identify(&stream).await {
            Ok(identified) => identified,
            Err(NotLetIn { cause, told }) => {
                if told {
                    turn_away(stream, cause, &self.counters).await;
                }
                return self.refuse(from, cause);
            }
        };
        let Ok(_link) = self.links.try_acquire() else {
            turn_away(stream, Cause::TooManyLinks, &self.counters).await;
            return self.refuse(from, Cause::TooManyLinks);
        };
        info!(%site, %from, "site link stands");
        self.counters.links_opened.one();
        self.counters.links_open.one();
        let peer = Peer { link, site, certificate };
        let cause = carry(stream, peer, self.limits, &self.deny, &self.news, &self.counters).await;
        self.counters.links_open.less_one();
        self.counters.links_closed.one(cause);
        info!(%site, %from, cause = cause.name(), "site link closed: {cause}");
    }

    async fn shake_hands(&self, stream: TcpStream) -> Result<Stream, Cause> {
        let _handshake = self.handshakes.try_acquire().map_err(|_| Cause::TooManyLinks)?;
        // Grants must not wait for more to send with them.
        stream.set_nodelay(true).map_err(|_| Cause::LinkLost)?;
        let stream = Counted::new(stream, Arc::clone(&self.counters), |counters| &counters.site_octets);
        timeout(self.limits.handshake_max, self.acceptor.accept(stream))
            .await
            .map_err(|_| Cause::HandshakeTimeout)?
            .map_err(|_| Cause::NotAuthenticated)
    }

    async fn identify(&self, stream: &Stream) -> Result<(CertificateDer<'static>, SiteId), NotLetIn> {
        let (_, session) = stream.get_ref();
        let certificate = session
            .peer_certificates()
            .and_then(|chain| chain.first())
            .ok_or(NotLetIn { cause: Cause::NotAuthenticated, told: true })?
            .clone()
            .into_owned();
        let site = site_of_certificate(&certificate)
            .ok_or(NotLetIn { cause: Cause::NotAuthenticated, told: true })?;
        let (shown, deny) = (certificate.clone(), self.deny.clone());
        match tokio::task::spawn_blocking(move || deny.denies(&shown)).await {
            Ok(Ok(false)) => Ok((certificate, site)),
            Ok(Ok(true)) => Err(NotLetIn { cause: Cause::CertificateDenied, told: true }),
            Ok(Err(error)) => {
                warn!(%error, "the deny list cannot be read: no new link is accepted");
                Err(NotLetIn { cause: Cause::CertificateDenied, told: false })
            }
            Err(_) => Err(NotLetIn { cause: Cause::CertificateDenied, told: false }),
        }
    }

    fn refuse(&self, from: SocketAddr, cause: Cause) {
        self.counters.links_refused.one(cause);
        warn!(%from, cause = cause.name(), "connection refused: {cause}");
    }
}

/// How many connections each address has.
#[derive(Default)]
struct Addresses(Mutex<BTreeMap<IpAddr, usize>>);

impl Addresses {
    fn enter(&self, address: IpAddr, max: usize) -> Option<Place<'_>> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(address).or_default();
        if *count >= max {
            return None;
        }
        *count += 1;
        Some(Place { addresses: self, address })
    }
}

struct Place<'a> {
    addresses: &'a Addresses,
    address: IpAddr,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut open = self.addresses.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
}
