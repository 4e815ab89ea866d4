//! Handsets in real time: many cores in one task, joined to air ports over UDP.
//!
//! One socket per site is the ether of this process: the air port is asked for every carrier that some radio is
//! tuned to, and each burst goes to the radios that can hear it. What a radio sends is a datagram of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::net::UdpSocket;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};
use trunklab_protocol::air_downlink::{AirDownlink, Beacon, Burst};
use trunklab_protocol::air_uplink::{self, AirUplink, Listen};
use trunklab_protocol::profile::Channel;
use trunklab_protocol::{
    CarrierNumber, Cause, Epoch, Family, Frame, Moment, Position, SiteId, Span, UnitId, frame,
};
use trunklab_terminal_core::handset::{Handset, HandsetConfig, HandsetView, Memory};
use trunklab_terminal_core::input::Input;
use trunklab_terminal_core::output::{HandsetEvent, Outbox, Output};

use crate::lab::summary::Spoken;
use crate::lab::world::{Heard, TalkEndLosses, frames_said, loses_talk_end};
use trunklab_protocol::propagation;

/// How often an air port is told which carriers are wanted, even when nothing changed.
const LISTEN_INTERVAL: Duration = Duration::from_millis(900);

/// A site whose beacon was not heard for this long cannot be heard.
const BEACON_PATIENCE: Duration = Duration::from_millis(3_500);

/// How often counters and views are shown.
const STATUS_INTERVAL: Duration = Duration::from_millis(200);

/// Commands and datagrams that may wait for the task.
const INBOX_LEN: usize = 8_192;

/// A handset and where it is.
#[derive(Debug, Clone)]
pub struct RadioSetup {
    /// What it is called here: its own individual id, but for a clone.
    pub unit: UnitId,
    /// The core's configuration.
    pub config: HandsetConfig,
    /// Where it is at first.
    pub position: Position,
}

/// Keeps what a radio must not forget; it is kept when this returns, or the text says why not.
pub type Keeper = Box<dyn FnMut(UnitId, &Memory) -> Result<(), String> + Send>;

/// What a person or a script does to the radios.
#[derive(Debug, Clone)]
pub enum Command {
    /// Something happens to a handset: a button, the selector, speech.
    User(UnitId, Input),
    /// A handset is somewhere else.
    Place(UnitId, Position),
    /// A handset's battery is out: it neither sends nor hears until it is switched on again.
    Vanish(UnitId),
    /// Every end-of-talk burst of a unit's running or next spurt is lost on the air.
    LoseTalkEnd(UnitId),
}

/// What the radios report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// A user noticed something.
    Event(Moment, UnitId, HandsetEvent),
    /// A loudspeaker played something.
    Heard(Heard),
    /// What a radio must not forget could not be kept, and why.
    NotKept(UnitId, String),
}

/// Counters of this process's ether.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EtherStatus {
    /// What talkers said.
    pub spoken: Spoken,
    /// Octets sent to air ports.
    pub octets_up: u64,
    /// Octets received from air ports.
    pub octets_down: u64,
    /// Datagrams that were not what the protocol says, by cause.
    pub dropped: BTreeMap<Cause, u64>,
    /// Reports that nobody took in time.
    pub reports_lost: u64,
}

/// The radios of one process; dropping it switches them off without a word.
#[derive(Debug)]
pub struct Radios {
    commands: mpsc::Sender<Command>,
    status: watch::Receiver<EtherStatus>,
    views: watch::Receiver<BTreeMap<UnitId, HandsetView>>,
    task: tokio::task::JoinHandle<()>,
}

impl Radios {
    /// Starts radios that hear these air ports. `origin` is the moment zero of the reports.
    ///
    /// # Errors
    /// When no socket can be opened.
    pub async fn start(
        ports: &[SocketAddr],
        radios: Vec<RadioSetup>,
        origin: Instant,
        reports: mpsc::Sender<Report>,
    ) -> io::Result<Self> {
        let radios = radios.into_iter().map(|setup| (setup, Memory::default())).collect();
        Self::start_keeping(ports, radios, origin, reports, Box::new(|_, _| Ok(()))).await
    }

    /// Starts radios that remember this, and keep what they must not forget before they say anything that follows from it.
    ///
    /// # Errors
    /// When no socket can be opened.
    pub async fn start_keeping(
        ports: &[SocketAddr],
        radios: Vec<(RadioSetup, Memory)>,
        origin: Instant,
        reports: mpsc::Sender<Report>,
        keeper: Keeper,
    ) -> io::Result<Self> {
        let (commands, inbox) = mpsc::channel(INBOX_LEN);
        let (datagram_sender, datagrams) = mpsc::channel(INBOX_LEN);
        let (status_sender, status) = watch::channel(EtherStatus::default());
        let (view_sender, views) = watch::channel(BTreeMap::new());
        let mut doors = Vec::new();
        for (index, address) in ports.iter().enumerate() {
            let local: SocketAddr = if address.is_ipv4() {
                ([0, 0, 0, 0], 0).into()
            } else {
                (std::net::Ipv6Addr::UNSPECIFIED, 0).into()
            };
            let socket = Arc::new(UdpSocket::bind(local).await?);
            socket.connect(address).await?;
            tokio::spawn(receive(index, Arc::clone(&socket), datagram_sender.clone()));
            doors.push(Door::new(socket));
        }
        let radios = radios
            .into_iter()
            .map(|(setup, memory)| {
                let unit = setup.unit;
                let core = Handset::remembering(setup.config, memory);
                let kept = core.memory();
                (unit, Radio { core, kept, position: setup.position, ear: Ear::Off, gone: false })
            })
            .collect();
        let ether = Ether {
            first_carrier: CarrierNumber::new(1).expect("1 is a carrier"),
            origin,
            doors,
            radios,
            reports,
            keeper,
            status: EtherStatus::default(),
            status_sender,
            view_sender,
            scratch: BytesMut::with_capacity(2_048),
            talk_end_losses: TalkEndLosses::new(),
        };
        let task = tokio::spawn(ether.run(inbox, datagrams));
        Ok(Self { commands, status, views, task })
    }

    /// Hands a command to the radios; waits while many are pending.
    pub async fn command(&self, command: Command) {
        // The task ends only with this handle; a command after that has nobody to reach.
        self.commands.send(command).await.ok();
    }

    /// How every handset stands: at most a fifth of a second old.
    pub fn views(&self) -> BTreeMap<UnitId, HandsetView> {
        self.views.borrow().clone()
    }

    /// The counters now.
    pub fn status(&self) -> EtherStatus {
        self.status.borrow().clone()
    }
}

impl Drop for Radios {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Radio {
    core: Handset,
    /// What was kept last of it.
    kept: Memory,
    position: Position,
    ear: Ear,
    gone: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ear {
    Off,
    Hunting,
    Tuned(SiteId, CarrierNumber),
}

/// One air port, as seen from here.
struct Door {
    socket: Arc<UdpSocket>,
    cookie: u64,
    beacon: Option<(Beacon, Instant)>,
    asked: Vec<CarrierNumber>,
    ask_again: Instant,
    sequence: u32,
}

impl Door {
    fn new(socket: Arc<UdpSocket>) -> Self {
        Self { socket, cookie: 0, beacon: None, asked: Vec::new(), ask_again: Instant::now(), sequence: 0 }
    }

    fn site(&self) -> Option<SiteId> {
        self.beacon.as_ref().map(|(beacon, _)| beacon.site)
    }
}

async fn receive(door: usize, socket: Arc<UdpSocket>, datagrams: mpsc::Sender<(usize, Vec<u8>)>) {
    let mut buffer = vec![0; 2_048];
    loop {
        match socket.recv(&mut buffer).await {
            Ok(len) => {
                if datagrams.send((door, buffer[..len].to_vec())).await.is_err() {
                    return;
                }
            }
            // A port that is not there answers so; it may come back.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

struct Ether {
    /// Asked for until a beacon names the control carrier: an empty list would end listening (clause 4.2.2).
    first_carrier: CarrierNumber,
    origin: Instant,
    doors: Vec<Door>,
    radios: BTreeMap<UnitId, Radio>,
    reports: mpsc::Sender<Report>,
    keeper: Keeper,
    status: EtherStatus,
    status_sender: watch::Sender<EtherStatus>,
    view_sender: watch::Sender<BTreeMap<UnitId, HandsetView>>,
    scratch: BytesMut,
    talk_end_losses: TalkEndLosses,
}

impl Ether {
    async fn run(
        mut self,
        mut inbox: mpsc::Receiver<Command>,
        mut datagrams: mpsc::Receiver<(usize, Vec<u8>)>,
    ) {
        let mut status_due = Instant::now();
        loop {
            self.ask_ports();
            if status_due <= Instant::now() {
                self.status_sender.send_replace(self.status.clone());
                let views = self.radios.iter().map(|(unit, radio)| (*unit, radio.core.state())).collect();
                self.view_sender.send_replace(views);
                status_due = Instant::now() + STATUS_INTERVAL;
            }
            let due = self.next_due().min(status_due);
            tokio::select! {
                command = inbox.recv() => match command {
                    Some(command) => self.obey(command),
                    None => return,
                },
                datagram = datagrams.recv() => {
                    if let Some((door, octets)) = datagram {
                        self.take(door, &octets);
                    }
                }
                () = sleep_until(due) => self.wake(),
            }
        }
    }

    fn now(&self) -> Moment {
        let micros = self.origin.elapsed().as_micros();
        Moment::from_micros(u64::try_from(micros).expect("a run lasts less than half a million years"))
    }

    fn next_due(&self) -> Instant {
        let ports = self.doors.iter().map(|door| door.ask_again);
        let radios = self
            .radios
            .values()
            .filter(|radio| !radio.gone)
            .filter_map(|radio| radio.core.next_deadline())
            .map(|deadline| self.origin + Duration::from(Span::from_micros(deadline.at.as_micros())));
        ports.chain(radios).min().unwrap_or_else(|| Instant::now() + LISTEN_INTERVAL)
    }

    fn wake(&mut self) {
        let now = self.now();
        let due: Vec<UnitId> = self
            .radios
            .iter()
            .filter(|(_, radio)| !radio.gone)
            .filter(|(_, radio)| radio.core.next_deadline().is_some_and(|deadline| deadline.at <= now))
            .map(|(unit, _)| *unit)
            .collect();
        for unit in due {
            self.handle(unit, Input::Time);
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::User(unit, input) => {
                if let Some(radio) = self.radios.get_mut(&unit)
                    && input == Input::PowerOn
                    && radio.gone
                {
                    // A new battery: nothing is left of what it was doing.
                    radio.gone = false;
                    radio.core = radio.core.with_new_battery();
                }
                self.handle(unit, input);
            }
            Command::Place(unit, position) => {
                if let Some(radio) = self.radios.get_mut(&unit) {
                    radio.position = position;
                    self.tell_beacons(unit);
                }
            }
            Command::LoseTalkEnd(unit) => {
                self.talk_end_losses.insert(unit, None);
            }
            Command::Vanish(unit) => {
                if let Some(radio) = self.radios.get_mut(&unit) {
                    radio.gone = true;
                    radio.ear = Ear::Off;
                }
            }
        }
    }

    fn handle(&mut self, unit: UnitId, input: Input) {
        let now = self.now();
        let Some(radio) = self.radios.get_mut(&unit).filter(|radio| !radio.gone) else { return };
        let mut out = Outbox::new();
        radio.core.handle(now, input, &mut out);
        let memory = radio.core.memory();
        if memory != radio.kept {
            // Kept before it is confirmed: the network says an order no more that was.
            radio.kept = memory.clone();
            if let Err(why) = (self.keeper)(unit, &memory) {
                self.report(Report::NotKept(unit, why));
            }
        }
        for output in out {
            self.carry(now, unit, output);
        }
    }

    fn carry(&mut self, at: Moment, unit: UnitId, output: Output) {
        match output {
            Output::Hunt => {
                self.tune(unit, Ear::Hunting);
                self.tell_beacons(unit);
            }
            Output::Tune { site, carrier } => self.tune(unit, Ear::Tuned(site, carrier)),
            Output::Measure { site, .. } => self.measure(unit, site),
            Output::Mute => self.tune(unit, Ear::Off),
            Output::Transmit { site, burst } => self.transmit(unit, site, burst),
            Output::Heard { talker, spurt, position, frames, .. }
            | Output::HeardInFailsoft { talker, spurt, position, frames } => {
                self.report(Report::Heard(Heard { at, unit, talker, spurt, position, frames }));
            }
            Output::Clipped { frames } => self.status.spoken.clipped += u64::from(frames),
            Output::Event(event) => self.report(Report::Event(at, unit, event)),
        }
    }

    fn report(&mut self, report: Report) {
        if self.reports.try_send(report).is_err() {
            self.status.reports_lost += 1;
        }
    }

    fn tune(&mut self, unit: UnitId, ear: Ear) {
        if let Some(radio) = self.radios.get_mut(&unit) {
            radio.ear = ear;
        }
    }

    /// How strongly a handset hears a site that it is not tuned to.
    fn measure(&mut self, unit: UnitId, site: SiteId) {
        let Some(radio) = self.radios.get(&unit) else { return };
        let beacon = self.doors.iter().filter_map(|door| door.beacon.as_ref()).map(|(beacon, _)| beacon);
        let Some(beacon) = beacon.into_iter().find(|beacon| beacon.site == site) else { return };
        let level_dbm = beacon.radiator().level_dbm(radio.position);
        if propagation::is_audible(level_dbm) {
            self.handle(unit, Input::Level { site, level_dbm });
        }
    }

    fn transmit(&mut self, unit: UnitId, site: SiteId, mut burst: air_uplink::Burst) {
        if loses_talk_end(&mut self.talk_end_losses, unit, &burst.word) {
            return;
        }
        let Some(radio) = self.radios.get(&unit) else { return };
        let Some(index) = self.doors.iter().position(|door| door.site() == Some(site)) else { return };
        let Some((beacon, _)) = &self.doors[index].beacon else { return };
        self.status.spoken.sent += frames_said(&burst.word);
        burst.level_dbm = beacon.radiator().uplink_level_dbm(radio.position);
        if propagation::is_audible(burst.level_dbm) {
            self.send(index, &AirUplink::Burst(burst));
        }
    }

    fn send(&mut self, index: usize, message: &AirUplink) {
        let door = &mut self.doors[index];
        self.scratch.clear();
        let epoch = Epoch::new(0).expect("zero is an epoch");
        frame::encode_with(
            &mut self.scratch,
            Family::AirUplink,
            message.code(),
            epoch,
            door.sequence,
            |payload| {
                message.put_payload(payload);
            },
        );
        door.sequence = door.sequence.wrapping_add(1);
        // A full socket loses the burst, as the ether would.
        if door.socket.try_send(&self.scratch).is_ok() {
            self.status.octets_up += self.scratch.len() as u64;
        }
    }

    /// Tells each air port which carriers are wanted, when that changed or the interval is over; forgets sites whose
    /// beacon is gone.
    fn ask_ports(&mut self) {
        let now = Instant::now();
        for index in 0..self.doors.len() {
            let gone =
                self.doors[index].beacon.as_ref().is_some_and(|(_, heard)| now - *heard > BEACON_PATIENCE);
            if gone && let Some(site) = self.doors[index].site() {
                self.doors[index].beacon = None;
                for unit in self.radios.keys().copied().collect::<Vec<_>>() {
                    self.handle(unit, Input::Silence { site });
                }
            }
            let wanted = self.wanted(index);
            let door = &mut self.doors[index];
            if door.ask_again > now && door.asked == wanted {
                continue;
            }
            door.ask_again = now + LISTEN_INTERVAL;
            door.asked.clone_from(&wanted);
            let message = AirUplink::Listen(Listen { cookie: door.cookie, carriers: wanted });
            self.send(index, &message);
        }
    }

    fn wanted(&self, index: usize) -> Vec<CarrierNumber> {
        let Some((beacon, _)) = &self.doors[index].beacon else { return vec![self.first_carrier] };
        let further = beacon.further_controls.iter().map(|control| control.carrier);
        let mut wanted: BTreeSet<_> = std::iter::once(beacon.control.carrier).chain(further).collect();
        for radio in self.radios.values() {
            if let Ear::Tuned(site, carrier) = radio.ear
                && site == beacon.site
            {
                wanted.insert(carrier);
            }
        }
        wanted.into_iter().take(air_uplink::LISTEN_MAX).collect()
    }

    fn take(&mut self, index: usize, octets: &[u8]) {
        self.status.octets_down += octets.len() as u64;
        match read(octets) {
            Ok(AirDownlink::Cookie(message)) => {
                let door = &mut self.doors[index];
                door.cookie = message.cookie;
                door.ask_again = Instant::now();
            }
            Ok(AirDownlink::Beacon(beacon)) => self.hear_beacon(index, beacon),
            Ok(AirDownlink::Burst(burst)) => self.hear_burst(index, &burst),
            Err(cause) => *self.status.dropped.entry(cause).or_default() += 1,
        }
    }

    fn hear_beacon(&mut self, index: usize, beacon: Beacon) {
        let site = beacon.site;
        let before = self.doors[index].beacon.replace((beacon.clone(), Instant::now()));
        let changed = before.is_none_or(|(before, _)| before != beacon);
        let units: Vec<UnitId> = self
            .radios
            .iter()
            .filter(|(_, radio)| changed || radio.ear == Ear::Hunting)
            .map(|(unit, _)| *unit)
            .collect();
        for unit in units {
            self.tell_beacon(unit, site, &beacon);
        }
    }

    fn tell_beacons(&mut self, unit: UnitId) {
        let beacons: Vec<Beacon> = self
            .doors
            .iter()
            .filter_map(|door| door.beacon.as_ref())
            .map(|(beacon, _)| beacon.clone())
            .collect();
        for beacon in beacons {
            self.tell_beacon(unit, beacon.site, &beacon);
        }
    }

    fn tell_beacon(&mut self, unit: UnitId, site: SiteId, beacon: &Beacon) {
        let Some(radio) = self.radios.get(&unit) else { return };
        let level_dbm = beacon.radiator().level_dbm(radio.position);
        let input = if propagation::is_audible(level_dbm) {
            Input::Beacon { beacon: beacon.clone(), level_dbm }
        } else {
            Input::Silence { site }
        };
        self.handle(unit, input);
    }

    fn hear_burst(&mut self, index: usize, burst: &Burst) {
        let Some((beacon, _)) = &self.doors[index].beacon else { return };
        let site = beacon.site;
        let radiator = beacon.radiator();
        let place = burst.place;
        let hearers: Vec<(UnitId, i8)> = self
            .radios
            .iter()
            .filter(|(_, radio)| match radio.ear {
                Ear::Off => false,
                Ear::Hunting => place.channel == Channel::Control,
                Ear::Tuned(tuned_site, carrier) => tuned_site == site && carrier == place.at.carrier,
            })
            .map(|(unit, radio)| (*unit, radiator.level_dbm(radio.position)))
            .filter(|(_, level_dbm)| propagation::is_audible(*level_dbm))
            .collect();
        for (unit, level_dbm) in hearers {
            self.handle(unit, Input::Burst { site, level_dbm, burst: burst.clone() });
        }
    }
}

fn read(octets: &[u8]) -> Result<AirDownlink, Cause> {
    let frame = Frame::decode_datagram(octets)?;
    if frame.family != Family::AirDownlink {
        return Err(Cause::WrongFamily);
    }
    AirDownlink::decode(frame.message, &frame.payload).map_err(Cause::from)
}
