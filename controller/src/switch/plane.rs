//! Both planes of a switch in one process: the control plane writes ways, the forwarding loop follows them.
//!
//! A way is a route with its keys and addresses looked up in advance, so that a packet costs one look-up, one tag
//! to check and one to make for each copy, and no allocation.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use dashmap::DashMap;
use rustc_hash::FxBuildHasher;
use smallvec::SmallVec;
use tokio::time::Instant;
use trunklab_controller_core::switch::{
    Change, Limits, Port, ReplayWindow, Route, RouteTable, Silence, Source, admit, prove,
};
use trunklab_protocol::proof::VoiceKey;
use trunklab_protocol::switch::ToSwitch;
use trunklab_protocol::voice::{Header, TAG_LEN};
use trunklab_protocol::{Cause, Moment, SiteId, Span, SpurtId};

use super::Counts;
use super::loop_back::{Awaited, is_test};
use crate::recorder::RecorderHandle;

/// What the forwarding loop reads.
#[derive(Debug, Default)]
pub struct Plane {
    ways: DashMap<SpurtId, Arc<Way>, FxBuildHasher>,
    /// Which site receives where. Only ever a hint whose key to try, so that a drop is named by its right cause.
    hints: DashMap<SocketAddr, (SiteId, VoiceKey), FxBuildHasher>,
    counts: Counts,
    /// The test of the port that is under way.
    awaited: Awaited,
    /// Who is given the voice of recorded spurts as well.
    recorder: Option<RecorderHandle>,
}

/// A route, ready to be followed.
#[derive(Debug)]
struct Way {
    route: Route,
    /// `None` while the source is down.
    uplink_key: Option<VoiceKey>,
    /// Destinations that are up.
    hops: SmallVec<[Hop; 8]>,
    /// Destinations that are down.
    down: usize,
    is_recorded: bool,
    /// Outlives the way when the spurt is rerouted.
    window: Arc<Mutex<ReplayWindow>>,
}

/// One destination. Each has its own key, so that a site that was broken into cannot speak at another.
#[derive(Debug, Clone, Copy)]
struct Hop {
    address: SocketAddr,
    downlink_key: VoiceKey,
}

impl Plane {
    /// A plane that gives the voice of recorded spurts to a recorder.
    pub fn recorded_by(recorder: Option<RecorderHandle>) -> Self {
        Self { recorder, ..Self::default() }
    }

    /// What was taken, sent and dropped.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    pub(super) fn awaited(&self) -> &Awaited {
        &self.awaited
    }

    /// Copies one datagram from `sender` along its way, each copy with the tag of its destination; what does not
    /// pass is counted, but the switch's own test of its port is not. `send` must not wait: what it cannot take at once is dropped.
    pub fn forward(
        &self,
        datagram: &mut [u8],
        sender: SocketAddr,
        mut send: impl FnMut(&[u8], SocketAddr) -> io::Result<usize>,
    ) {
        let is_test = is_test(datagram);
        if is_test && self.awaited.hears(datagram) {
            return;
        }
        self.counts.packets_in.one();
        self.counts.octets.taken.add(datagram.len() as u64);
        let way = match self.admit(datagram, sender) {
            Ok(way) => way,
            Err(_) if is_test => return self.counts.dropped.one(Cause::StrangeLoopBack),
            Err(cause) => return self.counts.dropped.one(cause),
        };
        if way.is_recorded
            && let Some(recorder) = &self.recorder
        {
            recorder.hears(datagram);
        }
        let tag_at = datagram.len() - TAG_LEN;
        for hop in &way.hops {
            let tag = hop.downlink_key.tag(&datagram[..tag_at]);
            datagram[tag_at..].copy_from_slice(&tag);
            match send(datagram, hop.address) {
                Ok(_) => {
                    self.counts.packets_out.one();
                    self.counts.octets.sent.add(datagram.len() as u64);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.counts.dropped.one(Cause::VoiceOverrun);
                }
                Err(_) => self.counts.dropped.one(Cause::SiteUnavailable),
            }
        }
        for _ in 0..way.down {
            self.counts.dropped.one(Cause::SiteUnavailable);
        }
    }

    fn admit(&self, datagram: &[u8], sender: SocketAddr) -> Result<Arc<Way>, Cause> {
        let header = Header::read(datagram)?;
        let way = self.ways.get(&header.spurt).map(|way| Arc::clone(&way)).ok_or(Cause::UnknownSpurt)?;
        let from = match prove(datagram, way.uplink_key.iter().map(|key| (way.route.from, key))) {
            Ok(source) => source,
            Err(_) => self.prove_otherwise(datagram, sender)?,
        };
        let mut window = way.window.lock().unwrap_or_else(PoisonError::into_inner);
        admit(&way.route, &mut window, from, &header)?;
        drop(window);
        Ok(way)
    }

    /// A packet that is not its talker's: another site's, or a stranger's?
    fn prove_otherwise(&self, datagram: &[u8], sender: SocketAddr) -> Result<Source, Cause> {
        let (site, key) = self.hints.get(&sender).map(|hint| *hint).ok_or(Cause::WrongTag)?;
        prove(datagram, [(Source::Site(site), &key)])
    }
}

/// The control plane: obeys the controller and keeps the ways up to date.
#[derive(Debug)]
pub struct Orders {
    table: RouteTable,
    silence: Silence,
    /// From here on its own time counts.
    origin: Instant,
    plane: Arc<Plane>,
}

impl Orders {
    /// For a plane without ways.
    pub fn new(plane: Arc<Plane>, limits: Limits) -> Self {
        Self { table: RouteTable::new(limits), silence: Silence::default(), origin: Instant::now(), plane }
    }

    /// How many spurts have a route.
    pub fn routes(&self) -> usize {
        self.table.routes()
    }

    /// Obeys an order; the next packet already goes the new way.
    ///
    /// # Errors
    /// [`Cause::SwitchFull`] at a limit; nothing has changed then.
    pub fn obey(&mut self, order: ToSwitch) -> Result<(), Cause> {
        let site = match &order {
            ToSwitch::SiteUp(up) => Some(up.site),
            ToSwitch::SiteDown(down) => Some(down.site),
            ToSwitch::Open(_) | ToSwitch::OpenConsole(_) | ToSwitch::Shut(_) => None,
        };
        let before = site.and_then(|site| self.table.port(site)).copied();
        let changes = self.table.obey(order)?;
        if let Some(site) = site {
            self.hint(site, before);
        }
        for change in changes {
            match change {
                Change::Opened(spurt) => {
                    self.publish(spurt, Arc::default());
                    self.listen_for(spurt);
                }
                Change::Rekeyed(spurt) => self.publish(spurt, Arc::default()),
                Change::Rerouted(spurt) => {
                    let window = self.plane.ways.get(&spurt).map(|way| Arc::clone(&way.window));
                    self.publish(spurt, window.unwrap_or_default());
                }
                Change::Closed(spurt) => {
                    self.plane.ways.remove(&spurt);
                    if let Some(recorder) = &self.plane.recorder {
                        recorder.forgets(spurt);
                    }
                    self.silence.end(spurt);
                }
            }
        }
        Ok(())
    }

    /// The spurts of consoles that have fallen silent since the last look, each named once.
    pub fn silent_consoles(&mut self) -> Vec<SpurtId> {
        let plane = Arc::clone(&self.plane);
        self.silence.look(self.now(), |spurt| {
            let way = plane.ways.get(&spurt).map(|way| Arc::clone(&way))?;
            let window = way.window.lock().unwrap_or_else(PoisonError::into_inner);
            Some(*window)
        })
    }

    fn listen_for(&mut self, spurt: SpurtId) {
        let route = self.table.route(spurt).expect("a change names a spurt that has a route");
        if let Source::Console(_) = route.from {
            let longest = Span::from_millis(u64::from(route.silence_ms));
            self.silence.begin(spurt, longest, self.now());
        }
    }

    fn now(&self) -> Moment {
        let micros = self.origin.elapsed().as_micros();
        Moment::from_micros(u64::try_from(micros).expect("a controller runs for less than that"))
    }

    fn hint(&self, site: SiteId, before: Option<Port>) {
        if let Some(before) = before {
            self.plane.hints.remove_if(&before.address, |_, (hinted, _)| *hinted == site);
        }
        if let Some(port) = self.table.port(site) {
            self.plane.hints.insert(port.address, (site, port.uplink_key));
        }
    }

    fn publish(&self, spurt: SpurtId, window: Arc<Mutex<ReplayWindow>>) {
        let route = self.table.route(spurt).expect("a change names a spurt that has a route").clone();
        let hops: SmallVec<[Hop; 8]> = route
            .to
            .iter()
            .filter_map(|site| self.table.port(*site))
            .map(|port| Hop { address: port.address, downlink_key: port.downlink_key })
            .collect();
        let way = Way {
            uplink_key: match route.from {
                Source::Site(site) => self.table.port(site).map(|port| port.uplink_key),
                Source::Console(key) => Some(key),
            },
            down: route.to.len() - hops.len(),
            hops,
            is_recorded: self.plane.recorder.as_ref().is_some_and(|recorder| recorder.wants(spurt)),
            route,
            window,
        };
        self.plane.ways.insert(spurt, Arc::new(way));
    }
}
