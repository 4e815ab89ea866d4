//! Relays on the loopback, so that a run in real time can cut a link or lose a packet as the virtual world does, and
//! count what passes.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use trunklab_protocol::SpurtId;
use trunklab_protocol::voice::Header;

/// The way of one site's link: a station connects here, and is joined to its controller while the way is open.
#[derive(Debug)]
pub struct LinkRelay {
    address: SocketAddr,
    open: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl LinkRelay {
    /// A way to this controller.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(controller: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (open, state) = watch::channel(true);
        let task = tokio::spawn(async move {
            loop {
                let Ok((station, _)) = listener.accept().await else { continue };
                if *state.borrow() {
                    tokio::spawn(join(station, controller, state.clone()));
                }
            }
        });
        Ok(Self { address, open, task })
    }

    /// Where the station connects.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts the way, or opens it again.
    pub fn set_open(&self, open: bool) {
        self.open.send_replace(open);
    }
}

impl Drop for LinkRelay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn join(mut station: TcpStream, controller: SocketAddr, mut open: watch::Receiver<bool>) {
    let Ok(mut onward) = TcpStream::connect(controller).await else { return };
    // Frames are small and urgent; waiting to fill a segment would add tens of milliseconds.
    station.set_nodelay(true).ok();
    onward.set_nodelay(true).ok();
    tokio::select! {
        _ = copy_bidirectional(&mut station, &mut onward) => {}
        _ = open.wait_for(|open| !open) => {}
    }
}

/// Packets to be lost: of a spurt, the one with this number, counted from its first.
type Losses = Arc<Mutex<BTreeMap<SpurtId, u16>>>;

/// Spurts whose first sequence number is remembered; the oldest numbers are forgotten beyond it.
const SPURTS_MAX: usize = 1_024;

/// The way from base stations to the voice switch. The switch asks a packet for its tag, never for its address, so a
/// relay may stand between.
#[derive(Debug)]
pub struct VoiceRelay {
    address: SocketAddr,
    losses: Losses,
    lost: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl VoiceRelay {
    /// Opens the port that stations send to; packets pass once the switch has an address.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(switch: watch::Receiver<Option<SocketAddr>>) -> io::Result<Self> {
        let socket = UdpSocket::bind(("127.0.0.1", 0)).await?;
        let address = socket.local_addr()?;
        let losses = Losses::default();
        let lost = Arc::new(AtomicU64::new(0));
        let task = tokio::spawn(relay(socket, switch, Arc::clone(&losses), Arc::clone(&lost)));
        Ok(Self { address, losses, lost, task })
    }

    /// Where stations send.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The packet of this spurt with this number, counted from 0, will be lost.
    pub fn lose(&self, spurt: SpurtId, number: u16) {
        self.losses.lock().unwrap_or_else(PoisonError::into_inner).insert(spurt, number);
    }

    /// Packets lost on purpose so far.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

impl Drop for VoiceRelay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn relay(
    socket: UdpSocket,
    switch: watch::Receiver<Option<SocketAddr>>,
    losses: Losses,
    lost: Arc<AtomicU64>,
) {
    let mut buffer = [0; 2_048];
    let mut first: BTreeMap<SpurtId, u16> = BTreeMap::new();
    loop {
        let Ok((len, _)) = socket.recv_from(&mut buffer).await else { continue };
        let Some(onward) = *switch.borrow() else { continue };
        if let Ok(header) = Header::read(&buffer[..len]) {
            let number = header.sequence.wrapping_sub(*first.entry(header.spurt).or_insert(header.sequence));
            if first.len() > SPURTS_MAX {
                first.pop_first();
            }
            let mut losses = losses.lock().unwrap_or_else(PoisonError::into_inner);
            if losses.get(&header.spurt) == Some(&number) {
                losses.remove(&header.spurt);
                lost.fetch_add(1, Ordering::Relaxed);
                continue;
            }
        }
        // A full socket loses the packet, as a network would.
        socket.try_send_to(&buffer[..len], onward).ok();
    }
}
