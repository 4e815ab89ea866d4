//! What the voice switch adds to copying UDP datagrams: packets per second through its forwarding path beside a
//! bare copy loop with the same packets and sockets, in turns, so that both meet the same machine.
//!
//! Packets are queued on the socket first; only taking, forwarding and sending them is timed, by one thread. So the
//! figure is what one loop can do, whoever feeds it. `blocking` is std's socket as a thread of its own would use
//! it, `tokio` the socket of the running switch.

#![allow(clippy::print_stdout, reason = "the figures are the output")]

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use trunklab_controller::switch::Plane;
use trunklab_controller::switch::plane::Orders;
use trunklab_controller_core::switch::Limits;
use trunklab_protocol::proof::VoiceKey;
use trunklab_protocol::switch::{Open, SiteUp, ToSwitch};
use trunklab_protocol::voice::VoicePacket;
use trunklab_protocol::{CallId, Epoch, NodeId, SiteId, SpurtId};

/// Packets queued at a time: fewer than a socket of default size holds.
const ROUND: usize = 64;

/// Rounds of each contender; the median of their times counts.
const ROUNDS: usize = 1_500;

/// Spurts with a route: a large system's busy hour, so that the table does not sit in the nearest cache.
const SPURTS: u32 = 1_000;

/// The talker's site and key.
const TALKER: u16 = 1;
const KEY: VoiceKey = VoiceKey::new([TALKER as u8; 16]);

fn main() -> io::Result<()> {
    println!(
        "packets of 5 vocoder frames (60 octets), {SPURTS} routes, one thread, median of {ROUNDS} rounds"
    );
    println!("{:>12}  {:<22} {:>12} {:>12}  of bare", "destinations", "loop", "packets/s", "copies/s");
    for destinations in [1, 5] {
        compare(&mut Bench::new(destinations)?);
    }
    Ok(())
}

/// One way to move what is queued on its socket; returns how long it took.
struct Contender {
    name: &'static str,
    address: fn(&Bench) -> io::Result<SocketAddr>,
    run: fn(&mut Bench) -> Duration,
}

const BLOCKING: fn(&Bench) -> io::Result<SocketAddr> = |bench| bench.blocking.local_addr();
const TOKIO: fn(&Bench) -> io::Result<SocketAddr> = |bench| bench.tokio.local_addr();

const CONTENDERS: [Contender; 4] = [
    Contender { name: "bare copy, blocking", address: BLOCKING, run: Bench::bare_blocking },
    Contender { name: "bare copy, tokio", address: TOKIO, run: Bench::bare_tokio },
    Contender { name: "switch, blocking", address: BLOCKING, run: Bench::switch_blocking },
    Contender { name: "switch, tokio", address: TOKIO, run: Bench::switch_tokio },
];

fn compare(bench: &mut Bench) {
    let mut times = [const { Vec::new() }; CONTENDERS.len()];
    for _ in 0..ROUNDS {
        for (contender, times) in CONTENDERS.iter().zip(&mut times) {
            let address = (contender.address)(bench).expect("a bound socket has an address");
            bench.queue(address);
            times.push((contender.run)(bench));
            bench.listen();
        }
    }
    let rates = times.map(|mut times| {
        times.sort_unstable();
        ROUND as f64 / times[times.len() / 2].as_secs_f64()
    });
    let bare = rates[0];
    for (Contender { name, .. }, rate) in CONTENDERS.iter().zip(rates) {
        let destinations = bench.listeners.len();
        let copies = rate * destinations as f64;
        println!(
            "{destinations:>12}  {name:<22} {rate:>12.0} {copies:>12.0}  {:>6.1} %",
            100.0 * rate / bare
        );
    }
    let passed = bench.plane.counts().dropped.total() == 0;
    assert!(passed, "the switch dropped packets: {:?}", bench.plane.counts().dropped.read());
}

struct Bench {
    plane: Arc<Plane>,
    talker: UdpSocket,
    listeners: Vec<UdpSocket>,
    addresses: Vec<SocketAddr>,
    blocking: UdpSocket,
    tokio: tokio::net::UdpSocket,
    runtime: tokio::runtime::Runtime,
    /// Counts rounds, so that no packet is stale.
    sequence: u16,
}

impl Bench {
    fn new(destinations: u16) -> io::Result<Self> {
        let plane = Arc::new(Plane::default());
        let mut orders = Orders::new(Arc::clone(&plane), Limits::default());
        let socket = || UdpSocket::bind((Ipv4Addr::LOCALHOST, 0));
        let listeners = (0..destinations).map(|_| socket()).collect::<io::Result<Vec<_>>>()?;
        let talker = socket()?;
        let addresses = listeners.iter().map(UdpSocket::local_addr).collect::<io::Result<Vec<_>>>()?;
        let mut obey = |order| orders.obey(order).expect("far below the limits");
        for (number, address) in (TALKER..).zip([talker.local_addr()?].into_iter().chain(addresses.clone())) {
            let key = VoiceKey::new([number as u8; 16]);
            obey(ToSwitch::SiteUp(SiteUp {
                site: site(number),
                address,
                uplink_key: key,
                downlink_key: key,
            }));
        }
        for number in 1..=SPURTS {
            let call = CallId {
                node: NodeId::new(1).expect("not zero"),
                epoch: Epoch::new(1).expect("any"),
                counter: number,
            };
            let to = (1..=destinations).map(|listener| site(TALKER + listener)).collect();
            obey(ToSwitch::Open(Open { spurt: spurt(number), call, from: site(TALKER), to, beside: None }));
        }
        for listener in &listeners {
            listener.set_nonblocking(true)?;
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let guard = runtime.enter();
        let nonblocking = socket()?;
        nonblocking.set_nonblocking(true)?;
        let tokio = tokio::net::UdpSocket::from_std(nonblocking)?;
        drop(guard);
        Ok(Self { plane, talker, listeners, addresses, blocking: socket()?, tokio, runtime, sequence: 0 })
    }

    /// Puts a round of fresh packets on the socket at `to`.
    fn queue(&mut self, to: SocketAddr) {
        let mut octets = BytesMut::new();
        for index in 0..ROUND as u32 {
            let position = u32::from(self.sequence) * 5;
            let frames = [[index as u8; 8]; 5].into_iter().collect();
            let packet = VoicePacket {
                spurt: spurt(1 + (index * 37) % SPURTS),
                sequence: self.sequence,
                position,
                marker: false,
                frames,
            };
            octets.clear();
            packet.encode(&KEY, &mut octets);
            self.talker.send_to(&octets, to).expect("loopback takes it");
        }
        self.sequence += 1;
    }

    /// Empties the listeners' sockets.
    fn listen(&self) {
        let mut buffer = [0; 256];
        for listener in &self.listeners {
            while listener.recv_from(&mut buffer).is_ok() {}
        }
    }

    fn bare_blocking(&mut self) -> Duration {
        let mut buffer = [0; 149];
        let start = Instant::now();
        for _ in 0..ROUND {
            let (len, _) = self.blocking.recv_from(&mut buffer).expect("a packet is queued");
            for to in &self.addresses {
                self.blocking.send_to(&buffer[..len], to).expect("loopback takes it");
            }
        }
        start.elapsed()
    }

    fn switch_blocking(&mut self) -> Duration {
        let mut buffer = [0; 149];
        let start = Instant::now();
        for _ in 0..ROUND {
            let (len, sender) = self.blocking.recv_from(&mut buffer).expect("a packet is queued");
            self.plane.forward(&mut buffer[..len], sender, |octets, to| self.blocking.send_to(octets, to));
        }
        start.elapsed()
    }

    /// As after a wake-up of the running switch: tokio knows that packets wait.
    fn wake(&self) {
        self.runtime.block_on(self.tokio.readable()).expect("packets are queued");
    }

    fn bare_tokio(&mut self) -> Duration {
        self.wake();
        let mut buffer = [0; 149];
        let start = Instant::now();
        for _ in 0..ROUND {
            let (len, _) = self.tokio.try_recv_from(&mut buffer).expect("a packet is queued");
            for to in &self.addresses {
                self.tokio.try_send_to(&buffer[..len], *to).expect("loopback takes it");
            }
        }
        start.elapsed()
    }

    fn switch_tokio(&mut self) -> Duration {
        self.wake();
        let mut buffer = [0; 149];
        let start = Instant::now();
        for _ in 0..ROUND {
            let (len, sender) = self.tokio.try_recv_from(&mut buffer).expect("a packet is queued");
            self.plane.forward(&mut buffer[..len], sender, |octets, to| self.tokio.try_send_to(octets, to));
        }
        start.elapsed()
    }
}

fn site(number: u16) -> SiteId {
    SiteId::new(number).expect("not zero")
}

fn spurt(number: u32) -> SpurtId {
    SpurtId::new(number).expect("not zero")
}
