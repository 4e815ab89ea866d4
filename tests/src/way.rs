//! A way through a network that can be cut, or be slow: a proxy that carries octets between two parties and knows nothing of them.
//!
//! What is held back is not lost, as TCP loses nothing: it comes when the way is free again, in its order, and so does the end of a
//! connection. Nobody is told that a way is cut.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// Octets that are read at once.
const CHUNK_LEN: usize = 4_096;

/// Chunks that may be on their way in one direction of a connection; then the sender is held back.
const CHUNKS_MAX: usize = 1_024;

/// What becomes of octets in one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// They arrive.
    Free,
    /// They do not, until the way is free again.
    Cut,
    /// They arrive late, and not more of them than the way carries.
    Slow {
        /// How long each is on its way.
        delay_ms: u32,
        /// How many it carries.
        octets_per_s: u32,
    },
}

/// A direction of a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From whoever has connected.
    Outward,
    /// To whoever has connected.
    Homeward,
}

#[derive(Debug)]
struct Gate {
    flow: Mutex<Flow>,
    changed: Condvar,
}

impl Gate {
    fn flow(&self) -> MutexGuard<'_, Flow> {
        self.flow.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until octets that set out then may arrive; a change counts at once for all that is on its way.
    fn pass(&self, set_out: Instant, length: usize) {
        let mut flow = self.flow();
        let mut carried = Duration::ZERO;
        loop {
            let wait = match *flow {
                Flow::Free => return,
                Flow::Cut => Duration::MAX,
                Flow::Slow { delay_ms, octets_per_s } => {
                    carried = Duration::from_secs_f64(length as f64 / f64::from(octets_per_s.max(1)));
                    Duration::from_millis(delay_ms.into()).saturating_sub(set_out.elapsed())
                }
            };
            if wait.is_zero() {
                break;
            }
            flow = if wait == Duration::MAX {
                self.changed.wait(flow).unwrap_or_else(PoisonError::into_inner)
            } else {
                self.changed.wait_timeout(flow, wait).unwrap_or_else(PoisonError::into_inner).0
            };
        }
        drop(flow);
        thread::sleep(carried);
    }
}

/// A way. Its threads end with the process: nothing waits for them.
#[derive(Debug)]
pub struct Way {
    /// Where to connect.
    pub address: SocketAddr,
    outward: Arc<Gate>,
    homeward: Arc<Gate>,
}

impl Way {
    /// Makes a way to somebody who listens.
    ///
    /// # Errors
    /// When the system gives no port or thread.
    pub fn to(target: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).context("no port for a way")?;
        let gate = || Arc::new(Gate { flow: Mutex::new(Flow::Free), changed: Condvar::new() });
        let way = Self { address: listener.local_addr()?, outward: gate(), homeward: gate() };
        let (outward, homeward) = (Arc::clone(&way.outward), Arc::clone(&way.homeward));
        thread::Builder::new().name("way".to_owned()).spawn(move || {
            for stream in listener.incoming() {
                // Who finds nobody there is told so, as without a way.
                let Ok((near, far)) = stream.and_then(|near| Ok((near, TcpStream::connect(target)?))) else {
                    continue;
                };
                let ends = (near.try_clone(), far.try_clone());
                let (Ok(from_near), Ok(from_far)) = ends else { continue };
                carry(from_near, far, Arc::clone(&outward));
                carry(from_far, near, Arc::clone(&homeward));
            }
        })?;
        Ok(way)
    }

    /// What becomes of octets in both directions from now on.
    pub fn set(&self, flow: Flow) {
        self.set_one(Direction::Outward, flow);
        self.set_one(Direction::Homeward, flow);
    }

    /// The same in one direction.
    pub fn set_one(&self, direction: Direction, flow: Flow) {
        let gate = match direction {
            Direction::Outward => &self.outward,
            Direction::Homeward => &self.homeward,
        };
        *gate.flow() = flow;
        gate.changed.notify_all();
    }
}

/// Carries one direction of a connection; an empty chunk is its end.
fn carry(mut from: TcpStream, mut to: TcpStream, gate: Arc<Gate>) {
    let (sender, chunks): (SyncSender<(Instant, Vec<u8>)>, Receiver<_>) = sync_channel(CHUNKS_MAX);
    thread::spawn(move || {
        let mut chunk = [0; CHUNK_LEN];
        loop {
            let length = from.read(&mut chunk).unwrap_or(0);
            if sender.send((Instant::now(), chunk[..length].to_vec())).is_err() || length == 0 {
                return;
            }
        }
    });
    thread::spawn(move || {
        // The small frames of a link shall not wait for each other.
        to.set_nodelay(true).ok();
        for (set_out, chunk) in chunks {
            gate.pass(set_out, chunk.len());
            if chunk.is_empty() || to.write_all(&chunk).is_err() {
                break;
            }
        }
        // Whoever has closed both ends already needs no word of it.
        to.shutdown(Shutdown::Write).ok();
    });
}

/// Octets of a datagram that is carried.
const DATAGRAM_LEN: usize = 2_048;

/// A way for datagrams, to somebody who is named when it is known where. What comes while it is cut is lost, as UDP loses things.
#[derive(Debug)]
pub struct DatagramWay {
    /// Where to send to.
    pub address: SocketAddr,
    course: Arc<Course>,
}

#[derive(Debug, Default)]
struct Course {
    target: Mutex<Option<SocketAddr>>,
    is_cut: AtomicBool,
    carried: AtomicU64,
    lost: AtomicU64,
}

impl DatagramWay {
    /// Makes a way that leads nowhere yet.
    ///
    /// # Errors
    /// When the system gives no port or thread.
    pub fn open() -> Result<Self> {
        let socket = UdpSocket::bind(("127.0.0.1", 0)).context("no port for a way")?;
        let way = Self { address: socket.local_addr()?, course: Arc::default() };
        let course = Arc::clone(&way.course);
        thread::Builder::new().name("way".to_owned()).spawn(move || {
            let mut datagram = [0; DATAGRAM_LEN];
            while let Ok((length, _)) = socket.recv_from(&mut datagram) {
                let target = *course.target.lock().unwrap_or_else(PoisonError::into_inner);
                let target = target.filter(|_| !course.is_cut.load(Ordering::Relaxed));
                let is_sent =
                    target.is_some_and(|target| socket.send_to(&datagram[..length], target).is_ok());
                let count = if is_sent { &course.carried } else { &course.lost };
                count.fetch_add(1, Ordering::Relaxed);
            }
        })?;
        Ok(way)
    }

    /// Where datagrams go from now on.
    pub fn lead_to(&self, target: SocketAddr) {
        *self.course.target.lock().unwrap_or_else(PoisonError::into_inner) = Some(target);
    }

    /// Cuts it, or lets datagrams through again.
    pub fn cut(&self, is_cut: bool) {
        self.course.is_cut.store(is_cut, Ordering::Relaxed);
    }

    /// How many datagrams it has carried, and how many were lost.
    pub fn counts(&self) -> (u64, u64) {
        let Course { carried, lost, .. } = &*self.course;
        (carried.load(Ordering::Relaxed), lost.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two ends with a way between them.
    fn ends() -> (Way, TcpStream, TcpStream) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let way = Way::to(listener.local_addr().unwrap()).unwrap();
        let near = TcpStream::connect(way.address).unwrap();
        let (far, _) = listener.accept().unwrap();
        (way, near, far)
    }

    fn read(from: &mut TcpStream, length: usize) -> Vec<u8> {
        let mut octets = vec![0; length];
        from.read_exact(&mut octets).unwrap();
        octets
    }

    #[test]
    fn what_is_held_back_comes_in_its_order_when_the_way_is_free_and_so_does_the_end() {
        let (way, mut near, mut far) = ends();
        near.write_all(b"one").unwrap();
        assert_eq!(read(&mut far, 3), b"one");
        way.set_one(Direction::Outward, Flow::Cut);
        near.write_all(b"two").unwrap();
        // The other direction is as it was.
        far.write_all(b"back").unwrap();
        assert_eq!(read(&mut near, 4), b"back");
        near.shutdown(Shutdown::Write).unwrap();
        far.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        assert!(far.read(&mut [0; 1]).is_err(), "nothing arrives, not even the end");
        far.set_read_timeout(None).unwrap();
        way.set(Flow::Free);
        let mut rest = Vec::new();
        far.read_to_end(&mut rest).unwrap();
        assert_eq!(rest, b"two");
    }

    #[test]
    fn what_is_slow_arrives_no_sooner_than_it_may() {
        let (way, mut near, mut far) = ends();
        way.set(Flow::Slow { delay_ms: 100, octets_per_s: 1_000 });
        let sent = Instant::now();
        near.write_all(&[7; 100]).unwrap();
        assert_eq!(read(&mut far, 100), [7; 100]);
        // A machine may be slower than the way, and never faster.
        assert!(sent.elapsed() >= Duration::from_millis(200), "{:?}", sent.elapsed());
    }
    #[test]
    fn datagrams_that_come_while_the_way_is_cut_are_lost() {
        let (near, far) = (UdpSocket::bind("127.0.0.1:0").unwrap(), UdpSocket::bind("127.0.0.1:0").unwrap());
        let way = DatagramWay::open().unwrap();
        way.lead_to(far.local_addr().unwrap());
        let mut octets = [0; 8];
        let mut passes = |text: &[u8], wait_ms| {
            near.send_to(text, way.address).unwrap();
            far.set_read_timeout(Some(Duration::from_millis(wait_ms))).unwrap();
            far.recv(&mut octets).is_ok_and(|length| &octets[..length] == text)
        };
        assert!(passes(b"one", 10_000));
        way.cut(true);
        assert!(!passes(b"two", 200));
        way.cut(false);
        assert!(passes(b"three", 10_000));
    }
}
