//! The operator port's sockets: TLS, limits, one task for each connection.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tracing::{debug, warn};
use trunklab_protocol::Cause;

use super::{Operator, router};
use crate::links::Counted;

/// Bounds of the operator port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OperatorLimits {
    /// Connections at once, consoles and strangers together.
    pub connections_max: usize,
    /// Longest handshake, and longest wait for a request's head.
    pub handshake_max: Duration,
}

impl Default for OperatorLimits {
    fn default() -> Self {
        Self { connections_max: 256, handshake_max: Duration::from_secs(5) }
    }
}

/// Where a request came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Peer(pub SocketAddr);

/// The port that operators connect to.
#[derive(Debug)]
pub struct OperatorServer {
    /// The bound socket.
    pub socket: TcpListener,
    /// What it shows.
    pub tls: Arc<ServerConfig>,
    /// Its bounds.
    pub limits: OperatorLimits,
    /// What it answers from.
    pub operator: Arc<Operator>,
}

impl OperatorServer {
    /// Serves until it is dropped; all connections end with it.
    pub async fn serve(self) {
        let acceptor = TlsAcceptor::from(self.tls);
        let service = TowerToHyperService::new(router(Arc::clone(&self.operator)));
        let places = Arc::new(Semaphore::new(self.limits.connections_max));
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.socket.accept() => match accepted {
                    Ok((stream, from)) => {
                        let counters = &self.operator.reach.counters;
                        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
                            counters.operator_refused.one(Cause::TooManyLinks);
                            warn!(%from, "operator connection refused: {}", Cause::TooManyLinks);
                            continue;
                        };
                        let stream = Counted::new(stream, Arc::clone(counters), |counters| &counters.operator_octets);
                        let served = serve(stream, from, acceptor.clone(), service.clone(), self.limits);
                        connections.spawn(async move {
                            served.await;
                            drop(place);
                        });
                    }
                    Err(error) => {
                        warn!(%error, "an operator's connection could not be accepted");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                },
                Some(ended) = connections.join_next() => {
                    if let Err(error) = ended {
                        warn!(%error, "an operator's connection broke its task");
                    }
                }
            }
        }
    }
}

async fn serve(
    stream: Counted<TcpStream>,
    from: SocketAddr,
    acceptor: TlsAcceptor,
    service: TowerToHyperService<axum::Router>,
    limits: OperatorLimits,
) {
    let stream = match timeout(limits.handshake_max, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return debug!(%from, %error, "operator handshake failed"),
        Err(_) => return debug!(%from, "operator handshake took too long"),
    };
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(from));
        service.call(request)
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.handshake_max)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    if let Err(error) = connection.await {
        debug!(%from, %error, "operator connection ended");
    }
}
