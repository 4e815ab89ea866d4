//! Whose speech is recorded (docs/services.md 13.5.5): that of calls which a recorded talkgroup hears and no encrypted one.

use trunklab_protocol::{CallId, TalkgroupId};

use super::audience::Audience;
use super::calls::Call;
use crate::config::SpeechPolicy;
use crate::controller::Controller;
use crate::output::{Outbox, Output, RecordedSpurt};

impl Controller {
    /// The recorder learns of the spurt of a call whose speech is recorded: before the switch learns where it goes.
    pub(crate) fn record_spurt(&self, id: CallId, out: &mut Outbox) {
        let call = self.calls.get(id).expect("a spurt is of a call that runs");
        let (Some(talkgroup), Some(floor)) = (call.parties.talkgroup(), call.floor) else { return };
        if self.is_recorded(talkgroup, call) {
            out.push(Output::Record(RecordedSpurt {
                call: id,
                talkgroup,
                spurt: floor.spurt,
                unit: floor.unit,
            }));
        }
    }

    fn is_recorded(&self, own: TalkgroupId, call: &Call) -> bool {
        let policy = |group: TalkgroupId| self.talkgroups.get(group).map(|row| row.config.speech);
        let (mut wanted, mut forbidden) = (false, false);
        let mut hears = |group| {
            wanted |= policy(group) == Some(SpeechPolicy::Recorded);
            forbidden |= policy(group) == Some(SpeechPolicy::Encrypted);
        };
        hears(own);
        match &call.audience {
            Audience::Own => {}
            Audience::Groups(others) => others.iter().copied().for_each(hears),
            Audience::All => self.talkgroups.keys().for_each(hears),
        }
        wanted && !forbidden
    }
}
