//! Where a site's control channel is (clause 12.12.10): fixed, or moved at random moments to random free slots.
//!
//! The place is part of the site's settings, so that a link that breaks, or a site that is started again, needs no special
//! case. A controller that is started again leaves the control channel where the site says that it is.

use trunklab_protocol::operator::EventKind;
use trunklab_protocol::to_site::Configure;
use trunklab_protocol::{Clause, ControlPlace, Signalling, SiteId, SlotAddress, Span};

use crate::channels::SlotPool;
use crate::config::SiteConfig;
use crate::controller::Controller;
use crate::output::Outbox;
use crate::timers::TimerKey;

/// A control channel moves no more often than this on average, in milliseconds: radios need time to find it.
pub const CONTROL_MOVES_MS_MIN: u32 = 5_000;

/// How long a slot must have been free: its call's release is still being said for a while. Where no slot is, it is tried
/// again after this time.
pub(crate) const SETTLED: Span = Span::from_secs(1);

/// When every radio has noticed that the control channel is where it was no more and has found it again, though it may have
/// missed the very words that say so and a link may have been slow: one that searches does so after six words of silence,
/// another when its site is lost.
const fn noticed_after(place: ControlPlace) -> Span {
    match place {
        ControlPlace::Searched => Span::from_secs(2),
        ControlPlace::Fixed => Span::from_secs(6),
    }
}

impl SiteConfig {
    /// Whether the control channels can be at these places.
    pub(crate) fn allows_controls_at(&self, places: &[SlotAddress]) -> bool {
        let profile = self.profile.profile();
        let slots = if profile.control_takes_carrier { 1 } else { profile.slots };
        let fits = |(share, place): (usize, &SlotAddress)| {
            self.carriers.contains(&place.carrier)
                && self.share_of(place.carrier) == share
                && place.slot.number() < slots
        };
        match self.control_place {
            ControlPlace::Fixed => {
                let is_candidate = matches!(places, [place] if self.control_candidates.contains(place));
                places == self.first_controls() || is_candidate
            }
            ControlPlace::Searched => places.len() == self.shares() && places.iter().enumerate().all(fits),
        }
    }
}

impl Controller {
    /// A site that has just come, or was changed, has its control channel moved when its time has come, or not at all.
    pub(crate) fn schedule_control_move(&mut self, site: SiteId) {
        let Some(row) = self.sites.get(site) else { return };
        if row.config.control_place == ControlPlace::Fixed || !row.in_service() {
            return self.schedule_rotation(site);
        }
        // Between half and one and a half of the mean: nobody can tell when.
        let mean = u64::from(row.config.control_moves_ms.max(CONTROL_MOVES_MS_MIN));
        let after = mean / 2 + self.random().below(mean + 1);
        self.timers.set(TimerKey::ControlMove(site), self.now + Span::from_millis(after));
    }

    /// Timer: a control channel goes to a free slot, if there is one.
    pub(crate) fn move_control(&mut self, site: SiteId, out: &mut Outbox) {
        let Some(row) = self.sites.get(site) else { return };
        if row.config.control_place == ControlPlace::Fixed {
            return self.rotate_control(site, out);
        }
        let shares = row.slots.controls().len();
        let share = if shares > 1 { self.draw(shares) } else { 0 };
        let row = self.sites.get(site).expect("the site was found above");
        let whole_carrier = row.config.profile.profile().control_takes_carrier;
        let places = row.slots.places_for_control(share, whole_carrier, self.now - SETTLED);
        let is_wanted = row.config.signalling == Signalling::Associated && self.is_waited_for(site);
        if is_wanted || places.is_empty() {
            return self.timers.set(TimerKey::ControlMove(site), self.woke.max(self.now) + SETTLED);
        }
        let control = places[self.draw(places.len())];
        let row = self.sites.get(site).expect("the site was found above");
        let before = row.slots.controls().to_vec();
        let mut controls = before.clone();
        controls[share] = control;
        self.place_controls(site, controls);
        self.note_left(site, &before);
        self.report(EventKind::ControlMoved { site, control }, out);
        if let Some(settings) = self.settings_of(site) {
            self.tell_by(Clause::SearchedControl, site, Configure { settings: Box::new(settings) }, out);
        }
        self.tell_neighbours_of(site, out);
        self.schedule_control_move(site);
        self.review_control(site, out);
    }

    /// Whether a request waits for a slot at a site, or a call lacks one there: none shall wait longer for a move.
    fn is_waited_for(&self, site: SiteId) -> bool {
        self.lacking.iter().any(|(lacking, _)| *lacking == site)
            || self.queue.iter().any(|waiting| self.sites_needed(&waiting.request).contains(&site))
    }

    /// A site that was not spoken to in this term says where its control channels are. Its neighbours may have been told
    /// already where they were to be.
    pub(crate) fn adopt_controls(&mut self, site: SiteId, controls: Vec<SlotAddress>, out: &mut Outbox) {
        let Some(row) = self.sites.get(site) else { return };
        if row.config.allows_controls_at(&controls) && row.slots.controls() != controls {
            self.place_controls(site, controls);
            self.tell_neighbours_of(site, out);
        }
    }

    /// The sites that announce this one as their neighbour are told where its control channel is.
    pub(crate) fn tell_neighbours_of(&mut self, site: SiteId, out: &mut Outbox) {
        let names_it = |config: &SiteConfig| config.neighbours.iter().any(|neighbour| neighbour.site == site);
        let told: Vec<_> = self
            .sites
            .iter()
            .filter(|(other, row)| *other != site && names_it(&row.config))
            .map(|(other, _)| other)
            .collect();
        for other in told {
            if let Some(settings) = self.settings_of(other) {
                self.tell_by(Clause::SearchedControl, other, Configure { settings: Box::new(settings) }, out);
            }
        }
    }

    /// The slots that they leave are for calls; no call holds those that they take.
    pub(crate) fn place_controls(&mut self, site: SiteId, controls: Vec<SlotAddress>) {
        let row = self.sites.get_mut(site).expect("a site whose control channels are placed exists");
        row.slots = SlotPool::with_controls(&row.config, controls).in_place_of(&row.slots);
        self.note_room(site);
    }

    /// Control channels were at these places, nowhere that is known if empty. Where a call can have theirs it gets neither
    /// the place that one has left, where radios that have not noticed would take the call for one that has the control
    /// channel's slot, and stay, nor the place where it is to be found (clause 12.12.11).
    pub(crate) fn note_left(&mut self, site: SiteId, before: &[SlotAddress]) {
        let Some(row) = self.sites.get_mut(site) else { return };
        let now = row.slots.controls();
        let left = before.iter().filter(|place| !now.contains(place));
        let come = now.iter().filter(|place| !before.contains(place));
        let places: Vec<_> = left.chain(come).copied().collect();
        if row.config.signalling == Signalling::Associated && !before.is_empty() && !places.is_empty() {
            row.slots.unsettle(|at| row.config.is_controls(&places, at));
            self.timers
                .set(TimerKey::ControlNoticed(site), self.now + noticed_after(row.config.control_place));
        }
    }

    /// Timer: radios have noticed, and calls may take any place.
    pub(crate) fn settle_controls(&mut self, site: SiteId) {
        if let Some(row) = self.sites.get_mut(site) {
            row.slots.settle();
            self.note_room(site);
        }
    }

    fn draw(&mut self, below: usize) -> usize {
        usize::try_from(self.random().below(below as u64)).expect("a number below a length")
    }
}
