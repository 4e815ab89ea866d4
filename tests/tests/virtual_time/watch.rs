//! What is watched from outside while a world runs: whatever handsets believe, a slot has one talker.

use std::collections::{BTreeMap, BTreeSet};

use trunklab::lab::observed::{Observed, Sight};
use trunklab::lab::world::World;
use trunklab_protocol::{CallId, Moment, Span, UnitId};
use trunklab_terminal_core::handset::Phase;
use trunklab_terminal_core::output::HandsetEvent;

/// What must hold at every second, whatever the weather.
#[derive(Default)]
pub struct Watch {
    talkers: BTreeMap<CallId, BTreeMap<UnitId, Moment>>,
    /// Radios without a battery: they show what they were doing last.
    pub gone: BTreeSet<UnitId>,
}

/// For so long two handsets may believe to have one floor: the one whose end of talk, or whose news of it, is lost
/// goes on until it reads the slot.
const BELIEF: Span = Span::from_secs(3);

impl Watch {
    pub fn see(&mut self, observed: &Observed) {
        let Sight::Handset(unit, event) = &observed.what else { return };
        match event {
            HandsetEvent::TalkPermit { call } => {
                self.talkers.entry(*call).or_default().insert(*unit, observed.at);
            }
            HandsetEvent::TalkEnded { call } | HandsetEvent::Left { call, .. } => {
                self.talkers.entry(*call).or_default().remove(unit);
            }
            HandsetEvent::OutOfRange
            | HandsetEvent::Camped { .. }
            | HandsetEvent::Searches { .. }
            | HandsetEvent::FindsControl { .. }
            | HandsetEvent::Service { .. }
            | HandsetEvent::LeavesFor { .. }
            | HandsetEvent::Registered { .. }
            | HandsetEvent::Subscribed { .. }
            | HandsetEvent::RegisterRefused { .. }
            | HandsetEvent::Affiliated { .. }
            | HandsetEvent::Queued { .. }
            | HandsetEvent::CalledBack
            | HandsetEvent::Emergency { .. }
            | HandsetEvent::Rings { .. }
            | HandsetEvent::RingOver { .. }
            | HandsetEvent::CalledRings { .. }
            | HandsetEvent::Refused { .. }
            | HandsetEvent::FloorQueued { .. }
            | HandsetEvent::TalkWarning { .. }
            | HandsetEvent::FloorLost { .. }
            | HandsetEvent::Failsoft { .. }
            | HandsetEvent::FailsoftTone
            | HandsetEvent::FailsoftPermit
            | HandsetEvent::FailsoftTalkEnded
            | HandsetEvent::FailsoftHears { .. }
            | HandsetEvent::FailsoftOver { .. }
            | HandsetEvent::Stunned
            | HandsetEvent::Revived
            | HandsetEvent::Killed
            | HandsetEvent::Regrouped { .. }
            | HandsetEvent::Restored { .. }
            | HandsetEvent::Joined { .. }
            | HandsetEvent::Hears { .. }
            | HandsetEvent::ShowsStatus { .. }
            | HandsetEvent::Alerted { .. }
            | HandsetEvent::AlertOver { .. }
            | HandsetEvent::MessageDelivered
            | HandsetEvent::MessageRefused { .. } => {}
        }
    }

    /// A handset is dead: it says nothing any more, not even that it stops.
    pub fn forget(&mut self, unit: UnitId) {
        self.talkers.values_mut().for_each(|talkers| _ = talkers.remove(&unit));
    }

    /// To be called after what was seen until now was told.
    pub fn check(&self, world: &World) {
        if let Some(controller) = world.controller() {
            controller.assert_invariants();
        }
        for (call, talkers) in &self.talkers {
            let talking: Vec<_> = talkers
                .iter()
                .filter(|(unit, since)| world.now().since(**since) > BELIEF && !self.gone.contains(unit))
                .filter_map(|(unit, _)| {
                    world.handset(*unit).map(trunklab_terminal_core::handset::Handset::state)
                })
                .filter(|view| view.phase == Phase::Talking)
                .collect();
            // Sites that cannot hear each other may each have a talker; one site has one.
            let sites: BTreeSet<_> = talking.iter().map(|view| view.site).collect();
            assert_eq!(talking.len(), sites.len(), "call {call} has several talkers: {talking:?}");
            // In full duplex each of the two has a slot of its own.
            let both: Vec<_> = talkers
                .keys()
                .filter_map(|unit| world.handset(*unit).map(trunklab_terminal_core::handset::Handset::state))
                .filter(|view| view.phase == Phase::Conversing)
                .map(|view| (view.site, view.call.map(|call| call.at)))
                .collect();
            let slots: BTreeSet<_> = both.iter().copied().collect();
            assert_eq!(both.len(), slots.len(), "call {call} has two talkers on a slot: {both:?}");
        }
    }
}
