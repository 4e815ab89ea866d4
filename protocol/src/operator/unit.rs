//! What the network knows of one unit, beside its subscription (docs/protocol.md, clause 10.4).

use serde::{Deserialize, Serialize};

use super::UnitView;
use crate::identity::{Identity, Imei, TalkgroupId};
use crate::moment::Moment;
use crate::network::{CallId, SiteId};

/// What the network knows of one unit, beside its subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UnitState {
    /// What orders have made of it, and which wait for its radio.
    pub orders: UnitView,
    /// Its registration; `None`: it has none.
    pub visit: Option<VisitView>,
    /// The individual call that it is in.
    pub call: Option<CallId>,
}

/// A registration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VisitView {
    /// At which site.
    pub site: SiteId,
    /// Whether the site is in service: else the unit is there as far as is known.
    pub reachable: bool,
    /// Since when.
    pub since: Moment,
    /// When its site last passed on a word of it; `None`: not in this registration.
    pub heard: Option<Moment>,
    /// By which name it registered; `None` where the site's inventory told of it.
    pub named: Option<Identity>,
    /// The equipment that it named.
    pub equipment: Option<Imei>,
    /// The talkgroup to which it is affiliated.
    pub talkgroup: Option<TalkgroupId>,
    /// Those that it hears beside it, in the order of its list.
    pub scans: Vec<TalkgroupId>,
}
