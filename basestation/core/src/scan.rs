//! Radios that scan: on the slot of a call they are told of another that goes before it in some radio's list, for they do
//! not hear the control channel there (docs/protocol.md, clause 5.3.6).

use trunklab_protocol::SlotAddress;
use trunklab_protocol::air_downlink::{DownlinkWord, Grant};

use crate::output::Outbox;
use crate::sessions::Sessions;
use crate::station::BaseStation;

/// How often a call that begins, or whose talker changes, is told of on another's slot.
const SAYINGS: usize = 2;

impl BaseStation {
    /// The call in a slot begins or has another talker: told on the slots of the calls that it goes before.
    pub(crate) fn tell_scanners(&mut self, at: SlotAddress, out: &mut Outbox) {
        self.tell_others(at, SAYINGS, out);
    }

    /// A late-entry word was said: told again on the slots that have not told of another call for a while.
    pub(crate) fn remind_scanners(&mut self, word: &DownlinkWord, out: &mut Outbox) {
        let DownlinkWord::Grant(Grant { at, late_entry: true, .. }) = word else { return };
        self.tell_others(*at, 1, out);
    }

    fn tell_others(&mut self, at: SlotAddress, sayings: usize, out: &mut Outbox) {
        let Some(air) = &mut self.on_air else { return };
        let mut grants = air.slots.get(&at).map(|slot| slot.grants()).unwrap_or_default();
        grants.retain(|grant| grant.talker.is_some());
        for slot in air.slots.values_mut().filter(|slot| slot.at() != at) {
            if sayings == 1 && !slot.may_remind(self.now) {
                continue;
            }
            let heard = slot.grants();
            let goes_before = |grant: &&Grant| heard.iter().any(|other| prefer(&self.sessions, grant, other));
            let told: Vec<_> = grants.iter().filter(goes_before).cloned().collect();
            if let Err(cause) = slot.tell_of_other(self.now, told, sayings) {
                self.counts.drop(None, cause, out);
            }
        }
    }
}

/// Whether some radio here would leave the second call for the first.
fn prefer(sessions: &Sessions, first: &Grant, second: &Grant) -> bool {
    let talkgroups = first.parties.talkgroup().zip(second.parties.talkgroup());
    talkgroups.is_some_and(|(first, second)| sessions.prefer(first, second))
}
