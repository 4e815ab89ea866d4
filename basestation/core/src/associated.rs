//! Associated signalling (docs/call-processing.md, clause 12.12.11): a call may have the control channel's slot. The
//! control channel says the call's grant as often as is due and gives way; what it has to say goes with the call, in bursts
//! that can be spared, and while nobody talks the slot's uplink is open to everybody. When the call is over there the control
//! channel goes on.

use trunklab_protocol::air_uplink::UplinkWord;
use trunklab_protocol::profile::Channel;
use trunklab_protocol::{Moment, SlotAddress};

use crate::access::Uplink;
use crate::settings::is_controls;
use crate::station::OnAir;

impl OnAir {
    /// Whether a slot is the control channel's and calls may have it.
    pub fn is_controls(&self, at: SlotAddress) -> bool {
        self.slots.contains_key(&at) && is_controls(&self.settings, at)
    }

    /// Whether a slot's call is radiated: on the control channel's slot not before that gives way.
    pub fn radiates(&self, at: SlotAddress) -> bool {
        self.given || !is_controls(&self.settings, at)
    }

    /// The control channel gives way if a call has its slot and no grant is left to be said.
    pub fn gives_way(&mut self, now: Moment) -> bool {
        if self.control.has_grants() || !self.is_taken() {
            return false;
        }
        for slot in self.slots.values_mut().filter(|slot| is_controls(&self.settings, slot.at())) {
            slot.begin_at(&self.timing, now);
        }
        self.given = true;
        self.access = Uplink::new(Channel::Control, self.settings.control);
        true
    }

    /// The control channel is back as soon as no call has its slot.
    pub fn returns(&mut self, now: Moment) {
        if self.given && !self.is_taken() {
            self.given = false;
            self.control.move_to(&self.timing, self.settings.control, now);
        }
    }

    fn is_taken(&self) -> bool {
        self.slots.values().any(|slot| is_controls(&self.settings, slot.at()) && slot.is_in_use())
    }

    /// Whether a word that belongs on the control channel may be said on a slot: on its own, while nobody talks there.
    pub fn is_open_to(&self, at: SlotAddress, word: &UplinkWord) -> bool {
        self.given
            && self.is_controls(at)
            && self.slots.get(&at).is_some_and(|slot| slot.idle_since().is_some())
            && !crate::requests::belongs(word, Channel::Traffic)
    }
}
