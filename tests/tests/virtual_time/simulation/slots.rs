//! Invariant: a slot carries one call, and a call that is released holds none.

use std::collections::BTreeMap;

use trunklab_protocol::operator::EventKind;
use trunklab_protocol::{CallId, SiteId, SlotAddress};

/// Which call has which slot, as operators are told.
#[derive(Debug, Default)]
pub struct Slots(BTreeMap<(SiteId, SlotAddress), CallId>);

impl Slots {
    pub fn see(&mut self, event: &EventKind) {
        if let EventKind::CallGranted { call, sites, .. }
        | EventKind::CallCalledBack { call, sites, .. }
        | EventKind::CallAnswered { call, sites, .. } = event
        {
            for (site, at) in sites {
                self.take(*call, *site, *at);
            }
        } else if let EventKind::SiteJoined { call, site, at } = event {
            self.take(*call, *site, *at);
        } else if let EventKind::SiteLeft { call, site, .. } = event {
            let held = self.0.len();
            self.0.retain(|(at_site, _), by| (*at_site, *by) != (*site, *call));
            assert_eq!(self.0.len() + 1, held, "call {call} leaves site {site}, where it has not one slot");
        } else if let EventKind::CallReleased { call, .. } = event {
            self.0.retain(|_, by| by != call);
        }
    }

    fn take(&mut self, call: CallId, site: SiteId, at: SlotAddress) {
        let before = self.0.insert((site, at), call);
        assert_eq!(before, None, "site {site}: slot {at} is given to call {call} and was not free");
    }

    pub fn are_free(&self) {
        assert!(self.0.is_empty(), "held for ever: {:?}", self.0);
    }
}
