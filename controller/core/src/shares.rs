//! How a site's carriers are shared among its control channels (clause 12.12.12), and which slots are left for calls.

use trunklab_protocol::{CarrierNumber, ControlLayout, Signalling, SlotAddress, SlotNumber, UnitId};

use crate::config::SiteConfig;

impl SiteConfig {
    /// How many control channels the site has.
    pub fn shares(&self) -> usize {
        let carriers = self.carriers.len();
        match self.control_layout {
            ControlLayout::Central => 1,
            ControlLayout::Distributed if self.profile.profile().control_takes_carrier => {
                (carriers / 2).max(1)
            }
            ControlLayout::Distributed => carriers.max(1),
        }
    }

    /// To which of them a carrier belongs. Where a control channel takes its carrier, carriers are shared out in pairs, in
    /// their order, and the last pair takes one that is left over.
    pub fn share_of(&self, carrier: CarrierNumber) -> usize {
        let index = self.carriers.iter().position(|other| *other == carrier).unwrap_or(0);
        let wanted = if self.profile.profile().control_takes_carrier { index / 2 } else { index };
        wanted.min(self.shares() - 1)
    }

    /// Where the control channels are at first: `control` in its share, in the others the first slot.
    pub fn first_controls(&self) -> Vec<SlotAddress> {
        let own = self.share_of(self.control.carrier);
        let first = |share| {
            let carrier = self.carriers.iter().find(|carrier| self.share_of(**carrier) == share);
            carrier.map(|carrier| SlotAddress::first_of(*carrier))
        };
        (0..self.shares())
            .map(|share| if share == own { self.control } else { first(share).unwrap_or(self.control) })
            .collect()
    }

    /// The slots that calls can use while the control channels are at these places, in order: every slot of every carrier
    /// but the control channels', each of which with some profiles takes its carrier; with associated signalling theirs
    /// come last.
    pub fn traffic_slots(&self, controls: &[SlotAddress]) -> impl Iterator<Item = SlotAddress> + use<> {
        let slots = self.profile.profile().slots;
        let all = self.carriers.iter().flat_map(move |carrier| {
            let slot = |slot| SlotNumber::new(slot).expect("every octet is a slot");
            (0..slots).map(move |number| SlotAddress { carrier: *carrier, slot: slot(number) })
        });
        let (own, others): (Vec<_>, Vec<_>) = all.partition(|at| self.is_controls(controls, *at));
        let own = if self.signalling == Signalling::Associated { own } else { Vec::new() };
        others.into_iter().chain(own)
    }

    /// Whether a slot is a control channel's.
    pub fn is_controls(&self, controls: &[SlotAddress], at: SlotAddress) -> bool {
        let profile = self.profile.profile();
        controls.iter().any(|control| profile.is_controls(*control, at))
    }
}

/// On which of so many control channels a unit stands.
pub fn share_of_unit(unit: UnitId, shares: usize) -> usize {
    usize::try_from(unit.number()).expect("a unit's number has 24 bits") % shares.max(1)
}
