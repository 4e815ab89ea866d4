//! What users notice.

use trunklab_protocol::{Addressee, EmergencyStage, UnitId};

use super::{Said, seconds};
use crate::output::HandsetEvent;

/// What a handset's user noticed, as a sentence without its subject.
pub fn sentence(unit: UnitId, event: &HandsetEvent) -> String {
    handset(unit, event).text
}

pub(in crate::transcript) fn handset(unit: UnitId, event: &HandsetEvent) -> Said {
    let (text, call) = match event {
        HandsetEvent::OutOfRange => ("is out of range".to_owned(), None),
        HandsetEvent::Camped { site } => (format!("camps on site {site}"), None),
        HandsetEvent::Searches { site } => (format!("searches for the control channel of site {site}"), None),
        HandsetEvent::FindsControl { site, control } => {
            (format!("finds the control channel of site {site} at {control}"), None)
        }
        HandsetEvent::LeavesFor { site } => (format!("leaves for site {site}"), None),
        HandsetEvent::Service { site, service } => {
            use trunklab_protocol::air_downlink::SiteService::{Failsoft, Isolated, NoService, Wide};
            let what = match service {
                Wide => "serves the whole network",
                Isolated => "is isolated",
                NoService => "has no service",
                Failsoft => "is in failsoft",
            };
            (format!("sees that site {site} {what}"), None)
        }
        HandsetEvent::Subscribed { unit: told, imsi } => {
            let imsi = imsi.map_or_else(String::new, |imsi| format!(", imsi {imsi}"));
            (format!("is told that it is unit {told}{imsi}"), None)
        }
        HandsetEvent::Registered { site, talkgroup: Some(talkgroup) } => {
            (format!("registered at site {site}, talkgroup {talkgroup}"), None)
        }
        HandsetEvent::Registered { site, talkgroup: None } => (format!("registered at site {site}"), None),
        HandsetEvent::RegisterRefused { cause } => (format!("is not registered: {cause}"), None),
        HandsetEvent::Affiliated { talkgroup } => (format!("affiliated to talkgroup {talkgroup}"), None),
        HandsetEvent::Queued { position } => (format!("is queued at place {position}"), None),
        HandsetEvent::CalledBack => ("is called back: press to talk".to_owned(), None),
        HandsetEvent::Emergency { stage } => {
            let text = match stage {
                EmergencyStage::Raised => "is heard in its emergency",
                EmergencyStage::Acknowledged => "has its emergency acknowledged",
                EmergencyStage::Cleared => "has its emergency cleared",
            };
            (text.to_owned(), None)
        }
        HandsetEvent::Refused { cause } => (format!("is refused: {cause}"), None),
        HandsetEvent::Rings { caller } => (format!("rings: unit {caller} calls"), None),
        HandsetEvent::RingOver { caller, cause } => {
            (format!("rings no more for unit {caller}: {cause}"), None)
        }
        HandsetEvent::CalledRings { called } => (format!("hears that unit {called} rings"), None),
        HandsetEvent::TalkPermit { call } => (format!("may talk in call {call}"), Some(*call)),
        HandsetEvent::FloorQueued { call, position } => {
            (format!("waits for the floor of call {call} at place {position}"), Some(*call))
        }
        HandsetEvent::TalkWarning { call, left_ms } => {
            (format!("is warned: {} left to talk in call {call}", seconds(*left_ms)), Some(*call))
        }
        HandsetEvent::FloorLost { call, cause } => {
            (format!("loses the floor of call {call}: {cause}"), Some(*call))
        }
        HandsetEvent::TalkEnded { call } => (format!("stops talking in call {call}"), Some(*call)),
        HandsetEvent::Joined { call, parties, late_entry } => {
            let late = if *late_entry { " late" } else { "" };
            (format!("joins call {call} of {parties}{late}"), Some(*call))
        }
        HandsetEvent::Hears { call, talker } => (format!("hears unit {talker} in call {call}"), Some(*call)),
        HandsetEvent::Failsoft { site, talkgroup, at } => {
            (format!("shows FAILSOFT: site {site}, talkgroup {talkgroup}, slot {at}"), None)
        }
        HandsetEvent::FailsoftTone => ("beeps: failsoft".to_owned(), None),
        HandsetEvent::FailsoftPermit => ("may talk in failsoft".to_owned(), None),
        HandsetEvent::FailsoftTalkEnded => ("stops talking in failsoft".to_owned(), None),
        HandsetEvent::FailsoftHears { talker, talkgroup } => {
            (format!("hears unit {talker} in failsoft, talkgroup {talkgroup}"), None)
        }
        HandsetEvent::FailsoftOver { site } => (format!("leaves failsoft of site {site}"), None),
        HandsetEvent::Stunned => ("is stunned".to_owned(), None),
        HandsetEvent::Revived => ("is revived".to_owned(), None),
        HandsetEvent::Killed => ("is out of use for good".to_owned(), None),
        HandsetEvent::Regrouped { talkgroup, locked } => {
            let lock = if *locked { ", its selector locked" } else { "" };
            (format!("is set to talkgroup {talkgroup}{lock}"), None)
        }
        HandsetEvent::Restored { talkgroup } => (format!("is set back to talkgroup {talkgroup}"), None),
        HandsetEvent::ShowsStatus { number, from, to: Addressee::Unit(_) } => {
            (format!("shows status {number} from {from}"), None)
        }
        HandsetEvent::ShowsStatus { number, from, to: Addressee::Talkgroup(talkgroup) } => {
            (format!("shows status {number} from {from} for talkgroup {talkgroup}"), None)
        }
        HandsetEvent::Alerted { from } => (format!("is alerted by {from}"), None),
        HandsetEvent::AlertOver { from, cause } => (format!("is alerted no more by {from}: {cause}"), None),
        HandsetEvent::MessageDelivered => ("learns that its message was delivered".to_owned(), None),
        HandsetEvent::MessageRefused { cause } => {
            (format!("learns that its message was refused: {cause}"), None)
        }
        HandsetEvent::Left { call, cause } => (format!("leaves call {call}: {cause}"), Some(*call)),
    };
    Said { text, call, unit: Some(unit) }
}
