//! A site that serves alone (docs/resilience.md 14.1): what it is given for that, and how it is taken in again.

mod copy;
mod hand_back;
mod lost;
mod report;
mod unit;
mod vectors;

pub(crate) use copy::Copies;
pub(crate) use lost::LostCalls;
pub(crate) use report::Reports;
pub use unit::{CopiedUnit, UnitCopy};
pub(crate) use vectors::CopiedVectors;

use trunklab_protocol::{Epoch, NodeId, SiteId};

/// Sites up to this number can serve alone: the nodes above are theirs.
const SITE_MAX: u16 = 0x7FFF;

/// What lies between a site's number and its node.
pub(crate) const NODE_BASE: u16 = 0x8000;

/// The node of a site's own calls; `None` for a site that cannot serve alone.
pub fn node_of(site: SiteId) -> Option<NodeId> {
    (site.number() <= SITE_MAX).then(|| NodeId::new(NODE_BASE + site.number()))?
}

/// Whether a node can be no site's.
pub const fn is_controllers(node: NodeId) -> bool {
    node.number() < NODE_BASE
}

/// The epoch of a site's own time of office, the first being 1: it is nobody else's, and no controller's. `None` for a site that
/// cannot serve alone, and when the numbers are used up.
pub fn epoch_of(site: SiteId, time: u16) -> Option<Epoch> {
    node_of(site).and_then(|node| Epoch::new(u32::from(node.number()) << 16 | u32::from(time)))
}

/// Whether an epoch is of a site's own time of office.
pub fn is_epoch_of(site: SiteId, epoch: Epoch) -> bool {
    node_of(site).is_some_and(|node| epoch.number() >> 16 == u32::from(node.number()))
}
