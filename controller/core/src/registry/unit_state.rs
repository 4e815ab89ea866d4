//! What is known of one unit, for operators (clause 13.6.10).

use trunklab_protocol::UnitId;
use trunklab_protocol::operator::{UnitState, VisitView};

use super::visitors::{Presence, Visitor};
use crate::controller::Controller;

impl Controller {
    /// What is known of a unit beside its subscription; `None` where it is no subscriber.
    pub fn unit_state(&self, unit: UnitId) -> Option<UnitState> {
        self.home.unit(unit)?;
        Some(UnitState {
            orders: self.remote.view_of(unit),
            visit: self.visitors.get(unit).map(visit_view),
            call: self.calls.pair_of(unit),
        })
    }
}

fn visit_view(visitor: &Visitor) -> VisitView {
    VisitView {
        site: visitor.site,
        reachable: visitor.presence == Presence::Present,
        since: visitor.since,
        heard: visitor.heard,
        named: visitor.accepted.map(|accepted| accepted.identity),
        equipment: visitor.accepted.and_then(|accepted| accepted.equipment),
        talkgroup: visitor.talkgroup,
        scans: visitor.secondary.iter().collect(),
    }
}
