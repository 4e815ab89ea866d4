//! Regrouped units whose talkgroup is taken out, and units that are set back: no radio stays where it may not be, or is locked where
//! nobody is (clause 13.3.6).

use trunklab_protocol::operator::{Authority, ConsoleName};
use trunklab_protocol::{Cause, Condition, RadioOrder, TalkgroupId, UnitId};

use super::rows::{PendingOrder, Why};
use crate::controller::Controller;
use crate::output::Outbox;
use crate::registry::home::Row;

/// Under whose name a unit is set back that no operator sets back.
const NETWORK: &str = "network";

impl Controller {
    /// A talkgroup was taken out: who is set there, or is to be, is set back.
    pub(crate) fn set_back_from(&mut self, talkgroup: TalkgroupId, out: &mut Outbox) {
        let set_there = self.remote.rows.values().filter(|row| row.kept.heads_for() == Some(talkgroup));
        for unit in set_there.map(|row| row.kept.unit).collect::<Vec<_>>() {
            self.set_back(unit, out);
        }
    }

    /// Sets a unit back where its talkgroup is no more; one that was killed is nowhere. While its row is being written it waits for
    /// that.
    pub(super) fn set_back(&mut self, unit: UnitId, out: &mut Outbox) {
        let Some(row) = self.remote.rows.get(&unit).filter(|row| row.saving.is_none()) else { return };
        let stands = row.kept.heads_for().is_none_or(|talkgroup| self.talkgroups.contains(talkgroup));
        if stands || row.kept.condition == Condition::Killed {
            return;
        }
        let number = self.random().order_number();
        let by = Authority::own_process(ConsoleName::new(NETWORK));
        let pending = PendingOrder { number, order: RadioOrder::Restore {}, by };
        let (next, replaced) = self.remote.row_mut(unit).kept.with(pending.clone());
        let over =
            replaced.clone().map(|replaced| self.audited(unit, replaced, Err(Cause::TalkgroupRemoved)));
        self.save_remote(next, over, Why::SetBack(pending, replaced), out);
    }

    /// A unit's selector was set: it stays in no talkgroup in which it may not be.
    pub(super) fn leave_foreign_talkgroups(&mut self, unit: UnitId, out: &mut Outbox) {
        let (Some(visitor), Some(row)) = (self.visitors.get(unit).copied(), self.home.unit(unit)) else {
            return;
        };
        let may_hear = |row: &Row, talkgroup| self.is_member(row, talkgroup);
        match visitor.talkgroup {
            Some(own) if !may_hear(row, own) => {
                self.stop_waiting(unit, Cause::NotAMember, out);
                self.lose_floor(unit, out);
                self.leave_talkgroups(visitor, out);
            }
            Some(own) if visitor.talkgroups().any(|talkgroup| !may_hear(row, talkgroup)) => {
                self.change_talkgroup(unit, own, out);
            }
            Some(_) | None => {}
        }
    }
}
