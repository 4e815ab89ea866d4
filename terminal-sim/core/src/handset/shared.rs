//! Idle where a call has the control channel's slot (docs/call-processing.md, clause 12.12.11): the handset stays there,
//! hears what is said beside the call, and joins the call if it is its own.

use trunklab_protocol::FloorPolicy;
use trunklab_protocol::air_downlink::{Burst, DownlinkWord, FloorIdle, FloorTaken, Grant};
use trunklab_protocol::profile::Channel;

use super::call::{Activity, Queued};
use super::radio::Turn;
use super::service::Service;
use super::timers::WORKING;

impl Service {
    /// Takes what the call's own words say; false for a word that is not of a call.
    pub(super) fn call_on_control(&mut self, turn: &mut Turn<'_>, burst: &Burst) -> bool {
        let (call, parties, talker) = match &burst.word {
            DownlinkWord::FloorTaken(FloorTaken { call, parties, talker }) => {
                (*call, *parties, Some(*talker))
            }
            DownlinkWord::FloorIdle(FloorIdle { call, parties }) => (*call, *parties, None),
            DownlinkWord::Voice(_) => return true,
            DownlinkWord::Idle(_)
            | DownlinkWord::System(_)
            | DownlinkWord::Neighbour(_)
            | DownlinkWord::ControlAt(_)
            | DownlinkWord::FailsoftChannel(_)
            | DownlinkWord::FailsoftOpen(_)
            | DownlinkWord::FailsoftVoice(_)
            | DownlinkWord::FailsoftOver(_)
            | DownlinkWord::Challenge(_)
            | DownlinkWord::Registered(_)
            | DownlinkWord::RegisterRefused(_)
            | DownlinkWord::Affiliated(_)
            | DownlinkWord::Refused(_)
            | DownlinkWord::Queued(_)
            | DownlinkWord::Working(_)
            | DownlinkWord::Deregistered(_)
            | DownlinkWord::CallBack(_)
            | DownlinkWord::EmergencyStatus(_)
            | DownlinkWord::Page(_)
            | DownlinkWord::Ringing(_)
            | DownlinkWord::PageOver(_)
            | DownlinkWord::RadioOrder(_)
            | DownlinkWord::NetworkAnswer(_)
            | DownlinkWord::Grant(_)
            | DownlinkWord::Release(_)
            | DownlinkWord::FloorRefused(_)
            | DownlinkWord::TalkWarning(_)
            | DownlinkWord::FloorWithdrawn(_)
            | DownlinkWord::Status(_)
            | DownlinkWord::CallAlert(_)
            | DownlinkWord::AlertOver(_)
            | DownlinkWord::MessageDelivered(_)
            | DownlinkWord::MessageRefused(_)
            | DownlinkWord::FloorQueued(_) => return false,
        };
        let floor = self.promised.filter(|(promised, _)| *promised == call).map(|(_, floor)| floor);
        let grant = Grant {
            call,
            parties,
            at: burst.place.at,
            talker,
            emergency: false,
            late_entry: floor.is_none(),
            floor: floor.unwrap_or(FloorPolicy::Refuse),
            // No full duplex call has such a slot.
            duplex: None,
        };
        self.obey(turn, &grant);
        true
    }

    /// A grant that is heard on the control channel. One of its own slot holds when the call is there: until then the
    /// control channel speaks, and nobody would hear the talker.
    pub(super) fn granted_here(&mut self, turn: &mut Turn<'_>, grant: &Grant) {
        let speaks = self.camp.way().is_some_and(|(channel, _)| channel == Channel::Control);
        if !speaks || !self.camp.is_shared(grant.at) || self.activity.in_call().is_some() {
            return self.obey(turn, grant);
        }
        self.promised = Some((grant.call, grant.floor));
        if let Activity::Requesting(request) | Activity::Queued(Queued { request, .. }) = &mut self.activity
            && grant
                .talker
                .is_some_and(|talker| talker.unit == turn.radio.unit() && talker.press == request.press)
        {
            request.access.be_patient(turn.now, WORKING);
        }
    }
}
