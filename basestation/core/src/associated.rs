//! Associated signalling (docs/call-processing.md, clause 12.12.11): a call may have a control channel's slot. The
//! control channel says the call's grant as often as is due and gives way; what it has to say goes with the call, in bursts
//! that can be spared, and while nobody talks the slot's uplink is open to everybody. When the call is over there the control
//! channel goes on.

use trunklab_protocol::air_uplink::UplinkWord;
use trunklab_protocol::profile::Channel;
use trunklab_protocol::{Moment, SlotAddress};

use crate::access::Uplink;
use crate::controls::Control;
use crate::station::OnAir;

impl OnAir {
    /// The control channel whose slot this is.
    fn control_of(&self, at: SlotAddress) -> Option<&Control> {
        self.controls.iter().find(|control| self.timing.profile().is_controls(control.at, at))
    }

    /// Whether a slot's call is radiated: on a control channel's slot not before that gives way.
    pub fn radiates(&self, at: SlotAddress) -> bool {
        self.control_of(at).is_none_or(|control| control.given)
    }

    /// A control channel gives way if a call has its slot and no grant is left to be said.
    pub fn gives_way(&mut self, at: SlotAddress, now: Moment) -> bool {
        let taken = self.is_taken(at);
        let timing = &self.timing;
        let Some((_, control)) = self.controls.at_mut(at).filter(|(_, control)| !control.words.has_grants())
        else {
            return false;
        };
        if !taken {
            return false;
        }
        control.given = true;
        control.load.pause();
        control.backlog.pause();
        control.access = Uplink::new(Channel::Control, at);
        for slot in self.slots.values_mut().filter(|slot| timing.profile().is_controls(at, slot.at())) {
            slot.begin_at(timing, now);
        }
        true
    }

    /// Each control channel is back as soon as no call has its slot.
    pub fn returns(&mut self, now: Moment) {
        let back = |control: &&Control| control.given && !self.is_taken(control.at);
        let places: Vec<_> = self.controls.iter().filter(back).map(|control| control.at).collect();
        for at in places {
            if let Some((_, control)) = self.controls.at_mut(at) {
                control.move_to(&self.timing, at, now);
            }
        }
    }

    fn is_taken(&self, control: SlotAddress) -> bool {
        let own = |at| self.timing.profile().is_controls(control, at);
        self.slots.values().any(|slot| own(slot.at()) && slot.is_in_use())
    }

    /// Whether a word that belongs on a control channel may be said on a slot: on its own, while nobody talks there.
    pub fn is_open_to(&self, at: SlotAddress, word: &UplinkWord) -> bool {
        self.control_of(at).is_some_and(|control| control.given)
            && self.slots.get(&at).is_some_and(|slot| slot.idle_since().is_some())
            && !crate::requests::belongs(word, Channel::Traffic)
    }
}
