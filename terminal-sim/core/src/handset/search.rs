//! The search for a control channel that moves (docs/call-processing.md, clause 12.12.10): the handset is registered all
//! the while. What its user does meanwhile is asked for when the control channel is found.

use trunklab_protocol::air_downlink::{Burst, ControlAt, DownlinkWord};
use trunklab_protocol::profile::Channel;
use trunklab_protocol::{Moment, SiteId, SlotAddress};

use super::access::Access;
use super::hunt::is_for;
use super::radio::Turn;
use super::service::Service;
use super::timers::NO_SIGNAL;
use crate::output::{HandsetEvent, Output};

/// A control channel that is searched for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Search {
    /// When the signal counts as lost for good.
    pub(super) until: Moment,
}

impl Service {
    /// The control channel is not where it was: the receiver goes through all there are.
    pub(super) fn begin_search(&mut self, turn: &mut Turn<'_>) {
        turn.tell(HandsetEvent::Searches { site: self.camp.site });
        turn.out.push(Output::Hunt);
        self.camp.tuned(turn.now);
        self.search = Some(Search { until: self.camp.heard_at + NO_SIGNAL });
    }

    /// Whether a burst that is heard in the search is the site's own word on its control channel.
    pub(super) fn finds(&mut self, turn: &Turn<'_>, site: SiteId, level_dbm: i8, burst: &Burst) -> bool {
        let DownlinkWord::System(system) = &burst.word else { return false };
        site == self.camp.site
            && system.site == site
            && is_for(system, turn.radio.known_unit())
            && burst.place.channel == Channel::Control
            && self.camp.hears(turn.now, level_dbm, burst)
            && !self.camp.was_under_way(burst.place)
    }

    /// The control channel was found: whatever is to be said is said there.
    pub(super) fn end_search(&mut self, turn: &mut Turn<'_>, control: SlotAddress) {
        self.search = None;
        let site = self.camp.site;
        turn.out.push(Output::Tune { site, carrier: control.carrier });
        self.control_is_at(turn, control);
        self.ask_soon(turn);
    }

    /// In a call the handset is told that the control channel has moved (docs/resilience.md 14.5.3).
    pub(super) fn told_of_control(&mut self, turn: &mut Turn<'_>, word: &ControlAt) {
        if word.site == self.camp.site && self.camp.is_searched() && word.control != self.camp.control {
            self.camp.moves_to(word.control);
            self.control_is_at(turn, word.control);
        }
    }

    /// Whatever is to be said on the control channel is said there.
    fn control_is_at(&mut self, turn: &mut Turn<'_>, control: SlotAddress) {
        self.camp.control = control;
        let site = self.camp.site;
        turn.tell(HandsetEvent::FindsControl { site, control });
        let camp = &self.camp;
        let aim = |access: &mut Access| access.aim(camp, turn.now);
        self.activity.access_mut().into_iter().for_each(aim);
        self.reply.iter_mut().for_each(|reply| aim(&mut reply.access));
        self.shout.iter_mut().filter_map(|shout| shout.access_mut()).for_each(aim);
        self.notes.iter_mut().filter_map(|note| note.access_mut()).for_each(aim);
        // A selection whose tries all went to where the control channel had been is told now.
        self.service_changed(turn);
    }
}
