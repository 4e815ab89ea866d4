//! The link to the controller: greeting, inventory, heartbeat, silence, and whose orders count.

use trunklab_protocol::from_site::{
    FromSite, Hello, INVENTORY_PART_MAX, InventoryCalls, InventoryEnd, InventoryRadios,
};
use trunklab_protocol::{Cause, Epoch, Moment, Span};

use crate::station::BaseStation;

/// How often a station shows that it lives before its controller has said how often.
const FIRST_HEARTBEAT: Span = Span::from_secs(1);

/// A link on which nothing was heard for this many heartbeats is lost.
const SILENT_HEARTBEATS: u64 = 3;

/// The link as the core knows it.
#[derive(Debug, Clone)]
pub struct Link {
    state: State,
    newest_epoch: Epoch,
    heartbeat: Span,
    /// Since when no controller has served the site; `None` while one does.
    unserved_since: Option<Moment>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Down,
    Up { heard: Moment, heartbeat_due: Moment, configured: bool },
}

impl Link {
    /// No link yet, no epoch obeyed.
    pub const fn new(now: Moment) -> Self {
        Self {
            unserved_since: Some(now),
            state: State::Down,
            newest_epoch: Epoch::new(0).expect("0 is an epoch"),
            heartbeat: FIRST_HEARTBEAT,
        }
    }

    /// The newest epoch obeyed.
    pub const fn newest_epoch(&self) -> Epoch {
        self.newest_epoch
    }

    /// Whether the link stands.
    pub const fn is_up(&self) -> bool {
        matches!(self.state, State::Up { .. })
    }

    /// Whether it stands and its controller has configured the site since.
    pub const fn serves(&self) -> bool {
        matches!(self.state, State::Up { configured: true, .. })
    }

    /// Since when no controller has served the site, however often a link stood meanwhile; `None` while one does.
    pub const fn unserved_since(&self) -> Option<Moment> {
        self.unserved_since
    }

    /// The link stands.
    pub fn up(&mut self, now: Moment) {
        self.state = State::Up { heard: now, heartbeat_due: now + self.heartbeat, configured: false };
    }

    /// The link is gone.
    pub fn down(&mut self, now: Moment) {
        self.state = State::Down;
        self.unserved_since.get_or_insert(now);
    }

    /// Notes a message, if it comes from a controller that is obeyed.
    ///
    /// # Errors
    /// [`Cause::NotGreeted`] without a link, [`Cause::Deposed`] for an epoch older than the newest.
    pub fn hear(&mut self, now: Moment, epoch: Epoch) -> Result<(), Cause> {
        let State::Up { heard, .. } = &mut self.state else {
            return Err(Cause::NotGreeted);
        };
        if epoch < self.newest_epoch {
            return Err(Cause::Deposed);
        }
        self.newest_epoch = epoch;
        *heard = now;
        Ok(())
    }

    /// The controller has configured the site.
    pub fn configure(&mut self, now: Moment, heartbeat_ms: u16) {
        self.heartbeat = Span::from_millis(u64::from(heartbeat_ms));
        if let State::Up { heartbeat_due, configured, .. } = &mut self.state {
            *configured = true;
            self.unserved_since = None;
            *heartbeat_due = (*heartbeat_due).min(now + self.heartbeat);
        }
    }

    /// When the station next shows that it lives.
    pub const fn heartbeat_due(&self) -> Option<Moment> {
        match self.state {
            State::Up { heartbeat_due, .. } => Some(heartbeat_due),
            State::Down => None,
        }
    }

    /// It has just done so; heartbeats that a late wake missed are left out.
    pub fn beat(&mut self, now: Moment) {
        if let State::Up { heartbeat_due, .. } = &mut self.state {
            *heartbeat_due = now + self.heartbeat;
        }
    }

    /// When the link counts as lost unless something is heard.
    pub fn silence_due(&self) -> Option<Moment> {
        match self.state {
            State::Up { heard, .. } => {
                Some(heard + Span::from_micros(self.heartbeat.as_micros() * SILENT_HEARTBEATS))
            }
            State::Down => None,
        }
    }
}

/// What a station says first on every connection: who it is.
pub fn hello(station: &BaseStation) -> FromSite {
    let controls = station.on_air.iter().flat_map(|air| air.settings.controls()).collect();
    let BaseStation { incarnation, voice_address, .. } = *station;
    Hello { incarnation, newest_epoch: station.link.newest_epoch(), voice_address, controls }.into()
}

/// What it holds, in parts that fit a frame.
pub fn inventory(station: &BaseStation) -> Vec<FromSite> {
    let now = station.now;
    let slots = station.on_air.iter().flat_map(|air| air.slots.values());
    let radios = parts(station.sessions.radios(now)).map(|radios| InventoryRadios { radios }.into());
    let calls = parts(slots.filter_map(|slot| slot.held(now))).map(|calls| InventoryCalls { calls }.into());
    let faulty = station.self_test.faulty().into_iter().map(FromSite::from);
    radios.chain(calls).chain(faulty).chain([InventoryEnd {}.into()]).collect()
}

fn parts<T>(mut all: impl Iterator<Item = T>) -> impl Iterator<Item = Vec<T>> {
    std::iter::from_fn(move || {
        let part: Vec<T> = all.by_ref().take(INVENTORY_PART_MAX).collect();
        (!part.is_empty()).then_some(part)
    })
}
