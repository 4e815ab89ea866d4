//! Patches: talkgroups that operators have joined (clauses 12.10.4 and 12.10.5).
//!
//! A patch that lasts until it is undone outlives the controller's term. It joins its talkgroups, and parts them, when the
//! store has kept that, and then its order is answered: so nobody is told of a patch that a restart would undo.

use trunklab_protocol::operator::{ConsoleName, EventKind, PatchView};
use trunklab_protocol::to_site::OTHERS_MAX;
use trunklab_protocol::{Cause, TalkgroupId};

use crate::config::Reach;
use crate::controller::Controller;
use crate::orders::{Done, Given};
use crate::output::{Outbox, StoreItem};

/// Patches that may stand at once.
pub const PATCHES_MAX: usize = 100;

/// How long talkgroups stay joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lasts {
    /// Until an operator undoes it.
    UntilUndone,
    /// For their next call.
    OneCall,
}

/// How far a patch is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Standing {
    /// It joins its talkgroups once the store has kept it.
    Joining(Pending),
    /// It joins its talkgroups.
    Stands,
    /// It joins them until the store has forgotten it.
    Parting(Pending),
}

/// An order that is answered when the store has answered.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pending {
    /// The request to the store.
    store: u64,
    /// The order.
    given: Given,
}

/// Talkgroups that are joined.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Patch {
    /// Which, in order, each once.
    pub talkgroups: Vec<TalkgroupId>,
    /// How long.
    pub lasts: Lasts,
    /// How far that is.
    pub standing: Standing,
}

impl Patch {
    fn joins(&self) -> bool {
        match self.standing {
            Standing::Joining(_) => false,
            Standing::Stands | Standing::Parting(_) => true,
        }
    }

    fn waits_for(&self, id: u64) -> bool {
        match &self.standing {
            Standing::Joining(pending) | Standing::Parting(pending) => pending.store == id,
            Standing::Stands => false,
        }
    }
}

/// The patches, in order of their first talkgroups; a talkgroup is in one.
#[derive(Debug, Default)]
pub struct Patches {
    rows: Vec<Patch>,
}

impl Patches {
    /// The term ends: orders that are still being written down.
    pub(crate) fn take_given(&mut self) -> Vec<Given> {
        let given = |patch: &mut Patch| match std::mem::replace(&mut patch.standing, Standing::Stands) {
            Standing::Joining(Pending { given, .. }) | Standing::Parting(Pending { given, .. }) => {
                Some(given)
            }
            Standing::Stands => None,
        };
        self.rows.iter_mut().filter_map(given).collect()
    }

    /// The patch that joins a talkgroup with others.
    pub fn of(&self, talkgroup: TalkgroupId) -> Option<&Patch> {
        self.rows.iter().find(|patch| patch.joins() && patch.talkgroups.contains(&talkgroup))
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Patch> + '_ {
        self.rows.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Forgets all of them.
    pub fn clear(&mut self) {
        self.rows.clear();
    }

    /// What operators are shown.
    pub fn views(&self) -> Vec<PatchView> {
        let view = |patch: &Patch| PatchView {
            talkgroups: patch.talkgroups.clone(),
            lasting: patch.lasts == Lasts::UntilUndone,
        };
        self.rows.iter().filter(|patch| patch.joins()).map(view).collect()
    }

    fn place_of(&self, talkgroup: TalkgroupId) -> Option<usize> {
        self.rows.iter().position(|patch| patch.talkgroups.contains(&talkgroup))
    }

    fn add(&mut self, patch: Patch) {
        let place = self.rows.partition_point(|other| other.talkgroups < patch.talkgroups);
        self.rows.insert(place, patch);
    }
}

impl Controller {
    /// An operator joins talkgroups until that is undone. The very same again changes nothing.
    pub(crate) fn patch(
        &mut self,
        talkgroups: &[TalkgroupId],
        given: &Given,
        out: &mut Outbox,
    ) -> Result<Done, Cause> {
        let talkgroups = in_order(talkgroups);
        if let Some(known) = self.known_patch(&talkgroups, Lasts::UntilUndone) {
            return if known.standing == Standing::Stands { Ok(Done::Now) } else { Err(Cause::WrongState) };
        }
        self.check_patch(&talkgroups)?;
        let store = self.store(StoreItem::Patched(talkgroups.clone()), out);
        let standing = Standing::Joining(Pending { store, given: given.clone() });
        self.patches.add(Patch { talkgroups, lasts: Lasts::UntilUndone, standing });
        Ok(Done::WhenStored)
    }

    /// An operator joins talkgroups for their next call. The very same again changes nothing.
    pub(crate) fn multiselect(
        &mut self,
        talkgroups: &[TalkgroupId],
        by: &ConsoleName,
        out: &mut Outbox,
    ) -> Result<(), Cause> {
        let talkgroups = in_order(talkgroups);
        if self.known_patch(&talkgroups, Lasts::OneCall).is_some() {
            return Ok(());
        }
        self.check_patch(&talkgroups)?;
        let event =
            EventKind::Patched { talkgroups: talkgroups.clone(), lasting: false, by: Some(by.clone()) };
        self.patches.add(Patch { talkgroups, lasts: Lasts::OneCall, standing: Standing::Stands });
        self.queue.watch_mut().wake_all();
        self.report(event, out);
        Ok(())
    }

    /// A patch of an earlier term comes back from the store.
    pub(crate) fn provision_patch(
        &mut self,
        talkgroups: &[TalkgroupId],
        out: &mut Outbox,
    ) -> Result<(), Cause> {
        let talkgroups = in_order(talkgroups);
        if self.known_patch(&talkgroups, Lasts::UntilUndone).is_some() {
            return Ok(());
        }
        self.check_patch(&talkgroups)?;
        let event = EventKind::Patched { talkgroups: talkgroups.clone(), lasting: true, by: None };
        self.patches.add(Patch { talkgroups, lasts: Lasts::UntilUndone, standing: Standing::Stands });
        self.queue.watch_mut().wake_all();
        self.report(event, out);
        Ok(())
    }

    fn known_patch(&self, talkgroups: &[TalkgroupId], lasts: Lasts) -> Option<&Patch> {
        self.patches.iter().find(|patch| patch.talkgroups == talkgroups && patch.lasts == lasts)
    }

    /// What talkgroups must satisfy that are to be joined, in order.
    fn check_patch(&self, talkgroups: &[TalkgroupId]) -> Result<(), Cause> {
        if !(2..=OTHERS_MAX + 1).contains(&talkgroups.len()) {
            return Err(Cause::FieldOutOfRange);
        }
        for talkgroup in talkgroups {
            let row = self.talkgroups.get(*talkgroup).ok_or(Cause::UnknownTalkgroup)?;
            match () {
                () if self.patches.place_of(*talkgroup).is_some() => return Err(Cause::PatchedAlready),
                () if self.is_leaving(*talkgroup) => return Err(Cause::WrongState),
                // It joins talkgroups itself.
                () if row.config.reach != Reach::Own => return Err(Cause::WrongState),
                () => {}
            }
        }
        if self.patches.rows.len() >= PATCHES_MAX { Err(Cause::TooManyPatches) } else { Ok(()) }
    }

    /// An operator undoes a patch. A running call keeps its talkgroups until it ends.
    pub(crate) fn undo_patch(
        &mut self,
        talkgroup: TalkgroupId,
        given: &Given,
        out: &mut Outbox,
    ) -> Result<Done, Cause> {
        let place = self.patches.place_of(talkgroup).ok_or(Cause::UnknownPatch)?;
        let patch = &self.patches.rows[place];
        match (patch.lasts, &patch.standing) {
            (Lasts::OneCall, _) => {
                self.part(place, Some(given.by.console.clone()), out);
                Ok(Done::Now)
            }
            (Lasts::UntilUndone, Standing::Stands) => {
                let store = self.store(StoreItem::Unpatched(patch.talkgroups.clone()), out);
                let pending = Pending { store, given: given.clone() };
                self.patches.rows[place].standing = Standing::Parting(pending);
                Ok(Done::WhenStored)
            }
            (Lasts::UntilUndone, Standing::Joining(_) | Standing::Parting(_)) => Err(Cause::WrongState),
        }
    }

    /// The store has kept something, or failed to: where it was a patch, or its end, that is so now, or as it was before.
    pub(crate) fn patch_stored(&mut self, id: u64, kept: bool, out: &mut Outbox) {
        let Some(place) = self.patches.rows.iter().position(|patch| patch.waits_for(id)) else { return };
        let patch = &mut self.patches.rows[place];
        let outcome = if kept { Ok(()) } else { Err(Cause::DurableStoreFailed) };
        let given = match std::mem::replace(&mut patch.standing, Standing::Stands) {
            Standing::Joining(Pending { given, .. }) => {
                if kept {
                    let (talkgroups, by) = (patch.talkgroups.clone(), Some(given.by.console.clone()));
                    self.queue.watch_mut().wake_all();
                    self.report(EventKind::Patched { talkgroups, lasting: true, by }, out);
                } else {
                    self.patches.rows.remove(place);
                }
                given
            }
            Standing::Parting(Pending { given, .. }) => {
                if kept {
                    self.part(place, Some(given.by.console.clone()), out);
                }
                given
            }
            Standing::Stands => unreachable!("what waits for the store does not stand"),
        };
        self.answer_order(&given, outcome, out);
    }

    /// A call of a talkgroup is over: if it was joined to others for one call, it is so no longer.
    pub(crate) fn one_call_is_over(&mut self, talkgroup: TalkgroupId, out: &mut Outbox) {
        let place = self.patches.place_of(talkgroup);
        if let Some(place) = place.filter(|place| self.patches.rows[*place].lasts == Lasts::OneCall) {
            self.part(place, None, out);
        }
    }

    fn part(&mut self, place: usize, by: Option<ConsoleName>, out: &mut Outbox) {
        let Patch { talkgroups, .. } = self.patches.rows.remove(place);
        self.queue.watch_mut().wake_all();
        self.report(EventKind::Unpatched { talkgroups, by }, out);
    }
}

fn in_order(talkgroups: &[TalkgroupId]) -> Vec<TalkgroupId> {
    let mut talkgroups = talkgroups.to_vec();
    talkgroups.sort_unstable();
    talkgroups.dedup();
    talkgroups
}
