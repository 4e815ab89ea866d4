//! Where a site's control channel is (clause 12.12.10): fixed, or moved at random moments to random free slots.
//!
//! The place is part of the site's settings, so that a link that breaks, or a site that is started again, needs no special
//! case. A controller that is started again leaves the control channel where the site says that it is.

use trunklab_protocol::operator::EventKind;
use trunklab_protocol::to_site::Configure;
use trunklab_protocol::{Clause, ControlPlace, SiteId, SlotAddress, Span};

use crate::channels::SlotPool;
use crate::config::SiteConfig;
use crate::controller::Controller;
use crate::output::Outbox;
use crate::timers::TimerKey;

/// A control channel moves no more often than this on average, in milliseconds: radios need time to find it.
pub const CONTROL_MOVES_MS_MIN: u32 = 5_000;

/// How long a slot must have been free: its call's release is still being said for a while. Where no slot is, it is tried
/// again after this time.
const SETTLED: Span = Span::from_secs(1);

impl SiteConfig {
    /// Whether the control channel can be at a place.
    pub(crate) fn allows_control_at(&self, place: SlotAddress) -> bool {
        let profile = self.profile.profile();
        let slots = if profile.control_takes_carrier { 1 } else { profile.slots };
        match self.control_place {
            ControlPlace::Fixed => place == self.control,
            ControlPlace::Searched => self.carriers.contains(&place.carrier) && place.slot.number() < slots,
        }
    }
}

impl Controller {
    /// A site that has just come, or was changed, has its control channel moved when its time has come, or not at all.
    pub(crate) fn schedule_control_move(&mut self, site: SiteId) {
        let Some(row) = self.sites.get(site) else { return };
        if row.config.control_place == ControlPlace::Fixed || !row.in_service() {
            return self.timers.cancel(TimerKey::ControlMove(site));
        }
        // Between half and one and a half of the mean: nobody can tell when.
        let mean = u64::from(row.config.control_moves_ms.max(CONTROL_MOVES_MS_MIN));
        let after = mean / 2 + self.random().below(mean + 1);
        self.timers.set(TimerKey::ControlMove(site), self.now + Span::from_millis(after));
    }

    /// Timer: the control channel goes to a free slot, if there is one.
    pub(crate) fn move_control(&mut self, site: SiteId, out: &mut Outbox) {
        let Some(row) = self.sites.get(site) else { return };
        let whole_carrier = row.config.profile.profile().control_takes_carrier;
        let places = row.slots.places_for_control(whole_carrier, self.now - SETTLED);
        if places.is_empty() {
            return self.timers.set(TimerKey::ControlMove(site), self.woke.max(self.now) + SETTLED);
        }
        let drawn = self.random().below(places.len() as u64);
        let control = places[usize::try_from(drawn).expect("a number below a length")];
        self.place_control(site, control);
        self.report(EventKind::ControlMoved { site, control }, out);
        let names_it = |config: &SiteConfig| config.neighbours.iter().any(|neighbour| neighbour.site == site);
        let told: Vec<_> = self
            .sites
            .iter()
            .filter(|(other, row)| *other == site || names_it(&row.config))
            .map(|(other, _)| other)
            .collect();
        for other in told {
            if let Some(settings) = self.settings_of(other) {
                self.tell_by(Clause::SearchedControl, other, Configure { settings: Box::new(settings) }, out);
            }
        }
        self.schedule_control_move(site);
    }

    /// A site that was not spoken to in this term says where its control channel is.
    pub(crate) fn adopt_control(&mut self, site: SiteId, control: SlotAddress) {
        if self.sites.get(site).is_some_and(|row| row.config.allows_control_at(control)) {
            self.place_control(site, control);
        }
    }

    /// The slots that it leaves are for calls; no call holds those that it takes.
    fn place_control(&mut self, site: SiteId, control: SlotAddress) {
        let row = self.sites.get_mut(site).expect("a site whose control channel is placed exists");
        row.slots = SlotPool::with_control(&row.config, control).in_place_of(&row.slots);
        self.slots_freed = true;
    }
}
