//! Virtual time: all that will happen, in order of (moment, sequence), and the nodes' own deadlines beside it.

use bytes::Bytes;
use trunklab_basestation_core as station;
use trunklab_controller_core::{self as controller, Controller};
use trunklab_protocol::air_downlink::Burst;
use trunklab_protocol::proof::VoiceKey;
use trunklab_protocol::{Moment, SiteId, UnitId};
use trunklab_terminal_core as terminal;

use super::World;

/// A node with a clock of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Node {
    Controller,
    Station(SiteId),
    Handset(UnitId),
}

/// Something on its way.
#[derive(Debug)]
pub(super) enum Arrival {
    AtController(controller::input::Input),
    /// The controller's store answers, to the controller that was started as the how-manieth.
    Stored {
        term: u32,
        id: u64,
        kept: bool,
    },
    AtStation(SiteId, u32, station::input::Input),
    AtHandset(UnitId, terminal::input::Input),
    /// One burst of a site, heard by many at once: each at its level.
    AtListeners(SiteId, Burst, Vec<(UnitId, i8)>),
    AtSwitch(SiteId, Bytes),
    OperatorSpeaks,
    FromOperator(VoiceKey, Bytes),
    SwitchLooks,
    LinkTries(SiteId),
}

impl World {
    pub(super) fn next_moment(&self) -> Option<Moment> {
        let delivery = self.queue.first_key_value().map(|((at, _), _)| *at);
        let deadline = self.deadlines.first().map(|(at, _)| (*at).max(self.now));
        match (delivery, deadline) {
            (Some(delivery), Some(deadline)) => Some(delivery.min(deadline)),
            (one, None) | (None, one) => one,
        }
    }

    pub(super) fn schedule(&mut self, at: Moment, arrival: Arrival) {
        self.sequence += 1;
        self.queue.insert((at, self.sequence), arrival);
    }

    pub(super) fn wake(&mut self, node: Node) {
        match node {
            Node::Controller => self.at_controller(controller::input::Input::Time),
            Node::Station(site) => self.at_station(site, station::input::Input::Time),
            Node::Handset(unit) => self.at_handset(unit, terminal::input::Input::Time),
        }
    }

    pub(super) fn deliver(&mut self, arrival: Arrival) {
        match arrival {
            Arrival::AtController(input) => self.at_controller(input),
            Arrival::Stored { term, id, kept } => self.stored(term, id, kept),
            Arrival::AtStation(site, run, input) => {
                if self.stations.get(&site).is_some_and(|station| station.run == run) {
                    self.at_station(site, input);
                }
            }
            Arrival::AtHandset(unit, input) => self.at_handset(unit, input),
            Arrival::AtListeners(site, burst, listeners) => {
                for (unit, level_dbm) in listeners {
                    let burst = burst.clone();
                    self.at_handset(unit, terminal::input::Input::Burst { site, level_dbm, burst });
                }
            }
            Arrival::AtSwitch(site, packet) => self.at_switch(site, &packet),
            Arrival::OperatorSpeaks => self.operator_goes_on(),
            Arrival::FromOperator(key, packet) => self.operator_is_heard(key, &packet),
            Arrival::SwitchLooks => self.switch_looks(),
            Arrival::LinkTries(site) => self.link_tries(site),
        }
    }

    pub(super) fn note_deadline(&mut self, node: Node) {
        let due = match node {
            Node::Controller => {
                self.controller.as_ref().and_then(Controller::next_deadline).map(|due| due.at)
            }
            Node::Station(site) => {
                let station = self.stations.get(&site).filter(|station| station.running);
                station.and_then(|station| station.core.next_deadline()).map(|due| due.at)
            }
            Node::Handset(unit) => {
                let radio = self.radios.get(&unit).filter(|radio| !radio.gone);
                radio.and_then(|radio| radio.core.next_deadline()).map(|due| due.at)
            }
        };
        if self.deadline_of.get(&node).copied() == due {
            return;
        }
        self.forget_deadline(node);
        if let Some(at) = due {
            self.deadline_of.insert(node, at);
            self.deadlines.insert((at, node));
        }
    }

    pub(super) fn forget_deadline(&mut self, node: Node) {
        if let Some(at) = self.deadline_of.remove(&node) {
            self.deadlines.remove(&(at, node));
        }
    }
}
