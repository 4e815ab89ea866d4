//! The switch as it runs: a UDP socket, the forwarding loop on it, a task that tests it, and one that obeys and reports.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use trunklab_controller_core::switch::{Limits, SILENCE_LOOK};
use trunklab_protocol::switch::{ConsoleSilent, FromSwitch, Load, ToSwitch};
use trunklab_protocol::voice::{FRAME_LEN, RTP_HEADER_LEN, RUN_MAX, TAG_LEN};

use super::Counts;
use super::loop_back::{Tester, own_address};
use super::plane::{Orders, Plane};
use crate::recorder::RecorderHandle;

/// Octets of the longest packet and one more, so that a longer one is seen to be too long.
const BUFFER_LEN: usize = RTP_HEADER_LEN + RUN_MAX * FRAME_LEN + TAG_LEN + 1;

/// Packets that are copied before other tasks have their turn.
const BATCH: usize = 64;

/// Orders that may wait.
const ORDERS_MAX: usize = 1_024;

/// Reports that may wait; a newer one says more, so the rest is dropped.
const REPORTS_MAX: usize = 4;

/// What the kernel is asked to hold in each direction while the loop is busy: a second of 400 talkers.
const KERNEL_BUFFER_LEN: usize = 4 << 20;

/// From one test of its port to the next (docs/resilience.md 14.2.5).
pub const TEST_PERIOD: Duration = Duration::from_secs(1);

/// How a switch is set up.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Where it takes packets; port 0 for any that is free.
    pub address: SocketAddr,
    /// How much it holds.
    pub limits: Limits,
    /// From one load report to the next.
    pub report_period: Duration,
    /// From one test of its port to the next.
    pub test_period: Duration,
    /// Where the tests go, if not to where it is bound.
    pub test_to: Option<SocketAddr>,
}

impl Settings {
    /// The usual limits, a report and a test each second.
    pub fn at(address: SocketAddr) -> Self {
        Self {
            address,
            limits: Limits::default(),
            report_period: Duration::from_secs(1),
            test_period: TEST_PERIOD,
            test_to: None,
        }
    }
}

/// The switch's port could not be had.
#[derive(Debug, thiserror::Error)]
#[error("the voice switch cannot listen on {address}: {reason}; free the port or name another one")]
pub struct BindError {
    /// Which address.
    pub address: SocketAddr,
    /// What the system said.
    #[source]
    pub reason: io::Error,
}

/// A running switch. Dropping it stops the switch; [`SwitchHandle::stop`] also waits until it has.
#[derive(Debug)]
pub struct SwitchHandle {
    address: SocketAddr,
    orders: mpsc::Sender<ToSwitch>,
    plane: Arc<Plane>,
    stop: CancellationToken,
    tasks: [JoinHandle<()>; 3],
}

impl SwitchHandle {
    /// Where it takes packets.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The way in for the controller's orders.
    pub fn orders(&self) -> &mpsc::Sender<ToSwitch> {
        &self.orders
    }

    /// What it has taken, sent and dropped.
    pub fn counts(&self) -> &Counts {
        self.plane.counts()
    }

    /// Stops, and waits until the port is free and the last report is made.
    pub async fn stop(mut self) {
        self.stop.cancel();
        for task in &mut self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a task of the voice switch did not end well");
            }
        }
    }
}

impl Drop for SwitchHandle {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Starts a switch on the tokio runtime that this is called on. The receiver has its reports.
///
/// # Errors
/// [`BindError`] if the port cannot be had.
pub fn start(settings: Settings) -> Result<(SwitchHandle, mpsc::Receiver<FromSwitch>), BindError> {
    start_recorded(settings, None)
}

/// The same with somebody who is given the voice of recorded spurts.
///
/// # Errors
/// [`BindError`] if the port cannot be had.
pub fn start_recorded(
    settings: Settings,
    recorder: Option<RecorderHandle>,
) -> Result<(SwitchHandle, mpsc::Receiver<FromSwitch>), BindError> {
    let bind_error = |reason| BindError { address: settings.address, reason };
    let socket = bind(settings.address).map_err(bind_error)?;
    let address = socket.local_addr().map_err(bind_error)?;
    let (orders, inbox) = mpsc::channel(ORDERS_MAX);
    let (reports, outbox) = mpsc::channel(REPORTS_MAX);
    let plane = Arc::new(Plane::recorded_by(recorder));
    let stop = CancellationToken::new();
    let control = Control {
        orders: Orders::new(Arc::clone(&plane), settings.limits),
        plane: Arc::clone(&plane),
        reports: reports.clone(),
    };
    let socket = Arc::new(socket);
    let tester = Tester {
        socket: Arc::clone(&socket),
        to: settings.test_to.unwrap_or_else(|| own_address(address)),
        plane: Arc::clone(&plane),
        reports,
        period: settings.test_period,
    };
    let tasks = [
        tokio::spawn(forward(socket, Arc::clone(&plane), stop.clone())),
        tokio::spawn(tester.run(stop.clone())),
        tokio::spawn(control.run(inbox, settings.report_period, stop.clone())),
    ];
    Ok((SwitchHandle { address, orders, plane, stop, tasks }, outbox))
}

fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    // The kernel may grant less; then bursts are dropped sooner, which is no reason not to start.
    socket.set_recv_buffer_size(KERNEL_BUFFER_LEN).ok();
    socket.set_send_buffer_size(KERNEL_BUFFER_LEN).ok();
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    UdpSocket::from_std(socket.into())
}

/// A tokio task, not a thread of its own on a blocking socket: that would be quicker by some three packets in a
/// hundred (`cargo bench --bench switch`), but would wait wherever a send waits, and could not be told to stop.
async fn forward(socket: Arc<UdpSocket>, plane: Arc<Plane>, stop: CancellationToken) {
    let mut buffer = [0; BUFFER_LEN];
    loop {
        let ready = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            ready = socket.readable() => ready,
        };
        if let Err(error) = ready {
            tracing::error!(%error, "the voice switch lost its socket");
            return;
        }
        drain(&socket, &plane, &mut buffer);
        tokio::task::yield_now().await;
    }
}

/// Copies what waits on the socket, at most [`BATCH`].
fn drain(socket: &UdpSocket, plane: &Plane, buffer: &mut [u8; BUFFER_LEN]) {
    for _ in 0..BATCH {
        match socket.try_recv_from(buffer) {
            Ok((len, sender)) => {
                plane.forward(&mut buffer[..len], sender, |octets, to| socket.try_send_to(octets, to));
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
            // An earlier copy was answered with "port unreachable"; the packet after it is as good as any.
            Err(error) => tracing::debug!(%error, "a voice packet could not be taken"),
        }
    }
}

/// The task that obeys and reports.
struct Control {
    orders: Orders,
    plane: Arc<Plane>,
    reports: mpsc::Sender<FromSwitch>,
}

impl Control {
    async fn run(mut self, mut inbox: mpsc::Receiver<ToSwitch>, period: Duration, stop: CancellationToken) {
        let mut beat = interval(period);
        beat.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut look = interval(SILENCE_LOOK.into());
        look.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                _ = beat.tick() => self.report(),
                _ = look.tick() => self.report_silent().await,
                order = inbox.recv() => match order {
                    Some(order) => self.obey(order),
                    None => break,
                },
            }
        }
        self.report();
    }

    fn obey(&mut self, order: ToSwitch) {
        let counts = self.plane.counts();
        match self.orders.obey(order) {
            Ok(()) => counts.orders_obeyed.one(),
            Err(cause) => {
                counts.orders_refused.one(cause);
                tracing::warn!(%cause, "the voice switch refused an order");
            }
        }
    }

    /// A console that has fallen silent is named once, so this waits for its place among the reports.
    async fn report_silent(&mut self) {
        for spurt in self.orders.silent_consoles() {
            self.reports.send(ConsoleSilent { spurt }.into()).await.ok();
        }
    }

    fn report(&self) {
        let counts = self.plane.counts();
        let load = Load {
            routes: u32::try_from(self.orders.routes()).unwrap_or(u32::MAX),
            packets_in: counts.packets_in.read(),
            packets_out: counts.packets_out.read(),
            dropped: counts.dropped.total(),
        };
        // Nobody may be listening, or slowly: the next report says it all again.
        self.reports.try_send(FromSwitch::Load(load)).ok();
    }
}
