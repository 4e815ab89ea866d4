//! All is calm again: registers, records and radios agree about each unit, and what was ordered is taken back.

use std::collections::BTreeSet;

use trunklab::lab::script::Deed;
use trunklab_protocol::operator::{Order, PendingView, UnitView};
use trunklab_protocol::remote::Waits;
use trunklab_protocol::{Condition, Priority, Services, Span, StatusNumber, TalkgroupId, UnitId};
use trunklab_terminal_core::handset::Phase;
use trunklab_terminal_core::input::Input;

use super::{happenings, killed};
use crate::simulation::network::USUAL;
use crate::simulation::trouble::Trouble;

/// A registration, or an order that is said again.
const SETTLES: Span = Span::from_secs(30);

/// A radio that is switched off says so first.
const GOES_OFF: Span = Span::from_secs(5);

impl Trouble {
    /// Nothing is lost, and nobody waits.
    pub fn services_agree(&mut self) {
        // What was said to a radio in vain is said again when it is heard of.
        for unit in self.units.clone() {
            let number = StatusNumber::new(1).unwrap();
            self.does(Deed::User(unit, Input::Status { number, to: None }));
        }
        self.passes(SETTLES);
        let units = self.shown_units();
        self.who_was_killed_is_gone(&units);
        for unit in self.units.clone() {
            let view = self.view(unit);
            if view.phase == Phase::Denied {
                assert!(self.is_cloned(unit), "unit {unit} is denied");
                continue;
            }
            // Another radio may have said that it obeys, or obeyed another register.
            if self.is_cloned(unit) || self.is_anew {
                continue;
            }
            let shown = units.iter().find(|shown| shown.unit == unit);
            let lasting = |pending: &&PendingView| pending.of_radio.rule().waits == Waits::Lastingly;
            let pending = shown.and_then(|shown| shown.pending.iter().find(lasting));
            assert_eq!(pending, None, "unit {unit}: it waits, and the radio is there");
            let condition = shown.map_or(Condition::Active, |shown| shown.condition);
            assert_eq!(view.condition, condition, "unit {unit} shows, and the register");
            let regrouped = shown.and_then(|shown| shown.regrouped);
            assert_eq!(view.regrouped, regrouped, "unit {unit} shows, and the register");
            let expected = (condition == Condition::Active).then_some(view.selected);
            assert_eq!(view.affiliated, expected, "unit {unit} is {condition:?}");
            if let Some(set) = regrouped.filter(|set| set.locked) {
                assert_eq!(view.selected, set.talkgroup, "unit {unit} is set and locked");
            }
        }
        for (unit, priority, services) in self.services_mut().orders.rights_as_ordered() {
            self.does(Deed::Order(Order::SetPriority { unit, priority }));
            self.passes(Span::from_secs(2));
            self.does(Deed::Order(Order::SetRights { unit, services }));
            self.passes(Span::from_secs(2));
        }
        self.services_mut().orders.may_change();
        self.units_ask_for_what_they_may_not();
        self.stunned_press(&units);
    }

    /// A unit is killed where the register has it so, or its radio has obeyed and could not say it. From here on it is none of ours.
    fn who_was_killed_is_gone(&mut self, units: &[UnitView]) {
        killed::no_order_waits(units);
        for unit in self.units.clone() {
            let condition = units.iter().find(|shown| shown.unit == unit).map(|shown| shown.condition);
            let view = self.view(unit);
            let (in_register, is_dead) =
                (condition == Some(Condition::Killed), view.condition == Condition::Killed);
            let services = self.services_mut();
            assert_eq!(services.killed.contains(unit), is_dead, "unit {unit} shows");
            assert!(!is_dead || view.phase == Phase::Off, "unit {unit} was killed, and is {:?}", view.phase);
            let is_registered = services.registers.at().contains_key(&unit);
            assert!(!in_register || !is_registered, "unit {unit} was killed, and is registered");
            // Another radio may have obeyed for it.
            assert!(!in_register || is_dead || self.is_cloned(unit), "unit {unit} was killed, and is on");
            if in_register || is_dead {
                self.killed.insert(unit);
            }
        }
        let killed = &self.killed;
        self.units.retain(|unit| !killed.contains(unit));
    }

    /// Without a right nothing comes of what needs it; that is watched.
    fn units_ask_for_what_they_may_not(&mut self) {
        for (unit, service) in self.services_mut().orders.lacking() {
            let mut others = self.units.iter().copied().filter(|other| *other != unit);
            let Some(called) = others.next_back().filter(|_| self.units.contains(&unit)) else { continue };
            happenings::asks_for(self, unit, service, called);
            self.passes(Span::from_secs(3));
            self.does(Deed::User(unit, Input::ReleasePtt));
            self.does(Deed::User(unit, Input::SelectArea(None)));
            self.does(Deed::User(unit, Input::HangUp));
        }
    }

    /// Whoever is stunned gets nothing; that nothing comes of it is watched.
    fn stunned_press(&mut self, units: &[UnitView]) {
        let stunned = units.iter().filter(|unit| unit.condition == Condition::Stunned);
        let stunned: BTreeSet<UnitId> = stunned.map(|unit| unit.unit).collect();
        for unit in &stunned {
            let kind = trunklab_protocol::air_uplink::RequestKind::Normal;
            self.does(Deed::User(*unit, Input::PressPtt { kind }));
        }
        self.passes(Span::from_secs(3));
        for unit in stunned {
            self.does(Deed::User(unit, Input::ReleasePtt));
        }
    }

    /// Clones go, whoever was shut out comes back, and each unit is what it was at first.
    pub fn services_are_restored(&mut self) {
        for clone in self.clones().to_vec() {
            self.does(Deed::User(clone, Input::PowerOff));
        }
        self.passes(GOES_OFF);
        for clone in self.clones().to_vec() {
            self.does(Deed::Vanish(clone));
        }
        // What is refused for ten minutes is forgotten with the term.
        self.does(Deed::KillController);
        self.passes(Span::from_secs(1));
        self.does(Deed::StartController);
        self.passes(SETTLES);
        // With a clone its identity's registration has gone, and the other radio has not noticed (13.2.5).
        let is_shut_out = |unit: &UnitId| self.is_cloned(*unit) || self.view(*unit).phase == Phase::Denied;
        let shut_out: Vec<_> = self.units.iter().copied().filter(is_shut_out).collect();
        for unit in &shut_out {
            self.does(Deed::User(*unit, Input::PowerOff));
        }
        self.passes(GOES_OFF);
        for unit in shut_out {
            self.does(Deed::User(unit, Input::PowerOn));
        }
        self.passes(SETTLES);
        let shown = self.shown_units();
        for unit in self.units.clone() {
            self.does(Deed::Order(Order::Revive { unit }));
            self.passes(Span::from_secs(2));
            // Of a radio that another register has set, or another radio of its identity, this one does not know.
            let is_known = shown.iter().any(|shown| shown.unit == unit && shown.regrouped.is_some());
            if self.view(unit).regrouped.is_some() && !is_known {
                let talkgroup = TalkgroupId::new(USUAL[0]).unwrap();
                self.does(Deed::Order(Order::Regroup { unit, talkgroup, locked: false }));
            }
        }
        self.passes(SETTLES);
        for unit in self.units.clone() {
            for order in [
                Order::RestoreGroups { unit },
                Order::SetPriority { unit, priority: Priority::LOWEST },
                Order::SetRights { unit, services: Services::ALL },
            ] {
                self.does(Deed::Order(order));
                self.passes(Span::from_secs(2));
            }
        }
        self.passes(SETTLES);
        self.select_usual();
        self.passes(SETTLES);
        // An order to kill may have waited for a radio that came on since.
        let shown = self.shown_units();
        self.who_was_killed_is_gone(&shown);
    }

    /// At the end nothing is left, and everybody is where the register has it.
    pub fn services_are_over(&mut self) {
        let mut shown = self.shown_units();
        shown.retain(|shown| !self.killed.contains(&shown.unit));
        assert!(shown.is_empty(), "not as usual: {shown:?}");
        let services = self.services_mut();
        services.shown.are_over();
        let mut registered = services.registers.at().clone();
        // A radio that obeyed and could not say so is off, and nobody has said that either.
        registered.retain(|unit, _| !self.killed.contains(unit));
        for unit in &self.units {
            let view = self.view(*unit);
            assert_eq!(view.condition, Condition::Active, "unit {unit} was revived");
            assert_eq!(view.site, registered.get(unit).copied(), "where unit {unit} is, and is registered");
        }
        assert_eq!(registered.len(), self.units.len(), "who is registered: {registered:?}");
    }
}
