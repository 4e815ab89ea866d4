//! Patches: talkgroups that operators have joined (clauses 12.10.4 and 12.10.5).

use trunklab_protocol::operator::{ConsoleName, EventKind, PatchView};
use trunklab_protocol::to_site::OTHERS_MAX;
use trunklab_protocol::{Cause, TalkgroupId};

use crate::config::Reach;
use crate::controller::Controller;
use crate::output::Outbox;

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

/// Talkgroups that are joined.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Patch {
    /// Which, in order, each once.
    pub talkgroups: Vec<TalkgroupId>,
    /// How long.
    pub lasts: Lasts,
}

/// The patches that stand, in order of their first talkgroups; a talkgroup is in one.
#[derive(Debug, Default)]
pub struct Patches {
    rows: Vec<Patch>,
}

impl Patches {
    /// The patch of a talkgroup.
    pub fn of(&self, talkgroup: TalkgroupId) -> Option<&Patch> {
        self.rows.iter().find(|patch| patch.talkgroups.contains(&talkgroup))
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
        self.rows.iter().map(view).collect()
    }
}

impl Controller {
    /// An operator joins talkgroups. The very same again changes nothing.
    pub(crate) fn patch(
        &mut self,
        talkgroups: &[TalkgroupId],
        lasts: Lasts,
        by: &ConsoleName,
        out: &mut Outbox,
    ) -> Result<(), Cause> {
        let mut talkgroups = talkgroups.to_vec();
        talkgroups.sort_unstable();
        talkgroups.dedup();
        let patch = Patch { talkgroups, lasts };
        if self.patches.rows.contains(&patch) {
            return Ok(());
        }
        self.check_patch(&patch)?;
        let Patch { talkgroups, lasts } = patch.clone();
        let place = self.patches.rows.partition_point(|other| other.talkgroups < patch.talkgroups);
        self.patches.rows.insert(place, patch);
        self.queue.watch_mut().wake_all();
        let lasting = lasts == Lasts::UntilUndone;
        self.report(EventKind::Patched { talkgroups, lasting, by: by.clone() }, out);
        Ok(())
    }

    /// What talkgroups must satisfy that are to be joined, in order.
    fn check_patch(&self, patch: &Patch) -> Result<(), Cause> {
        if !(2..=OTHERS_MAX + 1).contains(&patch.talkgroups.len()) {
            return Err(Cause::FieldOutOfRange);
        }
        for talkgroup in &patch.talkgroups {
            let row = self.talkgroups.get(*talkgroup).ok_or(Cause::UnknownTalkgroup)?;
            match () {
                () if self.patches.of(*talkgroup).is_some() => return Err(Cause::PatchedAlready),
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
        by: Option<&ConsoleName>,
        out: &mut Outbox,
    ) -> Result<(), Cause> {
        let rows = &mut self.patches.rows;
        let place = rows.iter().position(|patch| patch.talkgroups.contains(&talkgroup));
        let patch = rows.remove(place.ok_or(Cause::UnknownPatch)?);
        self.queue.watch_mut().wake_all();
        let (talkgroups, by) = (patch.talkgroups, by.cloned());
        self.report(EventKind::Unpatched { talkgroups, by }, out);
        Ok(())
    }

    /// A call of a talkgroup is over: if it was joined to others for one call, it is so no longer.
    pub(crate) fn one_call_is_over(&mut self, talkgroup: TalkgroupId, out: &mut Outbox) {
        let patch = self.patches.of(talkgroup).filter(|patch| patch.lasts == Lasts::OneCall);
        if patch.is_some() {
            self.undo_patch(talkgroup, None, out).expect("the patch was found");
        }
    }
}
