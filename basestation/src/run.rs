//! The run loop: one task owns the core, reads the clock and carries out what the core asks.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::net::UdpSocket;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};
use trunklab_basestation_core::alone::{Memory, Remember};
use trunklab_basestation_core::{BaseStation, Input, Outbox, Output, StationEvent};
use trunklab_protocol::air_downlink::Beacon;
use trunklab_protocol::air_uplink;
use trunklab_protocol::from_site::FromSite;
use trunklab_protocol::{Cause, Epoch, Incarnation, PlantPart, SlotAddress};

use crate::air_port::AirPort;
use crate::clock::Clock;
use crate::counters::Counters;
use crate::credentials::{Credentials, CredentialsError};
use crate::link::{LinkEvent, LinkKeeper, ToController};
use crate::memory::{self, Answer, Keeper, MemoryError};
use crate::ports::{AirTask, ToAir, hear_switch};
use crate::refusal::Refused;
use crate::status::StationStatus;
use crate::tls::link_config;

/// Inputs that may wait of each kind: a second of a large site's.
const INPUTS_MAX: usize = 4_096;

/// How often the status is brought up to date.
const STATUS_INTERVAL: Duration = Duration::from_millis(200);

/// How long an orderly end may take.
const STOP_TIME_MAX: Duration = Duration::from_secs(2);

/// All that a station needs to start; everything else comes from its controller.
#[derive(Debug, Clone)]
pub struct StationOptions {
    /// `host:port` of each controller, in order of preference.
    pub controllers: Vec<String>,
    /// What it shows and whom it trusts.
    pub credentials: Credentials,
    /// Where handsets' processes send to (UDP); port 0 takes a free one.
    pub air: SocketAddr,
    /// Where the voice switch sends to (UDP); port 0 takes a free one.
    pub voice: SocketAddr,
    /// The address that the controller tells the voice switch; `None` for the one in `voice`.
    pub voice_public: Option<SocketAddr>,
    /// Where it keeps its settings and what it needs to serve alone; `None` keeps nothing through a restart.
    pub memory: Option<PathBuf>,
}

/// Why a station cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No controller was named.
    #[error("no controller is named: give at least one with --controller HOST:PORT")]
    NoController,
    /// The credentials cannot be used.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// A port is in use or not ours.
    #[error("cannot receive {what} at {address}: {source}; name another address with {flag}")]
    Bind {
        /// What would be received.
        what: &'static str,
        /// Where.
        address: SocketAddr,
        /// The option that changes it.
        flag: &'static str,
        /// Why.
        source: io::Error,
    },
    /// Nobody could send to the voice address.
    #[error(
        "{0} is no address that the voice switch can send to: name this machine's own with --voice-public"
    )]
    NoVoiceAddress(SocketAddr),
    /// The memory cannot be used.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// The system gives no randomness.
    #[error("the system gives no randomness: {0}")]
    NoRandomness(#[from] getrandom::Error),
}

/// A running station. Dropping it stops it.
#[derive(Debug)]
pub struct Station {
    /// Where handsets' processes send to.
    pub air_address: SocketAddr,
    /// Where the voice switch sends to.
    pub voice_address: SocketAddr,
    status: watch::Receiver<StationStatus>,
    air: mpsc::Sender<ToAir>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<(), Refused>>,
}

impl Station {
    /// Opens both ports and begins to look for a controller.
    ///
    /// # Errors
    /// When an option cannot work; nothing runs then.
    pub async fn start(options: StationOptions) -> Result<Self, StartError> {
        if options.controllers.is_empty() {
            return Err(StartError::NoController);
        }
        let tls = link_config(&options.credentials)?;
        let air = bind(options.air, "bursts of handsets", "--air").await?;
        let voice = Arc::new(bind(options.voice, "voice packets", "--voice").await?);
        let (air_address, voice_address) = (local(&air), local(&voice));
        let public = options.voice_public.unwrap_or(voice_address);
        if public.ip().is_unspecified() || public.port() == 0 {
            return Err(StartError::NoVoiceAddress(public));
        }

        let counters = Arc::new(Counters::default());
        let incarnation = Incarnation::new(getrandom::u32()?).expect("every number is an incarnation");
        let (kept_sender, kept) = mpsc::channel(INPUTS_MAX);
        let (memory, keeper) = match &options.memory {
            Some(path) => {
                let (memory, keeper) =
                    memory::open(path, &options.credentials.fingerprint()?, kept_sender.clone())?;
                (memory, Some(keeper))
            }
            None => (Memory::default(), None),
        };
        let was_told = matches!(memory.settings(), Ok(Some(_)));
        let clock = Clock::starting_after(memory.latest());
        let core = BaseStation::new(incarnation, random()?, public, clock.begun()).with_memory(memory);
        let (status_sender, status) = watch::channel(StationStatus::new(core.view(), None, &counters));
        let (stop, stopped) = oneshot::channel();

        let (link_events, links) = mpsc::channel(INPUTS_MAX);
        let (burst_sender, bursts) = mpsc::channel(INPUTS_MAX);
        let (packet_sender, packets) = mpsc::channel(INPUTS_MAX);
        let (air_orders, orders) = mpsc::channel(INPUTS_MAX);
        let (looped_sender, looped) = mpsc::channel(INPUTS_MAX);
        let (site, site_seen) = watch::channel((core.newest_epoch(), None));

        let mut tasks = JoinSet::new();
        let port = AirPort::new(random()?);
        tasks.spawn(
            AirTask {
                socket: air,
                port,
                clock,
                counters: Arc::clone(&counters),
                bursts: burst_sender,
                looped: looped_sender,
                orders,
                site: site_seen,
            }
            .serve(),
        );
        tasks.spawn(hear_switch(Arc::clone(&voice), packet_sender, Arc::clone(&counters)));
        let controllers = options.controllers;
        tasks.spawn(
            LinkKeeper { controllers, tls, events: link_events, counters: Arc::clone(&counters), was_told }
                .keep(),
        );

        let run_loop = RunLoop {
            core,
            clock,
            counters,
            out: Outbox::new(),
            keeper,
            kept: kept_sender,
            controller: None,
            switch: None,
            voice,
            air: air_orders.clone(),
            site,
            status: status_sender,
        };
        let inbox = Inbox { links, bursts, packets, kept, looped };
        let task = tokio::spawn(run_loop.run(inbox, stopped, tasks));
        Ok(Self { air_address, voice_address, status, air: air_orders, stop: Some(stop), task })
    }

    /// What the station shows, brought up to date several times a second.
    pub fn status(&self) -> watch::Receiver<StationStatus> {
        self.status.clone()
    }

    /// A part of its plant breaks, or works again: so that what comes of it can be seen.
    pub async fn set_plant(&self, part: PlantPart, broken: bool) {
        // A station whose port is gone has no plant.
        self.air.send(ToAir::Plant { part, broken }).await.ok();
    }

    /// Waits until the station ends by itself, which it does only before it has ever served.
    ///
    /// # Errors
    /// Every controller refuses it for good.
    pub async fn ended(&mut self) -> Result<(), Refused> {
        match (&mut self.task).await {
            Ok(outcome) => outcome,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // Somebody has ended the runtime.
                Err(_) => Ok(()),
            },
        }
    }

    /// Closes the link and the ports.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            // A loop that is gone has stopped already.
            stop.send(()).ok();
        }
        if tokio::time::timeout(STOP_TIME_MAX, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

impl Drop for Station {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What comes in, of each kind.
struct Inbox {
    links: mpsc::Receiver<LinkEvent>,
    bursts: mpsc::Receiver<air_uplink::Burst>,
    packets: mpsc::Receiver<Bytes>,
    kept: mpsc::Receiver<Answer>,
    looped: mpsc::Receiver<Vec<(SlotAddress, bool)>>,
}

struct RunLoop {
    core: BaseStation,
    clock: Clock,
    counters: Arc<Counters>,
    out: Outbox,
    /// Who writes what is to last.
    keeper: Option<Keeper>,
    /// Tells the core that a report is kept.
    kept: mpsc::Sender<Answer>,
    /// The link that stands, and whose.
    controller: Option<(String, ToController)>,
    switch: Option<SocketAddr>,
    voice: Arc<UdpSocket>,
    air: mpsc::Sender<ToAir>,
    site: watch::Sender<(Epoch, Option<Beacon>)>,
    status: watch::Sender<StationStatus>,
}

impl RunLoop {
    async fn run(
        mut self,
        mut inbox: Inbox,
        mut stopped: oneshot::Receiver<()>,
        mut tasks: JoinSet<()>,
    ) -> Result<(), Refused> {
        let mut status_due = tokio::time::interval(STATUS_INTERVAL);
        status_due.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        let outcome = loop {
            let wake = self.core.next_deadline().map(|deadline| self.clock.instant(deadline.at));
            tokio::select! {
                // The first branch that is ready is taken in turn by chance: no flood starves another source.
                _ = &mut stopped => break Ok(()),
                Some(event) = inbox.links.recv() => if let Err(refused) = self.link(event) {
                    break Err(refused);
                },
                Some(burst) = inbox.bursts.recv() => self.take(Input::Air(burst)),
                Some(packet) = inbox.packets.recv() => self.take(Input::Voice(packet)),
                Some(answer) = inbox.kept.recv() => self.take(match answer {
                    Answer::Kept(number) => Input::Kept { number },
                    Answer::Late(number) => Input::NotKept { number },
                }),
                Some(tests) = inbox.looped.recv() => self.take(Input::LoopedBack { tests }),
                () = sleep_until(wake) => self.take(Input::Time),
                _ = status_due.tick() => self.show(),
            }
        };
        self.controller = None;
        // The thread that writes must find room for its last answers.
        drop((inbox.links, inbox.kept, self.air, self.site));
        if let Some(keeper) = self.keeper.take() {
            tokio::task::spawn_blocking(move || drop(keeper)).await.ok();
        }
        // The link says good-bye; what does not end by itself is ended.
        tokio::time::timeout(STOP_TIME_MAX / 2, tasks.join_next()).await.ok();
        tasks.shutdown().await;
        outcome
    }

    fn link(&mut self, event: LinkEvent) -> Result<(), Refused> {
        match event {
            LinkEvent::Up { controller, messages } => {
                self.controller = Some((controller, messages));
                self.take(Input::LinkUp);
            }
            LinkEvent::Message { epoch, message } => self.take(Input::FromController { epoch, message }),
            LinkEvent::Down { cause } => {
                self.controller = None;
                self.take(Input::LinkDown { cause });
            }
            LinkEvent::Refused(refused) => return Err(refused),
        }
        Ok(())
    }

    /// The one clock read: an input happens when it is taken.
    fn take(&mut self, input: Input) {
        self.core.handle(self.clock.now(), input, &mut self.out);
        let mut out = std::mem::take(&mut self.out);
        for output in out.drain(..) {
            self.deliver(output);
        }
        self.out = out;
    }

    fn deliver(&mut self, output: Output) {
        match output {
            Output::ToController { epoch, message } => self.tell(epoch, message),
            Output::CloseLink { cause } => {
                tracing::warn!(%cause, "the link to the controller is given up");
                self.controller = None;
            }
            Output::Air(burst) => self.have_air(ToAir::Radiate(self.core.newest_epoch(), burst)),
            Output::LoopBack { slots } => self.have_air(ToAir::LoopBack(slots)),
            Output::Plant { part, broken } => {
                tracing::warn!(%part, broken, "an exercise fault");
                self.have_air(ToAir::Plant { part, broken });
            }
            Output::Voice(packet) => self.speak(&packet),
            Output::Configured { settings, beacon } => {
                tracing::info!(site = %settings.site, name = settings.name, profile = %settings.profile, "configured");
                self.switch = Some(settings.switch_address);
                self.site.send_replace((self.core.newest_epoch(), Some(beacon)));
            }
            Output::Remember(what) => self.remember(what),
            Output::Event(StationEvent::Dropped { unit, cause }) => {
                tracing::debug!(unit = unit.map(trunklab_protocol::UnitId::number), %cause, "dropped");
            }
            Output::Event(StationEvent::VoiceMissing { call }) => {
                tracing::warn!(
                    %call,
                    cause = %Cause::VoiceMissing,
                    "voice is missing: see that UDP passes from the talker's site to the controller's voice port, and from there to --voice"
                );
            }
            Output::Event(StationEvent::Collision { bursts }) => tracing::debug!(bursts, "bursts collided"),
            Output::Event(StationEvent::Service(service)) => {
                tracing::info!(?service, "the service has changed")
            }
            Output::Event(StationEvent::Heard(message)) => {
                tracing::debug!(message = message.name(), "the site's own dispatch is told")
            }
            Output::Event(StationEvent::Decided(clause, message)) => {
                tracing::debug!(%clause, message = message.name(), "the site's own dispatch orders")
            }
            Output::Event(StationEvent::Reported(event)) => {
                tracing::info!(?event, "the site's own dispatch reports")
            }
        }
    }

    fn have_air(&self, order: ToAir) {
        if self.air.try_send(order).is_err() {
            self.counters.unsent.add(1);
        }
    }

    fn remember(&mut self, what: Remember) {
        let report = match &what {
            Remember::Report(number, _) => Some(*number),
            Remember::Owner(_)
            | Remember::Settings(_)
            | Remember::Dismissed
            | Remember::Configuration(_)
            | Remember::Unit(_)
            | Remember::Dropped(_)
            | Remember::BeginsAlone(_)
            | Remember::Lives(_)
            | Remember::Reported(_) => None,
        };
        match &self.keeper {
            Some(keeper) if keeper.keep(what) => {}
            Some(_) => self.counters.dropped[Cause::DurableStoreFailed].one(),
            // It lasts as long as the process, which is all that was asked for.
            None => {
                let answered = report.is_none_or(|number| self.kept.try_send(Answer::Kept(number)).is_ok());
                if !answered {
                    self.counters.dropped[Cause::DurableStoreFailed].one();
                }
            }
        }
    }

    fn tell(&mut self, epoch: Epoch, message: FromSite) {
        let Some((_, messages)) = &self.controller else { return };
        if messages.try_send((epoch, message)).is_err() {
            // It does not keep up, or its end was not yet told. The inventory makes up for it on the next one.
            self.counters.dropped[Cause::LinkCongested].one();
            self.controller = None;
        }
    }

    fn speak(&self, packet: &[u8]) {
        let Some(switch) = self.switch else { return };
        match self.voice.try_send_to(packet, switch) {
            Ok(length) => self.counters.voice_uplink.add(length as u64),
            Err(_) => self.counters.unsent.add(1),
        }
    }

    fn show(&self) {
        let controller = self.controller.as_ref().map(|(name, _)| name.clone());
        self.status.send_replace(StationStatus::new(self.core.view(), controller, &self.counters));
    }
}

async fn sleep_until(wake: Option<tokio::time::Instant>) {
    match wake {
        Some(wake) => tokio::time::sleep_until(wake).await,
        None => std::future::pending().await,
    }
}

async fn bind(address: SocketAddr, what: &'static str, flag: &'static str) -> Result<UdpSocket, StartError> {
    UdpSocket::bind(address).await.map_err(|source| StartError::Bind { what, address, flag, source })
}

fn local(socket: &UdpSocket) -> SocketAddr {
    socket.local_addr().expect("a bound socket has an address")
}

fn random<const N: usize>() -> Result<[u8; N], getrandom::Error> {
    let mut octets = [0; N];
    getrandom::fill(&mut octets)?;
    Ok(octets)
}
