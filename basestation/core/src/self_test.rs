//! Self-tests of slots (docs/resilience.md 14.2.2): the shell is asked to loop a burst back on a slot, and what it heard is
//! judged. What it does not answer in time was not heard.

use std::collections::BTreeMap;

use trunklab_controller_core::fault::judgement::{Judgement, Limits};
use trunklab_protocol::from_site::{INVENTORY_PART_MAX, SlotStates, SlotTested};
use trunklab_protocol::settings::SiteSettings;
use trunklab_protocol::to_site::ExerciseFault;
use trunklab_protocol::{Cause, Moment, ProfileId, SlotAddress, SlotHealth, SlotState, Span};

use crate::output::{Outbox, Output};
use crate::settings::all_slots;
use crate::station::BaseStation;
use crate::timing::LATE_WAKE_MAX;

/// How long a burst that is looped back is waited for: a test is over before the next one of the slot begins.
const LOOP_BACK: Span = Span::from_millis(500);

/// The tests of a site's slots, and what is held of each.
#[derive(Debug, Clone)]
pub struct SelfTest {
    profile: Option<ProfileId>,
    limits: Limits,
    /// How often all slots are tested; `None`: only by order.
    interval: Option<Span>,
    round_due: Option<Moment>,
    slots: BTreeMap<SlotAddress, Judgement>,
    under_way: BTreeMap<SlotAddress, Test>,
}

/// A test whose outcome is awaited.
#[derive(Debug, Clone, Copy)]
struct Test {
    /// Until when.
    due: Moment,
    /// Whether the controller wants to know what came of it.
    is_ordered: bool,
}

impl Default for SelfTest {
    fn default() -> Self {
        Self {
            profile: None,
            limits: Limits { bad: 1, good: 1 },
            interval: None,
            round_due: None,
            slots: BTreeMap::new(),
            under_way: BTreeMap::new(),
        }
    }
}

impl SelfTest {
    /// The site has these settings from here on. What is held of slots that stay goes on being held.
    pub fn configure(&mut self, settings: &SiteSettings, now: Moment) {
        if self.profile.replace(settings.profile) != Some(settings.profile) {
            self.slots.clear();
        }
        self.limits = Limits { bad: settings.bad_tests, good: settings.good_tests };
        let held = |at| (at, self.slots.get(&at).copied().unwrap_or_default());
        self.slots = all_slots(settings).map(held).collect();
        self.under_way.retain(|at, _| self.slots.contains_key(at));
        let span = Span::from_millis(u64::from(settings.self_test_ms));
        let interval = Some(span).filter(|span| *span != Span::ZERO);
        if self.interval != interval {
            self.interval = interval;
            self.round_due = interval.map(|interval| now + interval);
        }
    }

    /// When the next round of tests begins.
    pub const fn round_due(&self) -> Option<Moment> {
        self.round_due
    }

    /// When a test is waited for no longer.
    pub fn answer_due(&self) -> Option<Moment> {
        self.under_way.values().map(|test| test.due).min()
    }

    /// After a late wake: rounds that were missed are left out, and what the shell has heard meanwhile may still come in.
    pub fn skip_late(&mut self, now: Moment) {
        let is_late = |due: Moment| due + LATE_WAKE_MAX < now;
        self.round_due = self.round_due.map(|due| if is_late(due) { now } else { due });
        for test in self.under_way.values_mut().filter(|test| is_late(test.due)) {
            test.due = now + LOOP_BACK;
        }
    }

    /// Every slot that is not being tested is tested now; which.
    fn begin_round(&mut self, now: Moment) -> Vec<SlotAddress> {
        self.round_due = self.interval.map(|interval| now + interval);
        let begun: Vec<_> =
            self.slots.keys().copied().filter(|at| !self.under_way.contains_key(at)).collect();
        let test = Test { due: now + LOOP_BACK, is_ordered: false };
        self.under_way.extend(begun.iter().map(|at| (*at, test)));
        begun
    }

    /// One slot is tested by order; whether a test has begun with that.
    fn begin_ordered(&mut self, at: SlotAddress, now: Moment) -> Result<bool, Cause> {
        if !self.slots.contains_key(&at) {
            return Err(Cause::NoSuchCarrier);
        }
        let begins = !self.under_way.contains_key(&at);
        let test = self.under_way.entry(at).or_insert(Test { due: now + LOOP_BACK, is_ordered: true });
        test.is_ordered = true;
        Ok(begins)
    }

    /// The tests that nothing was heard of in time.
    fn unanswered(&self, now: Moment) -> Vec<(SlotAddress, bool)> {
        self.under_way.iter().filter(|(_, test)| test.due <= now).map(|(at, _)| (*at, false)).collect()
    }

    /// Tests are over, each heard or not; what is held differently with that, and what was ordered.
    fn end(&mut self, tests: Vec<(SlotAddress, bool)>) -> (Vec<SlotState>, Vec<SlotTested>) {
        let (mut changed, mut ordered) = (Vec::new(), Vec::new());
        for (at, heard) in tests {
            let (Some(test), Some(held)) = (self.under_way.remove(&at), self.slots.get_mut(&at)) else {
                continue;
            };
            let before = std::mem::replace(held, held.after(heard, self.limits));
            if before.health() != held.health() {
                changed.push(SlotState { at, health: held.health() });
            }
            if test.is_ordered {
                ordered.push(SlotTested { at, heard });
            }
        }
        (changed, ordered)
    }

    /// Whether a slot is not held faulty.
    pub fn is_sound(&self, at: SlotAddress) -> bool {
        self.slots.get(&at).is_none_or(|held| held.health() == SlotHealth::Sound)
    }

    /// Every faulty slot, in parts that fit a frame.
    pub fn faulty(&self) -> Vec<SlotStates> {
        let is_faulty = |(at, held): (&SlotAddress, &Judgement)| {
            let state = SlotState { at: *at, health: held.health() };
            Some(state).filter(|state| state.health == SlotHealth::Faulty)
        };
        in_parts(&self.slots.iter().filter_map(is_faulty).collect::<Vec<_>>())
    }
}

impl BaseStation {
    /// Timer: all slots are tested.
    pub(crate) fn begin_self_tests(&mut self, out: &mut Outbox) {
        let slots = self.self_test.begin_round(self.now);
        if !slots.is_empty() {
            out.push(Output::LoopBack { slots });
        }
    }

    /// Timer: what was not heard until now is heard no more.
    pub(crate) fn end_unanswered_tests(&mut self, out: &mut Outbox) {
        self.looped_back(self.self_test.unanswered(self.now), out);
    }

    /// The shell says what it has heard of bursts that were looped back.
    pub(crate) fn looped_back(&mut self, tests: Vec<(SlotAddress, bool)>, out: &mut Outbox) {
        let (changed, ordered) = self.self_test.end(tests);
        for part in in_parts(&changed) {
            self.tell_dispatch(part, out);
        }
        for tested in ordered {
            self.tell_dispatch(tested, out);
        }
        if !changed.is_empty() {
            self.note_control_health();
            self.heed_health_in_failsoft(&changed, out);
        }
    }

    /// The tests, or the settings, may have another word on the control channels now.
    pub(crate) fn note_control_health(&mut self) {
        let is_lost = self.on_air.as_ref().is_some_and(|air| {
            let profile = air.settings.profile.profile();
            let is_faulty = |control| {
                all_slots(&air.settings)
                    .any(|at| profile.is_controls(control, at) && !self.self_test.is_sound(at))
            };
            air.settings.controls().all(is_faulty)
        });
        match is_lost {
            true => _ = self.control_lost_since.get_or_insert(self.now),
            false => self.control_lost_since = None,
        }
    }

    /// The controller wants a slot tested.
    pub(crate) fn test_slot(&mut self, at: SlotAddress, out: &mut Outbox) {
        match self.self_test.begin_ordered(at, self.now) {
            Ok(true) => out.push(Output::LoopBack { slots: vec![at] }),
            Ok(false) => {}
            Err(cause) => self.counts.drop(None, cause, out),
        }
    }

    /// A part of the plant breaks, or works again, as an exercise.
    pub(crate) fn exercise_fault(&mut self, order: ExerciseFault, out: &mut Outbox) {
        let is_here = self
            .on_air
            .as_ref()
            .is_some_and(|air| all_slots(&air.settings).any(|at| order.part.contains(at)));
        if is_here {
            out.push(Output::Plant { part: order.part, broken: order.broken });
        } else {
            self.counts.drop(None, Cause::NoSuchCarrier, out);
        }
    }
}

fn in_parts(slots: &[SlotState]) -> Vec<SlotStates> {
    slots.chunks(INVENTORY_PART_MAX).map(|slots| SlotStates { slots: slots.to_vec() }).collect()
}
