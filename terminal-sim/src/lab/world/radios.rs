//! The handsets in the world: where they are, what their users do, their outputs carried.

use trunklab_protocol::{CarrierNumber, Position, SiteId, UnitId};
use trunklab_terminal_core as terminal;
use trunklab_terminal_core::handset::Handset;

use super::agenda::Node;
use super::{Heard, World};
use crate::lab::observed::Sight;
use crate::lab::weather::Chance;

/// A handset and what the world knows of it.
pub(super) struct Radio {
    pub(super) core: Handset,
    pub(super) position: Position,
    /// Levels of the sites, as far as they were asked for here.
    pub(super) levels: Vec<(SiteId, i8)>,
    pub(super) ear: Ear,
    pub(super) chance: Chance,
    pub(super) gone: bool,
}

/// What a handset's receiver is set to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ear {
    Off,
    Hunting,
    Tuned(SiteId, CarrierNumber),
}

impl World {
    /// Something happens to a handset now: a button, the selector, speech.
    pub fn user(&mut self, unit: UnitId, input: terminal::input::Input) {
        let on = input == terminal::input::Input::PowerOn;
        if let Some(radio) = self.radios.get_mut(&unit) {
            if on && radio.gone {
                // A new battery: nothing is left of what it was doing.
                radio.gone = false;
                radio.core = radio.core.with_new_battery();
            }
            if !radio.gone {
                self.at_handset(unit, input);
            }
        }
    }

    /// A handset vanishes: its battery is out, or a tunnel swallowed it. It neither sends nor hears until it is
    /// switched on again.
    pub fn vanish(&mut self, unit: UnitId) {
        self.tune(unit, Ear::Off);
        if let Some(radio) = self.radios.get_mut(&unit) {
            radio.gone = true;
        }
        self.forget_deadline(Node::Handset(unit));
    }

    /// A handset is somewhere else now.
    pub fn place(&mut self, unit: UnitId, position: Position) {
        let Some(radio) = self.radios.get_mut(&unit) else { return };
        radio.position = position;
        radio.levels.clear();
        self.tell_beacons(unit);
    }

    pub(super) fn at_handset(&mut self, unit: UnitId, input: terminal::input::Input) {
        let Some(radio) = self.radios.get_mut(&unit).filter(|radio| !radio.gone) else { return };
        let mut out = terminal::output::Outbox::new();
        radio.core.handle(self.now, input, &mut out);
        for output in out {
            self.carry_from_handset(unit, output);
        }
        self.note_deadline(Node::Handset(unit));
    }

    fn carry_from_handset(&mut self, unit: UnitId, output: terminal::output::Output) {
        match output {
            terminal::output::Output::Hunt => {
                self.tune(unit, Ear::Hunting);
                self.tell_beacons(unit);
            }
            terminal::output::Output::Tune { site, carrier } => self.tune(unit, Ear::Tuned(site, carrier)),
            terminal::output::Output::Measure { site, .. } => self.measure(unit, site),
            terminal::output::Output::Mute => self.tune(unit, Ear::Off),
            terminal::output::Output::Transmit { site, burst } => self.transmit(unit, site, burst),
            terminal::output::Output::Heard { talker, spurt, position, frames, .. }
            | terminal::output::Output::HeardInFailsoft { talker, spurt, position, frames } => {
                self.heard.push(Heard { at: self.now, unit, talker, spurt, position, frames });
            }
            terminal::output::Output::Clipped { frames } => self.traffic.spoken.clipped += u64::from(frames),
            terminal::output::Output::Event(event) => self.see(Sight::Handset(unit, event)),
        }
    }
}
