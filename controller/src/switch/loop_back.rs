//! A switch tests its own port (docs/resilience.md 14.2.5): it sends a datagram to itself and sees whether it comes back in.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use trunklab_protocol::switch::{FromSwitch, LoopedBack};

use super::plane::Plane;

/// What a test begins with. No RTP packet does: its version would be 1.
const MARK: &[u8; 8] = b"trunklab";

/// What is not heard by then was not heard (docs/resilience.md 14.2.5).
const HEARD_WITHIN: Duration = Duration::from_millis(500);

/// What makes a test the switch's own: drawn anew for each, and told to nobody.
type Nonce = [u8; 16];

/// Whether a datagram is a test, be it the switch's own or a stranger's.
pub(super) fn is_test(datagram: &[u8]) -> bool {
    datagram.starts_with(MARK)
}

fn test_of(nonce: &Nonce) -> Vec<u8> {
    [&MARK[..], nonce].concat()
}

/// The test that is under way.
#[derive(Debug, Default)]
pub(super) struct Awaited(Mutex<Option<(Nonce, oneshot::Sender<()>)>>);

impl Awaited {
    /// From here on this one is awaited, and none before it.
    fn begin(&self, nonce: Nonce) -> oneshot::Receiver<()> {
        let (heard, hears) = oneshot::channel();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((nonce, heard));
        hears
    }

    fn end(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// A datagram that is a test came in; whether it is the one that is awaited, which it is once.
    pub(super) fn hears(&self, datagram: &[u8]) -> bool {
        let mut awaited = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_ours = awaited.as_ref().is_some_and(|(nonce, _)| datagram[MARK.len()..] == nonce[..]);
        // Whoever awaited it may have given up just now: then it came too late.
        is_ours && awaited.take().is_some_and(|(_, heard)| heard.send(()).is_ok())
    }
}

/// The task that tests.
pub(super) struct Tester {
    pub socket: Arc<UdpSocket>,
    /// Where the tests go.
    pub to: SocketAddr,
    pub plane: Arc<Plane>,
    pub reports: mpsc::Sender<FromSwitch>,
    pub period: Duration,
}

impl Tester {
    pub async fn run(self, stop: CancellationToken) {
        let mut beat = interval(self.period);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let test_for_ever = async {
            loop {
                beat.tick().await;
                let Some(heard) = self.test().await else { continue };
                // Nobody may be listening, or slowly: then the next test says it.
                self.reports.try_send(LoopedBack { heard }.into()).ok();
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = test_for_ever => {}
        }
    }

    /// Whether a test was heard in time; `None` where there was none.
    async fn test(&self) -> Option<bool> {
        let mut nonce = Nonce::default();
        if let Err(failure) = getrandom::fill(&mut nonce) {
            tracing::error!(%failure, "the system gave no random octets: the voice switch is not tested");
            return None;
        }
        let hears = self.plane.awaited().begin(nonce);
        if let Err(error) = self.socket.try_send_to(&test_of(&nonce), self.to) {
            tracing::debug!(%error, "a test of the voice switch could not be sent");
        }
        let heard = matches!(timeout(HEARD_WITHIN, hears).await, Ok(Ok(())));
        self.plane.awaited().end();
        Some(heard)
    }
}

/// Where a switch reaches itself that is bound here.
pub(super) fn own_address(bound: SocketAddr) -> SocketAddr {
    let loopback: IpAddr = match bound {
        SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    SocketAddr::new(if bound.ip().is_unspecified() { loopback } else { bound.ip() }, bound.port())
}

#[cfg(test)]
mod tests {
    use trunklab_protocol::Cause;
    use trunklab_protocol::voice::Header;

    use super::*;

    #[test]
    fn only_the_test_that_is_awaited_is_heard_and_once() {
        let awaited = Awaited::default();
        assert!(!awaited.hears(&test_of(&[7; 16])), "nothing is awaited");
        let mut first = awaited.begin([7; 16]);
        assert!(!awaited.hears(&test_of(&[8; 16])), "another nonce");
        assert!(!awaited.hears(MARK) && !awaited.hears(&test_of(&[7; 16])[..23]), "cut off");
        assert!(!awaited.hears(&[&test_of(&[7; 16])[..], &[0]].concat()), "too long");
        assert!(first.try_recv().is_err());
        assert!(awaited.hears(&test_of(&[7; 16])));
        assert_eq!(first.try_recv(), Ok(()));
        assert!(!awaited.hears(&test_of(&[7; 16])), "a second time");
        let _late = awaited.begin([9; 16]);
        awaited.end();
        assert!(!awaited.hears(&test_of(&[9; 16])), "too late");
    }

    #[test]
    fn a_test_is_never_a_packet() {
        for length in 0..200 {
            let datagram = [&MARK[..], &vec![0; length]].concat();
            assert!(is_test(&datagram));
            assert_eq!(Header::read(&datagram).map(|header| header.spurt), Err(Cause::NotRtp));
        }
    }

    #[test]
    fn a_switch_that_is_bound_everywhere_reaches_itself_by_the_loopback() {
        for (bound, own) in [
            ("0.0.0.0:7", "127.0.0.1:7"),
            ("[::]:7", "[::1]:7"),
            ("192.0.2.1:7", "192.0.2.1:7"),
            ("[2001:db8::1]:7", "[2001:db8::1]:7"),
        ] {
            assert_eq!(own_address(bound.parse().unwrap()), own.parse().unwrap());
        }
    }
}
