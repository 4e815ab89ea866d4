//! The rows of remote control: one for each unit that is not as usual.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use trunklab_protocol::operator::{Authority, PendingView, UnitView};
use trunklab_protocol::remote::{Class, Waits};
use trunklab_protocol::{
    Cause, Condition, Epoch, Moment, OrderNumber, Pair, Parties, RadioOrder, Regroup, TalkgroupId, UnitId,
};

use crate::orders::Given;

/// What lasts about a unit: a row of the store, written as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RemoteUnit {
    /// Whose.
    pub unit: UnitId,
    /// Whether it is of use.
    pub condition: Condition,
    /// Where its radio has confirmed to be set; `None`: where its user likes.
    pub regrouped: Option<Regroup>,
    /// Orders that its radio has not confirmed, in the order of their classes, one of each at most.
    pub pending: Vec<PendingOrder>,
}

/// An order that waits for its radio.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PendingOrder {
    /// The same in each repetition.
    pub number: OrderNumber,
    /// What.
    pub order: RadioOrder,
    /// Who gave it.
    pub by: Authority,
}

/// A row that is to be written, and what the audit trail says of it: both, or neither.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteChange {
    /// The row; one that is as usual is taken out.
    pub row: RemoteUnit,
    /// An order that is over with it.
    pub over: Option<RadioAudited>,
}

/// What became of an order that was taken before (docs/services.md 13.7.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RadioAudited {
    /// In which term of office.
    pub epoch: Epoch,
    /// When.
    pub at: Moment,
    /// Who gave it, as what, from where.
    pub by: Authority,
    /// For whom.
    pub unit: UnitId,
    /// What.
    pub order: RadioOrder,
    /// Confirmed, or why not.
    pub outcome: Result<(), Cause>,
}

impl RemoteUnit {
    /// A unit that is as usual.
    pub fn usual(unit: UnitId) -> Self {
        Self { unit, condition: Condition::Active, regrouped: None, pending: Vec::new() }
    }

    /// Whether there is nothing to keep.
    pub fn is_usual(&self) -> bool {
        self.condition == Condition::Active && self.regrouped.is_none() && self.pending.is_empty()
    }

    /// The order of a class that waits.
    pub fn waiting(&self, class: Class) -> Option<&PendingOrder> {
        self.pending.iter().find(|pending| pending.order.rule().class == class)
    }

    /// The talkgroup to which it is set, or is to be; `None` where that is its user's.
    pub(super) fn heads_for(&self) -> Option<TalkgroupId> {
        match self.waiting(Class::Selector).map(|pending| pending.order) {
            Some(RadioOrder::Regroup(to)) => Some(to.talkgroup),
            Some(_) => None,
            None => self.regrouped.map(|regroup| regroup.talkgroup),
        }
    }

    /// With an order that is taken, in place of the one of its class that waited.
    pub(super) fn with(&self, pending: PendingOrder) -> (Self, Option<PendingOrder>) {
        let rule = pending.order.rule();
        let (mut row, replaced) = self.without(rule.class);
        row.condition = rule.when_given.unwrap_or(row.condition);
        let place = row.pending.partition_point(|other| other.order.rule().class < rule.class);
        row.pending.insert(place, pending);
        (row, replaced)
    }

    /// Without what waited of a class.
    pub(super) fn without(&self, class: Class) -> (Self, Option<PendingOrder>) {
        let mut row = self.clone();
        let place = row.pending.iter().position(|pending| pending.order.rule().class == class);
        let over = place.map(|place| row.pending.remove(place));
        (row, over)
    }

    /// As it is when a radio has obeyed.
    pub(super) fn obeyed(&self, order: &RadioOrder) -> Self {
        let rule = order.rule();
        let (mut row, _) = self.without(rule.class);
        row.condition = rule.when_confirmed.unwrap_or(row.condition);
        match order {
            RadioOrder::Regroup(regroup) => row.regrouped = Some(*regroup),
            RadioOrder::Restore {} => row.regrouped = None,
            RadioOrder::Stun {}
            | RadioOrder::Revive {}
            | RadioOrder::Kill {}
            | RadioOrder::Check {}
            | RadioOrder::Monitor(_) => {}
        }
        row
    }

    /// As it is when its radio says that it is out of use for good: a kill was obeyed after another order had taken its place.
    pub(super) fn killed(self) -> Self {
        Self { condition: Condition::Killed, ..self }
    }

    fn view(&self) -> UnitView {
        let pending =
            |pending: &PendingOrder| PendingView { of_radio: pending.order, by: pending.by.console.clone() };
        UnitView {
            unit: self.unit,
            condition: self.condition,
            regrouped: self.regrouped,
            pending: self.pending.iter().map(pending).collect(),
        }
    }
}

/// Why a row is being written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Why {
    /// An order was taken, perhaps in place of another.
    Taken(Given, Option<PendingOrder>),
    /// A radio has answered an order: obeyed, or why not.
    Answered(PendingOrder, Result<(), Cause>),
    /// An order waits no longer, and why.
    GivenUp(PendingOrder, Cause),
    /// An operator has ended a monitor that waited.
    MonitorEnded(Given, PendingOrder),
    /// The talkgroup of a unit is no more: it is set back, perhaps in place of being set there.
    SetBack(PendingOrder, Option<PendingOrder>),
}

/// A row on its way to the store.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Saving {
    pub(super) store: u64,
    pub(super) next: RemoteUnit,
    pub(super) why: Why,
}

/// One unit.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Row {
    /// As it was written last.
    pub(super) kept: RemoteUnit,
    pub(super) saving: Option<Saving>,
    /// How often the first order that waits was said since the radio was last known to be there.
    pub(super) said: u8,
    /// What its radio has said to an order while the row was being written.
    pub(super) answered: Option<(OrderNumber, Result<(), Cause>)>,
    /// The listener of a monitor that its radio has confirmed, and by whose order, until the call is set up.
    pub(super) monitored: Option<(UnitId, Authority)>,
}

/// All units that are not as usual.
#[derive(Debug, Default)]
pub(crate) struct Remote {
    pub(super) rows: BTreeMap<UnitId, Row>,
}

impl Remote {
    /// What lasts about a unit.
    pub(super) fn kept(&self, unit: UnitId) -> Option<&RemoteUnit> {
        self.rows.get(&unit).map(|row| &row.kept)
    }

    /// Whether a unit is of use.
    pub(crate) fn condition(&self, unit: UnitId) -> Condition {
        // Nearly always there is nobody.
        if self.rows.is_empty() {
            return Condition::Active;
        }
        self.kept(unit).map_or(Condition::Active, |kept| kept.condition)
    }

    /// Whether a unit may be in a talkgroup of which it is no member: it is set there, or is to be.
    pub(crate) fn lets_into(&self, unit: UnitId, talkgroup: TalkgroupId) -> bool {
        self.kept(unit).is_some_and(|kept| {
            let ordered = kept
                .pending
                .iter()
                .any(|pending| matches!(pending.order, RadioOrder::Regroup(to) if to.talkgroup == talkgroup));
            ordered || kept.regrouped.is_some_and(|regroup| regroup.talkgroup == talkgroup)
        })
    }

    /// Whether a unit's selector is locked in another talkgroup. While an order about it waits, its radio may have obeyed.
    pub(crate) fn locks_out(&self, unit: UnitId, talkgroup: TalkgroupId) -> bool {
        let Some(kept) = self.kept(unit).filter(|kept| kept.waiting(Class::Selector).is_none()) else {
            return false;
        };
        kept.regrouped.is_some_and(|regroup| regroup.locked && regroup.talkgroup != talkgroup)
    }

    /// Orders that wait for radios, those that are being written down among them.
    pub(crate) fn waiting(&self) -> usize {
        let latest = |row: &Row| row.saving.as_ref().map_or(&row.kept, |saving| &saving.next).pending.len();
        self.rows.values().map(latest).sum()
    }

    /// By whose order the call that is set up for these parties is a remote monitor: for one call alone.
    pub(crate) fn take_monitor(&mut self, parties: Parties) -> Option<Authority> {
        let Pair { caller: unit, called } = parties.pair()?;
        let (_, by) = self.rows.get_mut(&unit)?.monitored.take_if(|(listener, _)| *listener == called)?;
        self.tidy(unit);
        Some(by)
    }

    /// A unit's user calls: what it was ordered to do is over.
    pub(crate) fn forget_monitor(&mut self, unit: UnitId) {
        if let Some(row) = self.rows.get_mut(&unit) {
            row.monitored = None;
            self.tidy(unit);
        }
    }

    /// The term ends: orders that are still being written down. Whether they hold, the next term is told by the store.
    pub(crate) fn take_given(&mut self) -> Vec<Given> {
        let whose = |saving: Saving| match saving.why {
            Why::Taken(given, _) | Why::MonitorEnded(given, _) => Some(given),
            Why::Answered(..) | Why::GivenUp(..) | Why::SetBack(..) => None,
        };
        self.rows.values_mut().filter_map(|row| row.saving.take()).filter_map(whose).collect()
    }

    /// Forgets all of them.
    pub(crate) fn clear(&mut self) {
        self.rows.clear();
    }

    /// A unit is no subscriber any more.
    pub(crate) fn forget(&mut self, unit: UnitId) {
        self.rows.remove(&unit);
    }

    /// Who is stunned or killed.
    pub(crate) fn out_of_service(&self) -> impl Iterator<Item = UnitId> + '_ {
        self.rows.values().filter(|row| row.kept.condition != Condition::Active).map(|row| row.kept.unit)
    }

    /// What operators are shown of a unit, also where it is as usual.
    pub(crate) fn view_of(&self, unit: UnitId) -> UnitView {
        self.kept(unit).map_or_else(|| RemoteUnit::usual(unit).view(), RemoteUnit::view)
    }

    /// Whether a unit is of use, and where it was set.
    pub(crate) fn standing_of(&self, unit: UnitId) -> (Condition, Option<Regroup>) {
        self.kept(unit).map_or((Condition::Active, None), |kept| (kept.condition, kept.regrouped))
    }

    /// Takes over what another register says of a unit.
    pub(crate) fn copy(&mut self, kept: RemoteUnit) {
        let unit = kept.unit;
        self.row_mut(unit).kept = kept;
        self.tidy(unit);
    }

    /// What operators are shown.
    pub(crate) fn views(&self) -> Vec<UnitView> {
        self.rows
            .values()
            .map(|row| &row.kept)
            .filter(|kept| !kept.is_usual())
            .map(RemoteUnit::view)
            .collect()
    }

    /// For the digest.
    pub(crate) fn hash(&self, hasher: &mut impl std::hash::Hasher) {
        for row in self.rows.values() {
            std::hash::Hash::hash(row, hasher);
        }
    }

    /// The row of a unit, to change it; one as usual where there was none.
    pub(super) fn row_mut(&mut self, unit: UnitId) -> &mut Row {
        self.rows.entry(unit).or_insert_with(|| Row {
            kept: RemoteUnit::usual(unit),
            saving: None,
            said: 0,
            answered: None,
            monitored: None,
        })
    }

    /// Takes a row out that says nothing.
    pub(super) fn tidy(&mut self, unit: UnitId) {
        let is_idle = |row: &Row| row.kept.is_usual() && row.saving.is_none() && row.monitored.is_none();
        if self.rows.get(&unit).is_some_and(is_idle) {
            self.rows.remove(&unit);
        }
    }
}

/// Whether an order of this class ends by itself.
pub(super) fn ends_by_itself(order: &RadioOrder) -> bool {
    order.rule().waits == Waits::Minute
}
