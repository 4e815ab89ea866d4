//! Calls that ended here because their sites were lost, while one of these may carry them on alone (clause 14.1.5).

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};

use trunklab_protocol::{CallId, Cause, SiteId};

use crate::controller::Controller;
use crate::output::CallRecord;

/// The calls, until each of those sites has said whether it carries them. A site has no more calls than slots.
#[derive(Debug, Default)]
pub(crate) struct LostCalls {
    calls: BTreeMap<CallId, Lost>,
}

#[derive(Debug)]
struct Lost {
    record: Box<CallRecord>,
    /// The sites that have not reported since.
    awaited: BTreeSet<SiteId>,
}

impl LostCalls {
    /// Forgets all of them.
    pub(crate) fn clear(&mut self) {
        self.calls.clear();
    }

    /// Whether a site may still carry a call that ended so.
    pub(crate) fn is_awaited(&self, call: CallId, site: SiteId) -> bool {
        self.calls.get(&call).is_some_and(|lost| lost.awaited.contains(&site))
    }

    /// The record of a call that a site carries on: it is opened again.
    pub(crate) fn reopen(&mut self, call: CallId) -> Option<Box<CallRecord>> {
        let mut record = self.calls.remove(&call)?.record;
        record.released = None;
        Some(record)
    }

    /// A site has reported all that it carries.
    pub(crate) fn reported(&mut self, site: SiteId) {
        self.calls.retain(|_, lost| {
            lost.awaited.remove(&site);
            !lost.awaited.is_empty()
        });
    }

    /// For the digest.
    pub(crate) fn hash(&self, hasher: &mut impl Hasher) {
        for (call, lost) in &self.calls {
            (call, &lost.awaited).hash(hasher);
        }
    }
}

impl Controller {
    /// A call's record has closed: it is remembered where a site that it had may carry it on.
    pub(crate) fn note_lost(&mut self, record: &CallRecord, cause: Cause) {
        if cause != Cause::CallLost || record.is_full() {
            return;
        }
        let awaited: BTreeSet<SiteId> = record.slots.iter().map(|slot| slot.site).collect();
        let awaited: BTreeSet<SiteId> = awaited
            .into_iter()
            .filter(|site| self.may_serve_alone(*site))
            .filter(|site| self.sites.get(*site).is_some_and(|row| !row.in_service()))
            .collect();
        if !awaited.is_empty() {
            let lost = Lost { record: Box::new(record.clone()), awaited };
            self.lost_calls.calls.insert(record.call, lost);
        }
    }
}
